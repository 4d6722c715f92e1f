"""Both sides in won on a run's page: each figure with its rows, and what people have accepted."""

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from payments.models import (
    ClosingReason,
    Discrepancy,
    Payment,
    Product,
    ReconciliationRun,
    RunStatus,
)
from payments.services.discrepancies import queue
from tests.gateway import SandboxGateway
from tests.payments import builders
from tests.payments.admin.conftest import SignIn, text_of
from tests.payments.books import APRIL_FIRST, begun, mirror, reconciled
from tests.responses import ClientResponse

NOON = builders.NOON
A_DAY = timedelta(days=1)
Cells = dict[str, list[tuple[str, str]]]


@pytest.fixture
def client(finance: User, sign_in: SignIn) -> Client:
    """The browser of the finance person."""
    return sign_in(finance)


@pytest.fixture
def run(customer: User, product: Product, sandbox: SandboxGateway) -> ReconciliationRun:
    """Of the first of April: two agree, one is missing there, one has another amount there."""
    payments = [builders.paid(customer, product) for _number in range(4)]
    refunded = builders.refunded(customer, product, refund=1_000)
    mirror(sandbox, [*payments[1:], refunded], {payments[3].pk: {"amount": 100}})
    return reconciled()


def address(run: ReconciliationRun, what: str = "change") -> str:
    return reverse(f"admin:payments_reconciliationrun_{what}", args=[run.pk])


def cells(page: ClientResponse) -> Cells:
    """(figure, where it leads) of each cell of the table, by row."""
    rows = re.findall(r'<tr class="(approval|refund|net)">(.*?)</tr>', text_of(page), re.DOTALL)
    return {name: [_cell(cell) for cell in html.split("<td")[1:]] for name, html in rows}


def _cell(html: str) -> tuple[str, str]:
    link = re.search(r'<a href="([^"]*)">([^<]*)</a>', html)
    bare = re.search(r'class="figure">([^<]*)', html)
    assert bare
    return (link[2], unescape(link[1])) if link else (bare[1].strip(), "")


def accept(discrepancy: Discrepancy, finance: User) -> None:
    """A person says that it is known and fine."""
    queue.close(
        discrepancy=discrepancy,
        actor=finance,
        reason=ClosingReason.ACCEPTED,
        text="PG와 확인했음",
        expected_version=discrepancy.version,
    )


def figures(page: ClientResponse) -> dict[str, list[str]]:
    return {name: [figure for figure, _url in row] for name, row in cells(page).items()}


def test_each_figure_is_there_and_leads_to_its_rows(
    client: Client, run: ReconciliationRun, product: Product
) -> None:
    page, price = client.get(address(run)), product.price
    assert figures(page) == {
        "approval": [f"{5 * price:,}", f"{3 * price + 100:,}", f"{2 * price - 100:,}", "0"],
        "refund": ["−1,000", "−1,000", "0", "0"],
        "net": [f"{5 * price - 1_000:,}", f"{3 * price - 900:,}", f"{2 * price - 100:,}", "0"],
    }
    (_here, ours), _there, (_difference, lines), _accepted = cells(page)["approval"]
    movements = client.get(ours).context["cl"].result_list
    assert sum(movement.amount for movement in movements) == 5 * price
    rows = client.get(lines).context["rows"]
    assert sum(line.difference for line, *_words in rows) == 2 * price - 100


def test_refunds_lead_to_what_lowers_them_too(client: Client, run: ReconciliationRun) -> None:
    (_here, ours), *_others = cells(client.get(address(run)))["refund"]
    (movement,) = client.get(ours).context["cl"].result_list
    assert movement.amount == -1_000
    assert "refund_reversal" in ours


def test_accepted_is_what_people_have_closed_and_leads_to_it(
    client: Client, run: ReconciliationRun, finance: User, product: Product
) -> None:
    missing = Discrepancy.objects.get(lines__bucket="missing_there")
    accept(missing, finance)
    figure, url = cells(client.get(address(run)))["approval"][3]
    assert figure == f"{product.price:,}"
    ((line, _kind, number, case),) = client.get(url).context["rows"]
    assert (line.imp_uid, number, case) == (missing.imp_uid, missing.merchant_uid, missing)


def test_what_the_facts_closed_is_not_accepted(
    client: Client, run: ReconciliationRun, sandbox: SandboxGateway
) -> None:
    missing = Discrepancy.objects.get(lines__bucket="missing_there")
    mirror(sandbox, [payment for payment in [missing.payment] if payment])
    reconciled()
    missing.refresh_from_db()
    assert missing.closing_reason == ClosingReason.AGREES
    assert cells(client.get(address(run)))["approval"][3][0] == "0"


def test_a_difference_leads_to_its_payment_and_its_case(
    client: Client, run: ReconciliationRun
) -> None:
    page = text_of(client.get(address(run, "lines")))
    for discrepancy in Discrepancy.objects.all():
        assert reverse("admin:payments_discrepancy_change", args=[discrepancy.pk]) in page
        assert reverse("admin:payments_payment_change", args=[discrepancy.payment_id]) in page


@pytest.mark.parametrize(
    ("query", "number"),
    [
        ("", 2),
        ("?kind=approval", 2),
        ("?kind=refund", 0),
        ("?state=accepted", 0),
        ("?from=2026-04-02", 0),
        ("?to=2026-04-01", 2),
        ("?kind=x&state=x&from=x&page=x", 2),
    ],
)
def test_differences_are_narrowed(
    client: Client, run: ReconciliationRun, query: str, number: int
) -> None:
    assert len(client.get(address(run, "lines") + query).context["rows"]) == number


def test_differences_come_in_pages(
    client: Client, run: ReconciliationRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("payments.admin.reconciliation.lines.PER_PAGE", 1)
    first = client.get(address(run, "lines"))
    second = client.get(first.context["after"])
    seen = [line.pk for page in (first, second) for line, *_ in page.context["rows"]]
    assert sorted(seen) == sorted(run.lines.values_list("pk", flat=True))


def test_in_korean(client: Client, run: ReconciliationRun, finance: User) -> None:
    User.objects.filter(pk=finance.pk).update(language="ko")
    page = text_of(client.get(address(run)))
    for words in ("당사", "포트원", "차액", "이 중 수용", "승인", "취소", "순매출"):
        assert words in page


def test_while_it_is_going_no_difference_is_told(client: Client, db: None) -> None:
    run = begun()
    money = {"2026-04-01": {"approval": [2, 2_000, 1, 1_000]}}
    ReconciliationRun.objects.update(money=money, status=RunStatus.RUNNING)
    page = client.get(address(run))
    assert figures(page)["approval"] == ["2,000", "1,000", "–", "–"]
    assert "known once the run is done" in text_of(page)


def test_a_run_from_before_won_were_counted_says_so(client: Client, db: None) -> None:
    run = begun()
    ReconciliationRun.objects.update(money=None, status=RunStatus.DONE)
    page = client.get(address(run))
    assert figures(page) == {}
    assert "No reconciliation has compared these days in won." in text_of(page)


def test_a_refund_of_another_day_is_a_difference_of_both_days(
    client: Client, customer: User, product: Product, sandbox: SandboxGateway
) -> None:
    payment = builders.refunded(customer, product, refund=1_000)
    next_day = {"cancelled_at": int((NOON + A_DAY).timestamp())}
    mirror(sandbox, [payment], {payment.pk: next_day})
    run = reconciled(APRIL_FIRST, APRIL_FIRST + A_DAY)
    assert run.counts["refund"] == 1
    assert len(client.get(address(run, "lines")).context["rows"]) == 2


def test_second_approvals_are_named(
    client: Client, customer: User, product: Product, sandbox: SandboxGateway
) -> None:
    payment = builders.approved_again(builders.paid(customer, product), at=NOON)
    other = payment.movements.get(is_own=False)
    mirror(sandbox, [payment])
    mirror(sandbox, [payment], {payment.pk: {"imp_uid": other.imp_uid}})
    page = text_of(client.get(address(reconciled())))
    assert f"include second approvals: net ₩{payment.amount:,}" in page


def test_the_number_of_queries_does_not_grow(
    client: Client,
    run: ReconciliationRun,
    customer: User,
    product: Product,
    sandbox: SandboxGateway,
    django_assert_max_num_queries: Callable[..., object],
) -> None:
    more: list[Payment] = [builders.paid(customer, product) for _number in range(20)]
    assert more
    bigger = reconciled()
    assert bigger.lines.count() == 22
    with django_assert_max_num_queries(12):  # type: ignore[attr-defined]
        client.get(address(bigger, "lines"))


def test_won_of_an_attempt_that_no_case_is_about_is_said(
    client: Client, customer: User, product: Product, sandbox: SandboxGateway
) -> None:
    """Approved beside the order's own and given back on another day, before anybody looked."""
    payment = builders.paid(customer, product)
    mirror(sandbox, [payment])
    at = int(NOON.timestamp())
    times = {"paid_at": at, "started_at": at, "ignore_prepare": True}
    second = sandbox.pay(payment.merchant_uid, payment.amount, **times)["imp_uid"]
    sandbox.cancel(second, payment.amount, cancelled_at=at + 86_400)
    page = client.get(address(reconciled(APRIL_FIRST, APRIL_FIRST + A_DAY)))
    assert not Discrepancy.objects.exists()
    assert page.context["sentence"] == (
        "Payment by payment both books agree; in won some days differ."
    )

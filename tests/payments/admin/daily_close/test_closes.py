"""The screens of closed days: what they show, and that all figures agree."""

from datetime import date, timedelta
from html import escape

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from payments.core.kst import end_of, start_of
from payments.migrations import _append_only_triggers
from payments.models import DailyClose, Payment, Product, ReconciliationRun, RunStatus
from payments.services.daily_close.close import close_day
from tests.payments import builders
from tests.payments.admin.conftest import SignIn, page_of, text_of

from .pages import (
    APRIL_1,
    APRIL_2,
    CLOSE,
    CLOSES,
    MARCH_31,
    NOW,
    cells,
    close_of,
    page_of_run,
    ran,
    words,
)

pytestmark = pytest.mark.usefixtures("morning_after")


@pytest.fixture
def client(finance: User, sign_in: SignIn) -> Client:
    """The finance person's browser."""
    return sign_in(finance)


# --- Agreement -------------------------------------------------------------------------------


@pytest.mark.usefixtures("busy_day", "server_zone")
def test_close_and_list_of_movements_say_the_same_of_a_day(client: Client, finance: User) -> None:
    close = close_day(day=APRIL_1, actor=finance)
    url = "/admin/payments/movement/?from=2026-04-01&to=2026-04-01"
    assert f'href="{escape(url)}"' in text_of(client.get(close_of(close)))
    listed = client.get(url).context["cl"].totals
    refunded = close.refunded_same_day + close.refunded_earlier
    figures = close.count, close.approved, refunded, close.net
    assert (listed.count, listed.approved, listed.refunded, listed.net) == figures
    assert figures == (4, 199_000, 9_000, 190_000)


# --- The list --------------------------------------------------------------------------------


def test_the_list_says_what_was_closed_and_what_was_learnt_since(
    client: Client, finance: User, busy_day: list[Payment], customer: User, product: Product
) -> None:
    for day in (MARCH_31, APRIL_1, APRIL_2):
        close_day(day=day, actor=finance)
    builders.paid(customer, product, at=start_of(MARCH_31))
    builders.refund_of(busy_day[0], 400, at=NOW)  # of another day: it moves none of these
    page = text_of(client.get(CLOSES))
    text = " ".join(words(page).split())
    for row in (
        (
            "2026-04-01 (Wed) Approved ₩199,000 Refunded −₩9,000 Net ₩190,000 "
            "Open discrepancies 0 Stands"
        ),
        (
            "2026-03-31 (Tue) Approved ₩0 Refunded ₩0 Net ₩0 Open discrepancies 0 "
            "1 learnt later, net +₩99,000"
        ),
        ("2026-04-02 (Thu) Approved ₩99,000 Refunded ₩0 Net ₩99,000 Open discrepancies 0 Stands"),
    ):
        assert row in text
    assert DailyClose.objects.get(day=APRIL_1).hash[:10] in page


@pytest.mark.parametrize(
    ("query", "days"),
    [
        ("drift=learnt", [MARCH_31]),
        ("drift=nonsense", [APRIL_2, APRIL_1, MARCH_31]),
        ("day__year=2026&day__month=3", [MARCH_31]),
        ("day__year=2025", []),
    ],
)
def test_the_list_is_narrowed_by_month_and_by_what_was_learnt(
    client: Client,
    finance: User,
    busy_day: list[Payment],
    customer: User,
    product: Product,
    query: str,
    days: list[date],
) -> None:
    for day in (MARCH_31, APRIL_1, APRIL_2):
        close_day(day=day, actor=finance)
    builders.paid(customer, product, at=start_of(MARCH_31))
    builders.refund_of(busy_day[0], 400, at=NOW)
    response = client.get(f"{CLOSES}?{query}")
    assert [close.day for close in response.context["cl"].result_list] == days
    if query == "drift=learnt":
        tile = client.get("/admin/").context["waiting"][-1]
        assert (tile.url, tile.number) == (f"{CLOSES}?{query}", "1")


def test_the_list_says_how_much_of_the_refunds_was_of_earlier_days_payments(
    client: Client, finance: User, busy_day: list[Payment], customer: User, product: Product
) -> None:
    builders.refund_of(busy_day[0], 400, at=end_of(APRIL_1))
    close_day(day=APRIL_2, actor=finance)
    assert "Refunded −₩400 paid earlier Net" in " ".join(words(text_of(client.get(CLOSES))).split())


def test_more_closes_take_no_more_queries_and_no_lines(client: Client, finance: User) -> None:
    numbers = []
    for day in range(1, 21):
        close_day(day=date(2026, 3, day), actor=finance)
        if day in {1, 20}:
            with CaptureQueriesContext(connection) as queries:
                assert client.get(CLOSES).status_code == 200
            numbers.append(len(queries))
            assert not any('"lines"' in query["sql"] for query in queries.captured_queries)
    assert numbers[0] == numbers[1]


# --- The page of one -------------------------------------------------------------------------


def test_the_page_shows_figures_methods_chain_and_that_it_holds(
    client: Client, finance: User, busy_day: list[Payment]
) -> None:
    before, close, after = (close_day(day=d, actor=finance) for d in (MARCH_31, APRIL_1, APRIL_2))
    page = text_of(client.get(close_of(close)))
    for figure in ("₩190,000", "₩199,000", "−₩9,000"):
        assert f"<dd>{figure}</dd>" in page
    assert ["KakaoPay", "1", "99,000", "0", "0", "0", "99,000"] in cells(page)
    for name in ("KG Inicis", "– (KG Inicis)", "Total"):
        assert [name, "3", "199,000", "1", "−9,000", "0", "190,000"] in cells(page)
    assert ["Approval", "3", "+199,000"] in cells(page)
    assert ["Refund", "1", "−9,000"] in cells(page)
    for digest in (before.hash, close.content_hash, close.hash):
        assert digest in page
    assert f'href="{close_of(before)}"' in page
    assert f'href="{close_of(after)}"' in page
    assert "finance@example.com" in page
    assert ">Holds</span>" in page
    assert 'id="drift"' not in page


def test_what_was_learnt_since_is_named_with_when_and_how(
    client: Client, finance: User, busy_day: list[Payment], customer: User, product: Product
) -> None:
    close = close_day(day=APRIL_1, actor=finance)
    late = builders.paid(customer, product, at=start_of(APRIL_1), amount=50)
    builders.refund_of(busy_day[1], 700, at=end_of(APRIL_1) - timedelta(seconds=1))
    builders.refund_of(busy_day[0], 400, at=NOW)
    page = text_of(client.get(close_of(close)))
    rows = {row[0]: row[1:] for row in cells(page) if len(row) == 4}
    came = rows[f"{late.merchant_uid} {late.imp_uid}"]
    assert came[0] == "+₩50 Approval"
    assert came[1].startswith("2026-04-01 00:00:00 KST")
    assert came[2].startswith("2026-04-03 06:00:0")
    assert came[2].endswith("Command line · Paid")
    went = rows[f"{busy_day[1].merchant_uid} {busy_day[1].imp_uid}"]
    assert (went[0], went[2].endswith("Command line · Refunded")) == ("−₩700 Refund", True)
    assert f'href="{page_of(late)}"' in page
    assert ["Net", "190,000", "189,350", "−650"] in cells(page)
    assert "2 movements of this day were learnt after the close" in page


def test_a_second_approval_stands_on_a_line_of_its_own_and_on_the_pgs_sheet(
    client: Client, finance: User, busy_day: list[Payment], customer: User, product: Product
) -> None:
    builders.approved_again(busy_day[0], at=start_of(APRIL_1))
    builders.approved_as_a_test(customer, product, amount=33)
    close = close_day(day=APRIL_1, actor=finance)
    page = cells(text_of(client.get(close_of(close))))
    assert ["Total", "3", "199,000", "1", "−9,000", "0", "190,000"] in page
    second = ["Second approvals, not in the total", "1", "1,000", "0", "0", "0", "1,000"]
    assert second in page
    assert ["As on the PG's sheet", "4", "200,000", "1", "−9,000", "0", "191,000"] in page
    assert ["Test payments, not in the total", "1", "33", "0", "0", "0", "33"] in page


def test_a_day_of_which_much_was_learnt_names_the_first_and_says_how_many_more(
    client: Client,
    finance: User,
    customer: User,
    product: Product,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    close = close_day(day=APRIL_1, actor=finance)
    for _ in range(3):
        builders.paid(customer, product)
    monkeypatch.setattr("payments.admin.daily_close.detail.LEARNT_ON_PAGE", 1)
    page = text_of(client.get(close_of(close)))
    assert "3 movements of this day were learnt after the close" in page
    assert "And 2 more." in page


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("net = 1", "The figures are not what the movements kept with this close add up to."),
        ("others = '{}'", "This close was changed after it was written."),
        ("lines = 'x'", "The movements kept with this close were changed."),
        ("hash = 'x'", "This close was changed after it was written."),
    ],
)
def test_a_close_that_was_tampered_with_says_so(
    client: Client, finance: User, busy_day: list[Payment], change: str, says: str
) -> None:
    close = close_day(day=APRIL_1, actor=finance)
    remove, install = reversed(_append_only_triggers._STATEMENTS[connection.vendor])
    with connection.cursor() as cursor:
        for statement in remove("payments_dailyclose"):
            cursor.execute(statement)
        cursor.execute(f"UPDATE payments_dailyclose SET {change}")
        for statement in install("payments_dailyclose"):
            cursor.execute(statement)
    page = text_of(client.get(close_of(close)))
    assert ">Does not hold</span>" in page
    assert says in page
    for statement in ("day/?day=2026-04-01", "month/?month=2026-04"):
        assert client.get(f"{CLOSES}statement/{statement}").status_code == 200
    assert client.get(CLOSES).status_code == 200


def test_a_close_says_how_many_payments_had_no_answer(
    client: Client, finance: User, with_unknown: ReconciliationRun
) -> None:
    close = close_day(day=APRIL_1, actor=finance, run=with_unknown)
    page = text_of(client.get(close_of(close)))
    assert "Nothing is known about 1,200 payments, because the gateway gave no answer." in page
    assert f'<a href="{page_of_run(with_unknown)}">' in page
    good = ran(APRIL_2, APRIL_2, NOW, RunStatus.DONE)
    page = text_of(client.get(close_of(close_day(day=APRIL_2, actor=finance, run=good))))
    assert f'<a href="{page_of_run(good)}">' in page
    assert "Nothing is known" not in page


def test_nobody_adds_changes_or_deletes_a_close(client: Client, finance: User) -> None:
    close = close_day(day=APRIL_1, actor=finance)
    for url in (f"{CLOSES}add/", close_of(close), f"{CLOSES}{close.pk}/delete/"):
        assert client.post(url, {"net": 1, "post": "yes"}).status_code == 403
    assert DailyClose.objects.values_list("net", flat=True).get() == 0


@pytest.mark.parametrize("language", ["ko", "en"])
def test_every_screen_speaks_the_readers_language(
    client: Client, finance: User, busy_day: list[Payment], language: str
) -> None:
    User.objects.filter(pk=finance.pk).update(language=language)
    close = close_day(day=MARCH_31, actor=finance)
    spoken = {"ko": ("순매출", "승인금액", "일마감"), "en": ("Net", "Approved", "Daily close")}
    for url in (CLOSES, close_of(close), CLOSE):
        page = text_of(client.get(url))
        for word in spoken[language]:
            assert word in page, (url, word)

"""List, "select all", actions and export see the same payments, and no filter falls away unseen."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from django.test import Client

from accounts.models import User
from payments.filters.payment_query import PaymentQuery
from payments.models import Payment, Product, VerificationRun
from payments.states import PaymentStatus, Verification
from tests.payments import builders
from tests.payments.admin.conftest import (
    CUSTOMERS,
    EXPORT,
    LIST,
    START_RUN,
    SignIn,
    act,
    exported,
    listed,
    rows_of,
    text_of,
)

TOTALS = f"{LIST}totals/"

LAST_SECOND = datetime(2026, 3, 31, 14, 59, 59, tzinfo=UTC)
MIDNIGHT = datetime(2026, 3, 31, 15, 0, tzinfo=UTC)
HALF_PAST = datetime(2026, 3, 31, 15, 30, tzinfo=UTC)
END_OF_DAY = datetime(2026, 4, 1, 14, 59, 59, tzinfo=UTC)
NEXT_DAY = datetime(2026, 4, 1, 15, 0, tzinfo=UTC)


@pytest.fixture
def shop(customer: User, stranger: User, product: Product) -> dict[str, Payment]:
    """Payments around the first of April, by name. It is noon of the second."""
    found = builders.found(builders.paid(customer, product, at=HALF_PAST), Verification.MISMATCHED)
    return {
        "march": builders.paid(customer, product, at=LAST_SECOND, amount=5_000),
        "midnight": builders.paid(stranger, product, at=MIDNIGHT, pay_method="kakaopay"),
        "mismatched": found,
        "evening": builders.refunded(customer, product, refund=1_000, at=END_OF_DAY),
        "second": builders.paid(stranger, product, at=NEXT_DAY, amount=150_000),
        "open": builders.ordered(customer, product),
        "failed": builders.failed(stranger, product, pay_method="trans"),
    }


EVERYTHING = {"march", "midnight", "mismatched", "evening", "second", "open", "failed"}
FILTERS = {
    "": EVERYTHING,
    "status=ready": {"open"},
    "status=paid": {"march", "midnight", "mismatched", "second"},
    "status=cancelled&status=failed": {"evening", "failed"},
    "status=cancelled,failed": {"evening", "failed"},
    "status=cancelled,failed&status=ready": {"evening", "failed", "open"},
    "status=&user=&period=&from=&to=&q=&amount_min=&attention=": EVERYTHING,
    "user={customer}": {"march", "mismatched", "evening", "open"},
    "from=2026-04-01": {"midnight", "mismatched", "evening", "second"},
    "to=2026-03-31": {"march"},
    "from=2026-04-01&to=2026-04-01": {"midnight", "mismatched", "evening"},
    "basis=paid&from=2026-04-01&to=2026-04-01": {"midnight", "mismatched", "evening"},
    "basis=requested&to=2026-03-31": {"march", "midnight"},
    "basis=cancelled&from=2026-04-02": {"evening"},
    "period=today": {"second"},
    "period=yesterday": {"midnight", "mismatched", "evening"},
    "period=last_month": {"march"},
    "period=this_month&from=2020-01-01&to=2020-01-01": {
        "midnight", "mismatched", "evening", "second",
    },
    "basis=cancelled&period=today": {"evening"},
    "amount_min=99000&amount_max=99000&status=paid": {"midnight", "mismatched"},
    "amount_min=100,000": {"second"},
    "amount_max=5000": {"march"},
    "pay_method=kakaopay,trans": {"midnight", "failed"},
    "pay_method=a_new_one": set(),
    "pg_provider=html5_inicis&status=cancelled": {"evening"},
    "verification=mismatched": {"mismatched"},
    "verification=never": {"open", "failed"},
    "verification=never&verification=mismatched": {"open", "failed", "mismatched"},
    "attention=mismatched": {"mismatched"},
    "attention=mismatched,stuck": {"mismatched", "open"},
    "attention=any": {"mismatched", "open"},
    "attention=late_approval": set(),
    "status=paid,cancelled&user={customer}&from=2026-04-01": {"mismatched", "evening"},
    "status=paid&user={customer}&to=2026-04-01&verification=matched": {"march"},
    "q=customer%40example.com&status=paid": {"march", "mismatched"},
    "q=STRANGER%40example.com&from=2026-04-02": {"second"},
    "q=status:paid,cancelled+amount:<100000&user={customer}": {"march", "mismatched", "evening"},
    "test=only": set(),
    "test=none&status=ready": {"open"},
    "amount__gte=1&status=ready": {"open"},
}  # fmt: skip


@pytest.fixture(autouse=True)
def _second_of_april() -> Iterator[None]:
    with time_machine.travel(datetime(2026, 4, 2, 3, tzinfo=UTC)):
        yield


@pytest.mark.parametrize(("query", "names"), FILTERS.items(), ids=FILTERS.keys())
def test_list_select_all_totals_export_and_run_agree(
    shop: dict[str, Payment],
    admin_person: User,
    customer: User,
    sign_in: SignIn,
    query: str,
    names: set[str],
) -> None:
    client, query = sign_in(admin_person), query.format(customer=customer.pk)
    expected = {shop[name].merchant_uid for name in names}
    assert listed(client, query) == expected
    assert exported(client, query) == expected
    assert figures_of(client, query) == figures([shop[name] for name in names])
    # Ticking one row and then "select all": the one that is ticked does not matter.
    ticked = shop[min(names, default="open")]
    everything = act(client, "export_selected", ticked, query=query, select_across=1)
    assert {next(iter(row.values())) for row in rows_of(everything)} == expected
    assert started(client, query) == expected


def started(client: Client, query: str) -> set[str]:
    """The order numbers of a run over a filter; the filter that it keeps must mean the same."""
    shown = client.get(f"{START_RUN}?{query}").context["number"]
    client.post(f"{START_RUN}?{query}")
    run = VerificationRun.objects.first()
    found = set(run.items.values_list("payment__merchant_uid", flat=True)) if run else set()
    assert shown == len(found) == (run.total if run else 0)
    if run and "__" not in run.query:
        with time_machine.travel(datetime(2027, 1, 1, tzinfo=UTC)):
            kept = PaymentQuery.of(run.query, unmasked=False)
            # What waits for too long is about the moment: nothing can keep that.
            if "attention" not in run.query:
                numbers = kept.narrowed(Payment.objects.all())
                assert set(numbers.values_list("merchant_uid", flat=True)) == found
    return found


def figures(payments: list[Payment]) -> tuple[int, int, int, dict[str, int]]:
    """Count, gross, refunded, counts by status, added up by hand."""
    came_in = [one for one in payments if one.status in {"paid", "cancelled"}]
    statuses = Counter(one.status for one in payments)
    return (
        len(payments),
        sum(one.amount for one in came_in),
        sum(one.cancelled_amount for one in came_in),
        {status: statuses[status] for status in PaymentStatus.values},
    )


def figures_of(client: Client, query: str) -> tuple[int, int, int, dict[str, int]]:
    """The same as the list's bar says it, and as the bar that is fetched says it."""
    bars = {
        (found.count, found.gross, found.refunded, tuple(found.by_status.items()))
        for page in (LIST, TOTALS)
        for found in [client.get(f"{page}?{query}").context["cl"].totals]
    }
    [(count, gross, refunded, by_status)] = bars
    return count, gross, refunded, dict(by_status)


@pytest.mark.usefixtures("server_zone")
@pytest.mark.parametrize("zone", ["UTC", "Asia/Seoul", "America/New_York"])
def test_a_day_is_a_korean_day_wherever_server_and_reader_are(
    shop: dict[str, Payment], finance: User, sign_in: SignIn, zone: str
) -> None:
    User.objects.filter(pk=finance.pk).update(time_zone=zone)
    client, query = sign_in(finance), "from=2026-04-01&to=2026-04-01"
    first_of_april = {shop[name].merchant_uid for name in ("midnight", "mismatched", "evening")}
    assert listed(client, query) == exported(client, query) == first_of_april


# --- What makes no sense -------------------------------------------------------------------------

NONSENSE = {
    "basis=delivered": "By which date",
    "period=fortnight": "Period",
    "period=today&from=abc": "From",
    "amount_min=many": "At least (won)",
    "amount_min=-1": "At least (won)",
    "amount_max=1.5": "At most (won)",
    "amount_min=2&amount_max=1": "At most (won)",
    "pay_method=<b>": "Payment method",
    "pg_provider=%00": "PG",
    "attention=perhaps": "Needs attention",
    "q=colour:red": "Search",
    "q=status:bogus": "Search",
    "q=amount:much": "Search",
    "q=email:": "Search",
    "q=%00": "Search",
    "status=bogus": "Status",
    "status=paid,bogus": "Status",
    "status=paid&status=%00": "Status",
    "user=abc": "Customer",
    "user=0": "Customer",
    "user=999999999999999999999999": "Customer",
    "user=%00": "Customer",
    "from=2026-13-01": "From",
    "from=01/04/2026": "From",
    "from=0001-01-01": "From",
    "to=9999-12-31": "Until",
    "to=tomorrow&status=paid": "Until",
    "from=2026-04-02&to=2026-04-01": "Until",
    "verification=perhaps": "Verification",
}


@pytest.mark.parametrize(("query", "field"), NONSENSE.items(), ids=NONSENSE.keys())
def test_a_value_that_makes_no_sense_shows_nothing_and_names_the_field(
    shop: dict[str, Payment], admin_person: User, sign_in: SignIn, query: str, field: str
) -> None:
    client = sign_in(admin_person)
    page = client.get(f"{LIST}?{query}")
    assert page.status_code == 200
    assert list(page.context["cl"].result_list) == []
    assert f"<strong>{field}</strong>" in text_of(page)
    assert "Nothing is shown until the filter makes sense" in text_of(page)


@pytest.mark.parametrize("query", [*NONSENSE, "bogus=1"])
def test_nothing_is_exported_or_done_with_a_filter_that_makes_no_sense(
    shop: dict[str, Payment], admin_person: User, sign_in: SignIn, query: str
) -> None:
    client = sign_in(admin_person)
    export = client.get(f"{EXPORT}?{query}")
    assert export.status_code == 302
    assert urlsplit(export["Location"]).path == LIST
    assert narrowing(export["Location"]) == parse_qs(query)
    run = client.post(f"{START_RUN}?{query}")
    assert narrowing(run["Location"]) == parse_qs(query)
    assert not VerificationRun.objects.exists()
    before = Payment.objects.get(pk=shop["open"].pk).version
    response = act(client, "reverify", shop["open"], query=query, select_across=1)
    assert response.status_code == 302
    assert Payment.objects.get(pk=shop["open"].pk).version == before


def narrowing(address: str) -> dict[str, list[str]]:
    """What an address narrows the list by: a way back says besides that the list is meant."""
    asked = parse_qs(urlsplit(address).query)
    return {name: values for name, values in asked.items() if name != "_list"}


def test_an_unknown_parameter_is_refused(viewer: User, sign_in: SignIn) -> None:
    assert sign_in(viewer).get(f"{LIST}?bogus=1")["Location"] == f"{LIST}?e=1"


def test_a_look_up_into_accounts_is_refused(viewer: User, sign_in: SignIn) -> None:
    client = sign_in(viewer)
    client.raise_request_exception = False
    assert client.get(f"{LIST}?user__password__startswith=md5").status_code == 400


# --- The filter stays -----------------------------------------------------------------------------


def links(page: str, mark: str) -> list[dict[str, list[str]]]:
    """The queries of all links that have `mark` in them."""
    hrefs = [part.split('"')[0] for part in page.split('href="')[1:]]
    return [parse_qs(urlsplit(unescape(href)).query) for href in hrefs if mark in href]


@pytest.mark.parametrize("spelling", ["status=paid&status=ready", "status=paid,ready"])
def test_several_statuses_survive_sort_page_search_and_export_links(
    finance: User, customer: User, product: Product, sign_in: SignIn, spelling: str
) -> None:
    for _ in range(51):
        builders.ordered(customer, product)
    page = text_of(sign_in(finance).get(f"{LIST}?{spelling}&q=customer&o=-4"))
    for mark in ("p=2", "o=4", "export/"):
        found = links(page, mark)
        assert found
        for query in found:
            assert set(",".join(query["status"]).split(",")) == {"paid", "ready"}
            assert query["q"] == ["customer"]
    assert page.count('<input type="hidden" name="status"') == spelling.count("status")
    page = text_of(sign_in(finance).get(f"{LIST}?{spelling}&q=customer&o=-4&_filters=2"))
    for value in ("paid", "ready"):
        box = page.split(f'name="status" value="{value}"')[1].split(">")[0]
        assert "checked" in box
    assert page.split('name="status" value="failed"')[1].split(">")[0].count("checked") == 0
    assert '<input type="hidden" name="o" value="-4">' in page


def test_a_filter_by_customer_names_the_customer_again(
    viewer: User, customer: User, product: Product, sign_in: SignIn
) -> None:
    builders.paid(customer, product)
    page = text_of(sign_in(viewer).get(f"{LIST}?user={customer.pk}&_filters=4"))
    assert f'<option value="{customer.pk}" selected>cu***@example.com</option>' in page


def test_the_way_back_from_a_payment_leads_to_the_filtered_list(
    viewer: User, customer: User, product: Product, sign_in: SignIn
) -> None:
    payment = builders.paid(customer, product)
    client = sign_in(viewer)
    query = "status=paid&status=ready&p=1"
    page = text_of(client.get(f"{LIST}?{query}"))
    opened = [
        part.split('"')[0] for part in page.split('href="') if f"/{payment.pk}/change/" in part
    ]
    change = text_of(client.get(unescape(opened[0])))
    assert f'href="{LIST}?status=paid&amp;status=ready&amp;p=1"' in change


# --- The filter by customer -----------------------------------------------------------------


def answer(client: Any, query: str) -> dict[str, Any]:
    found: dict[str, Any] = client.get(f"{CUSTOMERS}?{query}").json()
    return found


def test_customers_are_offered_without_any_right_on_accounts(
    viewer: User, customer: User, sign_in: SignIn
) -> None:
    assert not viewer.has_perm("accounts.view_user")
    found = answer(sign_in(viewer), "term=CUSTOMER")
    assert found["results"] == [{"id": str(customer.pk), "text": "cu***@example.com"}]
    assert found["pagination"] == {"more": False}


def test_customers_come_twenty_at_a_time_and_are_never_counted(
    viewer: User, sign_in: SignIn, django_assert_max_num_queries: Any
) -> None:
    for number in range(44):
        User.objects.create_user(username=f"buyer{number}", email=f"buyer{number}@example.com")
    client = sign_in(viewer)
    pages = [answer(client, f"term=%40example&page={page}") for page in (1, 2, 3)]
    assert [len(page["results"]) for page in pages] == [20, 20, 5]
    assert [page["pagination"]["more"] for page in pages] == [True, True, False]
    with django_assert_max_num_queries(6) as captured:
        answer(client, "")
    assert not any("COUNT(" in query["sql"] for query in captured.captured_queries)


@pytest.mark.parametrize("query", ["page=abc", "page=-1", "page=0", "page=99999999999", "term=%00"])
def test_a_strange_page_of_customers_is_no_error(viewer: User, sign_in: SignIn, query: str) -> None:
    assert "results" in answer(sign_in(viewer), query)

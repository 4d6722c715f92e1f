"""List, "select all", actions and export see the same payments, and no filter falls away unseen."""

from datetime import UTC, datetime
from html import unescape
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest

from accounts.models import User
from payments.models import Payment, Product
from payments.selectors import admin_list
from payments.states import Verification
from tests.payments import builders

from .conftest import CUSTOMERS, EXPORT, LIST, SignIn, act, exported, listed, rows_of, text_of, told

LAST_SECOND = datetime(2026, 3, 31, 14, 59, 59, tzinfo=UTC)
MIDNIGHT = datetime(2026, 3, 31, 15, 0, tzinfo=UTC)
HALF_PAST = datetime(2026, 3, 31, 15, 30, tzinfo=UTC)
END_OF_DAY = datetime(2026, 4, 1, 14, 59, 59, tzinfo=UTC)
NEXT_DAY = datetime(2026, 4, 1, 15, 0, tzinfo=UTC)


@pytest.fixture
def shop(customer: User, stranger: User, product: Product) -> dict[str, Payment]:
    """Payments around the first of April, by name."""
    found = builders.found(builders.paid(customer, product, at=HALF_PAST), Verification.MISMATCHED)
    return {
        "march": builders.paid(customer, product, at=LAST_SECOND),
        "midnight": builders.paid(stranger, product, at=MIDNIGHT),
        "mismatched": found,
        "evening": builders.refunded(customer, product, refund=1_000, at=END_OF_DAY),
        "second": builders.paid(stranger, product, at=NEXT_DAY),
        "open": builders.ordered(customer, product),
        "failed": builders.failed(stranger, product),
    }


FILTERS = {
    "": {"march", "midnight", "mismatched", "evening", "second", "open", "failed"},
    "status=ready": {"open"},
    "status=paid": {"march", "midnight", "mismatched", "second"},
    "status=cancelled&status=failed": {"evening", "failed"},
    "status=cancelled,failed": {"evening", "failed"},
    "status=cancelled,failed&status=ready": {"evening", "failed", "open"},
    "status=&user=&paid_from=&paid_to=&q=": {
        "march", "midnight", "mismatched", "evening", "second", "open", "failed",
    },
    "user={customer}": {"march", "mismatched", "evening", "open"},
    "paid_from=2026-04-01": {"midnight", "mismatched", "evening", "second"},
    "paid_to=2026-03-31": {"march"},
    "paid_from=2026-04-01&paid_to=2026-04-01": {"midnight", "mismatched", "evening"},
    "verification=mismatched": {"mismatched"},
    "verification=never": {"open", "failed"},
    "status=paid,cancelled&user={customer}&paid_from=2026-04-01": {"mismatched", "evening"},
    "status=paid&user={customer}&paid_to=2026-04-01&verification=matched": {"march"},
    "q=customer%40&status=paid": {"march", "mismatched"},
    "q=STRANGER&paid_from=2026-04-02": {"second"},
    "amount__gte=1&status=ready": {"open"},
}  # fmt: skip


@pytest.mark.parametrize(("query", "names"), FILTERS.items(), ids=FILTERS.keys())
def test_list_select_all_and_export_agree(
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
    # Ticking one row and then "select all": the one that is ticked does not matter.
    everything = act(client, "export_selected", shop[min(names)], query=query, select_across=1)
    assert {next(iter(row.values())) for row in rows_of(everything)} == expected


@pytest.mark.usefixtures("server_zone")
@pytest.mark.parametrize("zone", ["UTC", "Asia/Seoul", "America/New_York"])
def test_a_day_is_a_korean_day_wherever_server_and_reader_are(
    shop: dict[str, Payment], finance: User, sign_in: SignIn, zone: str
) -> None:
    User.objects.filter(pk=finance.pk).update(time_zone=zone)
    client, query = sign_in(finance), "paid_from=2026-04-01&paid_to=2026-04-01"
    first_of_april = {shop[name].merchant_uid for name in ("midnight", "mismatched", "evening")}
    assert listed(client, query) == exported(client, query) == first_of_april


# --- What makes no sense -------------------------------------------------------------------------

NONSENSE = {
    "status=bogus": "Status",
    "status=paid,bogus": "Status",
    "status=paid&status=%00": "Status",
    "user=abc": "Customer",
    "user=0": "Customer",
    "user=999999999999999999999999": "Customer",
    "user=%00": "Customer",
    "paid_from=2026-13-01": "Paid from (KST)",
    "paid_from=01/04/2026": "Paid from (KST)",
    "paid_from=0001-01-01": "Paid from (KST)",
    "paid_to=9999-12-31": "Paid until (KST)",
    "paid_to=tomorrow&status=paid": "Paid until (KST)",
    "paid_from=2026-04-02&paid_to=2026-04-01": "Paid until (KST)",
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


@pytest.mark.parametrize("query", [*NONSENSE, "q=%00", "bogus=1"])
def test_nothing_is_exported_or_done_with_a_filter_that_makes_no_sense(
    shop: dict[str, Payment], admin_person: User, sign_in: SignIn, query: str
) -> None:
    client = sign_in(admin_person)
    export = client.get(f"{EXPORT}?{query}")
    assert export.status_code == 302
    assert urlsplit(export["Location"]).path == LIST
    assert parse_qs(urlsplit(export["Location"]).query) == parse_qs(query)
    before = Payment.objects.get(pk=shop["open"].pk).version
    response = act(client, "reverify", shop["open"], query=query, select_across=1)
    assert response.status_code == 302
    assert Payment.objects.get(pk=shop["open"].pk).version == before


def test_a_search_with_a_nul_shows_nothing_instead_of_everything(
    shop: dict[str, Payment], viewer: User, sign_in: SignIn
) -> None:
    assert listed(sign_in(viewer), "q=%00") == set()


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
    for value in ("paid", "ready"):
        box = page.split(f'name="status" value="{value}"')[1].split(">")[0]
        assert "checked" in box
    assert page.split('name="status" value="failed"')[1].split(">")[0].count("checked") == 0
    assert '<input type="hidden" name="o" value="-4">' in page


def test_a_filter_by_customer_names_the_customer_again(
    viewer: User, customer: User, product: Product, sign_in: SignIn
) -> None:
    builders.paid(customer, product)
    page = text_of(sign_in(viewer).get(f"{LIST}?user={customer.pk}"))
    assert f'<option value="{customer.pk}" selected>customer@example.com</option>' in page


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


# --- Search ---------------------------------------------------------------------------------


@pytest.mark.parametrize("term", ["{number}", "{number:.9}", "{imp_uid}", " {imp_uid} "])
def test_an_order_is_found_by_its_number_its_beginning_or_its_portone_id(
    shop: dict[str, Payment], viewer: User, sign_in: SignIn, term: str
) -> None:
    payment = shop["midnight"]
    term = term.format(number=payment.merchant_uid, imp_uid=payment.imp_uid)
    assert listed(sign_in(viewer), f"q={quote(term)}") == {payment.merchant_uid}


def test_a_search_finds_by_number_and_by_address_at_once(
    viewer: User, customer: User, stranger: User, product: Product, sign_in: SignIn
) -> None:
    User.objects.filter(pk=stranger.pk).update(email="a.2026@example.com")
    theirs = builders.paid(stranger, product, merchant_uid="ORDER1")
    numbered = builders.paid(customer, product, merchant_uid="2026ORDER2")
    builders.paid(customer, product, merchant_uid="ORDER3")
    assert listed(sign_in(viewer), "q=2026") == {theirs.merchant_uid, numbered.merchant_uid}


@pytest.mark.parametrize("term", ["%", "_", "imp_", "'; --", "\\", "2026%"])
def test_signs_with_a_meaning_in_sql_have_none_here(
    shop: dict[str, Payment], viewer: User, sign_in: SignIn, term: str
) -> None:
    assert listed(sign_in(viewer), f"q={quote(term)}") == set()


def test_too_many_customers_are_said_and_none_is_shown(
    shop: dict[str, Payment], viewer: User, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(admin_list, "MAX_CUSTOMERS", 1)
    page = sign_in(viewer).get(f"{LIST}?q=example.com")
    assert list(page.context["cl"].result_list) == []
    assert "customers match" in told(page)


# --- The filter by customer -----------------------------------------------------------------


def answer(client: Any, query: str) -> dict[str, Any]:
    found: dict[str, Any] = client.get(f"{CUSTOMERS}?{query}").json()
    return found


def test_customers_are_offered_without_any_right_on_accounts(
    viewer: User, customer: User, sign_in: SignIn
) -> None:
    assert not viewer.has_perm("accounts.view_user")
    found = answer(sign_in(viewer), "term=CUSTOM")
    assert found["results"] == [{"id": str(customer.pk), "text": "customer@example.com"}]
    assert found["pagination"] == {"more": False}


def test_customers_come_twenty_at_a_time_and_are_never_counted(
    viewer: User, sign_in: SignIn, django_assert_max_num_queries: Any
) -> None:
    for number in range(45):
        User.objects.create_user(username=f"buyer{number}", email=f"buyer{number}@example.com")
    client = sign_in(viewer)
    pages = [answer(client, f"term=buyer&page={page}") for page in (1, 2, 3)]
    assert [len(page["results"]) for page in pages] == [20, 20, 5]
    assert [page["pagination"]["more"] for page in pages] == [True, True, False]
    with django_assert_max_num_queries(6) as captured:
        answer(client, "")
    assert not any("COUNT(" in query["sql"] for query in captured.captured_queries)


@pytest.mark.parametrize("query", ["page=abc", "page=-1", "page=0", "page=99999999999", "term=%00"])
def test_a_strange_page_of_customers_is_no_error(viewer: User, sign_in: SignIn, query: str) -> None:
    assert "results" in answer(sign_in(viewer), query)

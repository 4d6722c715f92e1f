"""The page before an export: what will be in it, whose data, why it is taken; all on record."""

import logging
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from accounts.models import User
from payments.core.db import paginator
from payments.models import PersonalDataAccess, Product
from tests.payments import builders
from tests.payments.admin.conftest import EXPORT, LIST, SignIn, act, rows_of, take, text_of

PERSONS: dict[str, Any] = {
    "buyer_name": "김구매",
    "buyer_tel": "010-1234-5678",
    "depositor_name": "=김입금",
}


@pytest.fixture
def client(finance: User, sign_in: SignIn) -> Client:
    """The finance person's browser."""
    return sign_in(finance)


# --- Personal data ----------------------------------------------------------------------------


def test_addresses_are_masked_unless_somebody_who_may_asks_for_them(
    client: Client, customer: User, product: Product
) -> None:
    builders.paid(customer, product)
    [masked] = rows_of(take(client))
    [full] = rows_of(take(client, personal="unmasked"))
    assert masked["Customer's e-mail"] == "cu***@example.com"
    assert full["Customer's e-mail"] == "customer@example.com"


def test_whoever_bought_is_masked_like_the_customer(
    client: Client, customer: User, product: Product
) -> None:
    builders.paid(customer, product, **PERSONS)
    [masked] = rows_of(take(client))
    [full] = rows_of(take(client, personal="unmasked"))
    names = ("Buyer's name", "Buyer's phone", "Depositor's name")
    assert [masked[name] for name in names] == ["***", "01***78", "***"]
    assert [full[name] for name in names] == ["김구매", "010-1234-5678", "'=김입금"]


def test_a_masked_export_stays_masked_in_a_session_that_shows_personal_data(
    client: Client, customer: User, product: Product
) -> None:
    builders.paid(customer, product)
    client.post(f"{LIST}unmask/", {"reason": "환불 문의 확인"})
    [row] = rows_of(take(client))
    assert row["Customer's e-mail"] == "cu***@example.com"


def test_without_the_right_to_unmask_the_choice_is_not_there_and_not_taken(
    finance: User, sign_in: SignIn, customer: User, product: Product
) -> None:
    builders.paid(customer, product)
    finance.groups.clear()
    rights = Permission.objects.filter(codename__in=["view_payment", "export_payment"])
    finance.user_permissions.set(rights)
    client = sign_in(finance)
    assert 'value="unmasked"' not in text_of(client.get(EXPORT))
    response = take(client, personal="unmasked")
    assert response.context["form"].errors["personal"]
    assert not PersonalDataAccess.objects.exists()


# --- The page before it -----------------------------------------------------------------------


def test_the_page_says_what_will_be_in_the_file(
    client: Client, customer: User, product: Product
) -> None:
    for _ in range(3):
        builders.paid(customer, product)
    builders.ordered(customer, product)
    page = text_of(client.get(f"{EXPORT}?status=paid,failed"))
    assert '<dd class="export-count">3</dd>' in page
    assert "<dt>Status</dt><dd>Paid, Failed</dd>" in page
    assert "<li>Approval number</li>" in page
    assert f'href="{LIST}?status=paid%2Cfailed"' in page
    assert "customer@example.com" not in page


def test_a_huge_set_is_not_counted_to_its_end(
    client: Client, customer: User, product: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paginator, "COUNTED_AT_MOST", 2)
    for _ in range(4):
        builders.paid(customer, product)
    assert '<dd class="export-count">2+</dd>' in text_of(client.get(EXPORT))
    assert len(rows_of(take(client))) == 4
    assert PersonalDataAccess.objects.get().rows == 3


@pytest.mark.parametrize("reason", ["", "    ", "ok", "x" * 501])
def test_without_a_reason_nothing_leaves(
    client: Client, customer: User, product: Product, reason: str
) -> None:
    builders.paid(customer, product)
    response = take(client, reason=reason)
    assert response.headers["Content-Type"].startswith("text/html")
    assert response.context["form"].errors["reason"]
    assert not PersonalDataAccess.objects.exists()


def test_looking_at_the_page_takes_nothing_and_records_nothing(
    client: Client, customer: User, product: Product
) -> None:
    builders.paid(customer, product)
    response = client.get(f"{EXPORT}?reason=because&personal=unmasked")
    assert response.headers["Content-Type"].startswith("text/html")
    assert not PersonalDataAccess.objects.exists()


def test_where_nothing_matches_there_is_nothing_to_export(client: Client) -> None:
    page = text_of(client.get(EXPORT))
    assert "nothing to export" in page
    assert 'name="reason"' not in page


# --- It is on record --------------------------------------------------------------------------


def test_who_took_what_and_why_is_on_record(
    client: Client, finance: User, customer: User, product: Product
) -> None:
    for _ in range(3):
        builders.paid(customer, product)
    text_of(take(client, "status=paid", reason="  4월 마감, 회계법인 요청 ", personal="unmasked"))
    access = PersonalDataAccess.objects.get()
    assert (access.actor, access.actor_name) == (finance, "finance@example.com")
    assert (access.kind, access.unmasked, access.rows) == ("exported", True, 3)
    assert (access.reason, access.query) == ("4월 마감, 회계법인 요청", "status=paid")
    assert access.remote_address == "127.0.0.1"


def test_the_record_is_there_before_the_first_byte_and_stays_if_the_reader_hangs_up(
    transactional_db: None, client: Client, customer: User, product: Product
) -> None:
    builders.paid(customer, product)
    response: Any = take(client)
    assert PersonalDataAccess.objects.count() == 1
    response.close()
    assert PersonalDataAccess.objects.count() == 1


def test_start_and_end_are_logged(
    client: Client,
    finance: User,
    customer: User,
    product: Product,
    caplog: pytest.LogCaptureFixture,
) -> None:
    for _ in range(3):
        builders.paid(customer, product)
    with caplog.at_level(logging.INFO, logger="payments.export"):
        text_of(take(client, "status=paid"))
    start, end = [record for record in caplog.records if record.name == "payments.export"]
    assert start.actor == finance.pk  # type: ignore[attr-defined]
    # It may hold a customer's e-mail: it stands beside the access, where it can be erased.
    assert not hasattr(start, "filter")
    assert (end.rows, end.complete) == (3, True)  # type: ignore[attr-defined]
    assert end.access == PersonalDataAccess.objects.get().pk  # type: ignore[attr-defined]


def test_an_export_that_is_broken_off_is_logged_as_that(
    client: Client, customer: User, product: Product, caplog: pytest.LogCaptureFixture
) -> None:
    builders.paid(customer, product)
    with caplog.at_level(logging.INFO, logger="payments.export"):
        response: Any = take(client)
        next(iter(response.streaming_content))
        response.close()
    end = [record for record in caplog.records if record.name == "payments.export"][-1]
    assert (end.rows, end.complete) == (0, False)  # type: ignore[attr-defined]


# --- From the list ----------------------------------------------------------------------------


def test_the_ticked_rows_go_through_the_same_page(
    client: Client, customer: User, product: Product
) -> None:
    ticked, _other = builders.paid(customer, product), builders.paid(customer, product)
    there = act(client, "export_selected", ticked, query="status=paid")
    page = text_of(client.get(there["Location"]))
    assert "<dt>Selection</dt><dd>1 ticked payment</dd>" in page
    assert f'href="{LIST}?status=paid"' in page
    [row] = rows_of(there)
    assert row["Order number"] == ticked.merchant_uid
    assert f"id={ticked.pk}" in PersonalDataAccess.objects.get().query


def test_select_all_goes_on_with_the_filter_instead_of_ids(
    client: Client, customer: User, product: Product
) -> None:
    some = builders.paid(customer, product)
    there = act(client, "export_selected", some, query="status=paid", select_across=1)
    assert there["Location"] == f"{EXPORT}?status=paid"


def test_more_ids_than_an_address_holds_are_refused(client: Client) -> None:
    ids = "&".join(f"id={number}" for number in range(1, 102))
    assert client.get(f"{EXPORT}?{ids}").status_code == 400


@pytest.mark.parametrize("ids", ["id=abc", "id=-1", "id=", "id=999999", "id=1%00"])
def test_an_id_that_is_none_exports_nothing(
    client: Client, customer: User, product: Product, ids: str
) -> None:
    builders.paid(customer, product)
    assert "nothing to export" in text_of(client.get(f"{EXPORT}?{ids}"))


def test_nothing_is_imported(client: Client) -> None:
    assert client.get(f"{LIST}import/").status_code == 302  # no such payment

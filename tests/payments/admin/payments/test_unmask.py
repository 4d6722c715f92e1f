"""Personal data: masked until somebody who may says why, for a while, in their own session only."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from payments.admin.shared import personal_data
from payments.models import Payment, PersonalDataAccess, Product
from tests.payments import builders
from tests.payments.admin.conftest import (
    CUSTOMERS,
    EXPORT,
    LIST,
    MARK_FAILED,
    SignIn,
    messages_on,
    page_of,
    take,
    text_of,
    verify_of,
)

UNMASK, MASK = f"{LIST}unmask/", f"{LIST}mask/"
REASON = {"reason": "환불 문의 확인"}


@pytest.fixture
def client(finance: User, sign_in: SignIn) -> Client:
    """The finance person's browser."""
    return sign_in(finance)


@pytest.fixture
def payment(customer: User, product: Product) -> Payment:
    return builders.paid(customer, product)


def sees(client: Client, user: User) -> bool:
    """Whether personal data is shown in this browser."""
    request = RequestFactory().get("/")
    request.user, request.session = user, client.session
    return personal_data.window(request) is not None


def test_a_reason_opens_it_for_this_session_and_is_on_record(
    client: Client, finance: User, payment: Payment
) -> None:
    response = client.post(UNMASK, REASON | {"next": page_of(payment)})
    assert response["Location"] == page_of(payment)
    assert sees(client, finance)
    access = PersonalDataAccess.objects.get()
    assert (access.actor, access.kind, access.unmasked) == (finance, "viewed", True)
    assert (access.payment, access.reason) == (payment, REASON["reason"])
    assert access.remote_address == "127.0.0.1"


def test_the_list_comes_back_with_its_filter_which_is_on_record(client: Client) -> None:
    there = f"{LIST}?status=paid&status=failed&p=2"
    assert client.post(UNMASK, REASON | {"next": there})["Location"] == there
    access = PersonalDataAccess.objects.get()
    assert (access.payment, access.query) == (None, "status=paid&status=failed&p=2")


@pytest.mark.parametrize("reason", ["", "    ", "abcd"])
def test_without_a_reason_it_stays_masked(client: Client, finance: User, reason: str) -> None:
    response = client.post(UNMASK, {"reason": reason, "next": LIST})
    assert "at least 5 characters" in messages_on(response)
    assert not sees(client, finance)
    assert not PersonalDataAccess.objects.exists()


def test_it_ends_by_itself(client: Client, finance: User, time_machine: Any) -> None:
    client.post(UNMASK, REASON)
    time_machine.move_to(timezone.now() + timedelta(minutes=14, seconds=50))
    assert sees(client, finance)
    time_machine.move_to(timezone.now() + timedelta(minutes=1))
    assert not sees(client, finance)


def test_it_can_be_ended_before(client: Client, finance: User) -> None:
    client.post(UNMASK, REASON)
    assert client.post(MASK, {"next": f"{LIST}?p=2"})["Location"] == f"{LIST}?p=2"
    assert not sees(client, finance)


def test_another_session_of_the_same_person_shows_nothing(
    client: Client, finance: User, sign_in: SignIn
) -> None:
    client.post(UNMASK, REASON)
    assert not sees(sign_in(finance), finance)


def test_it_ends_with_the_permission(client: Client, finance: User) -> None:
    client.post(UNMASK, REASON)
    finance.groups.clear()
    assert not sees(client, User.objects.get(pk=finance.pk))


def test_it_does_not_outlive_the_sign_out(client: Client, finance: User) -> None:
    client.post(UNMASK, REASON)
    client.post("/accounts/logout/")
    client.force_login(finance)
    assert not sees(client, finance)


@pytest.mark.parametrize("who", ["viewer", "operator", "approver"])
def test_without_the_permission_nothing_opens(
    request: pytest.FixtureRequest, sign_in: SignIn, who: str
) -> None:
    person: User = request.getfixturevalue(who)
    client = sign_in(person)
    assert client.post(UNMASK, REASON).status_code == 403
    assert not sees(client, person)
    assert not PersonalDataAccess.objects.exists()


def test_who_may_not_see_payments_may_not_unmask_them(
    db: None, customer: User, sign_in: SignIn
) -> None:
    User.objects.filter(pk=customer.pk).update(is_staff=True)
    customer.user_permissions.set(Permission.objects.filter(codename="unmask_payment"))
    assert sign_in(customer).post(UNMASK, REASON).status_code == 403


@pytest.mark.parametrize("url", [UNMASK, MASK])
def test_both_doors_answer_only_to_a_post_with_a_token(finance: User, url: str) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(finance)
    assert client.get(url, REASON)["Location"] == LIST
    assert client.post(url, REASON).status_code == 403
    assert not sees(client, finance)


@pytest.mark.parametrize(
    "target",
    ["https://evil.example/", "//evil.example/admin/", "/accounts/settings/", "javascript:x", ""],
)
def test_the_way_back_leads_nowhere_else(client: Client, target: str) -> None:
    assert client.post(UNMASK, REASON | {"next": target})["Location"] == LIST


@pytest.mark.parametrize("where", ["list", "page"])
def test_the_form_stands_where_personal_data_is_and_the_banner_while_it_is_shown(
    client: Client, payment: Payment, customer: User, where: str
) -> None:
    url = f"{LIST}?status=paid" if where == "list" else page_of(payment)
    masked = text_of(client.get(url))
    assert f'action="{UNMASK}"' in masked
    assert "customer@example.com" not in masked.replace("<wbr>", "")
    unmasked = text_of(client.post(UNMASK, REASON | {"next": url}, follow=True))
    assert f'action="{MASK}"' in unmasked
    assert "customer@example.com" in unmasked.replace("<wbr>", "")


@pytest.mark.parametrize("where", ["list", "page"])
def test_a_viewer_is_not_offered_what_they_may_not_do(
    viewer: User, sign_in: SignIn, payment: Payment, where: str
) -> None:
    page = text_of(sign_in(viewer).get(LIST if where == "list" else page_of(payment)))
    assert UNMASK not in page
    assert "customer@example.com" not in page.replace("<wbr>", "")


# --- What is opened while it is shown ----------------------------------------------------------


def records() -> list[tuple[Payment | None, str]]:
    """What is on record, in the order in which it was seen; each with the reason given at first."""
    accesses = list(PersonalDataAccess.objects.order_by("pk"))
    assert {(access.reason, access.kind, access.unmasked) for access in accesses} <= {
        (REASON["reason"], "viewed", True)
    }
    return [(access.payment, "" if access.payment else access.query) for access in accesses]


@pytest.mark.parametrize("who", ["finance", "admin_person"])
def test_each_further_payment_and_list_leaves_its_own_record_and_no_reload_another(
    request: pytest.FixtureRequest,
    sign_in: SignIn,
    payment: Payment,
    customer: User,
    product: Product,
    who: str,
) -> None:
    client = sign_in(request.getfixturevalue(who))
    other = builders.paid(customer, product)
    client.post(UNMASK, REASON | {"next": f"{page_of(payment)}?_changelist_filters=p%3D2"})
    for _ in range(2):
        client.get(page_of(payment))
        client.get(f"{page_of(other)}?event=9")
        client.get(f"{page_of(other)}")
        client.get(f"{LIST}?status=paid,failed")
        client.get(f"{LIST}?status=paid,failed&p=1")
    assert records() == [
        (payment, ""),
        (other, ""),
        (None, "status=paid,failed"),
        (None, "status=paid,failed&p=1"),
    ]


def test_the_other_places_that_show_it_are_on_record_too(
    admin_person: User, sign_in: SignIn, customer: User, product: Product
) -> None:
    payment = builders.ordered(customer, product)
    client = sign_in(admin_person)
    client.post(UNMASK, REASON | {"next": f"{LIST}?q=customer"})
    assert "customer@example.com" in text_of(client.get(CUSTOMERS, {"term": "cust"}))
    page = text_of(client.get(f"{MARK_FAILED}?id={payment.pk}"))
    assert "customer@example.com" in page.replace("<wbr>", "")
    # The same set as the list's: it finds part of an address, and the list is on record.
    assert client.get(f"{EXPORT}?q=customer").context["number"].count == 1
    assert records()[1:] == [(None, "customers=cust&page=1"), (None, f"id={payment.pk}")]


def test_a_row_that_is_drawn_anew_is_on_record(
    admin_person: User, sign_in: SignIn, customer: User, product: Product, sandbox: object
) -> None:
    order = builders.ordered(customer, product)
    client = sign_in(admin_person)
    client.post(UNMASK, REASON)
    row = text_of(client.post(verify_of(order).replace("/verify/", "/verify-row/")))
    assert "customer@example.com" in row.replace("<wbr>", "")
    assert records()[1:] == [(order, "")]


def test_a_file_keeps_the_reason_that_was_given_for_it(client: Client, payment: Payment) -> None:
    client.post(UNMASK, REASON)
    text_of(take(client))
    assert [access.reason for access in PersonalDataAccess.objects.order_by("pk")] == [
        REASON["reason"],
        "4월 매출 마감",
    ]


@pytest.mark.parametrize("where", ["list", "page"])
def test_the_record_is_written_before_anything_personal_is_read(
    client: Client, payment: Payment, where: str
) -> None:
    client.post(UNMASK, REASON | {"next": f"{LIST}?p=9"})
    with CaptureQueriesContext(connection) as captured:
        client.get(f"{LIST}?q=customer" if where == "list" else page_of(payment))
    statements = [entry["sql"] for entry in captured.captured_queries]
    [written] = [
        n for n, sql in enumerate(statements) if 'INTO "payments_personaldataaccess"' in sql
    ]
    people = [n for n, sql in enumerate(statements) if '"accounts_user"."email"' in sql]
    # The first of them is the person who is signed in.
    assert len(people) > 1
    assert people[0] < written < people[1]
    # One of them is for the gateway's last answer, one for the movements: the page shows both.
    assert len(statements) <= 16


def test_without_its_record_a_page_stays_masked_and_fails(
    client: Client, payment: Payment, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(**_fields: object) -> None:
        raise RuntimeError("the disk is full")

    client.post(UNMASK, REASON)
    monkeypatch.setattr(personal_data, "record_view", broken)
    for url in (LIST, page_of(payment), CUSTOMERS):
        with pytest.raises(RuntimeError):
            client.get(url)


def test_a_new_window_is_a_new_record(client: Client, payment: Payment, time_machine: Any) -> None:
    for _ in range(2):
        client.post(UNMASK, REASON)
        client.get(page_of(payment))
        time_machine.move_to(timezone.now() + timedelta(minutes=16))
        client.get(page_of(payment))
    assert [about for about, _query in records()] == [None, payment, None, payment]


@pytest.mark.parametrize("who", ["viewer", "operator", "approver", "finance", "admin_person"])
def test_who_sees_it_masked_leaves_no_record(
    request: pytest.FixtureRequest, sign_in: SignIn, payment: Payment, who: str
) -> None:
    client = sign_in(request.getfixturevalue(who))
    for url in (LIST, page_of(payment), CUSTOMERS):
        assert "customer@example.com" not in text_of(client.get(url)).replace("<wbr>", "")
    assert records() == []


def test_once_the_right_is_gone_pages_are_masked_and_leave_no_record(
    client: Client, finance: User, payment: Payment
) -> None:
    client.post(UNMASK, REASON)
    finance.groups.set(Group.objects.filter(name="Viewer"))
    page = text_of(client.get(page_of(payment)))
    assert "customer@example.com" not in page.replace("<wbr>", "")
    assert records() == [(None, "")]

"""What only the gateway knows becomes a payment when somebody who may says so."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from payments.models import ClosingReason, Discrepancy, Payment
from payments.services.discrepancies import queue
from tests.gateway import SandboxGateway
from tests.payments.admin.conftest import SignIn, messages_on, page_of, text_of
from tests.payments.books import missing_here, reconciled
from tests.payments.builders import NOON
from tests.responses import ClientResponse

from .pages import LIST, address


@pytest.fixture
def found(sandbox: SandboxGateway, customer: User) -> Discrepancy:
    """Bought by the customer, as the gateway tells, in another shop."""
    paid = sandbox.pay("order-elsewhere", 5_000, name="책", buyer_email=customer.email)
    return missing_here(paid["imp_uid"], "order-elsewhere")


@pytest.fixture
def client(approver: User, sign_in: SignIn) -> Client:
    """The browser of the approver."""
    return sign_in(approver)


def take(client: Client, found: Discrepancy, whose: str, **data: Any) -> ClientResponse:
    body = {"version": found.version, "whose": whose}
    return client.post(address(found, "take_in"), body | data)


def test_its_page_shows_the_answer_masked_and_whom_it_may_belong_to(
    client: Client, found: Discrepancy
) -> None:
    assert address(found, "take_in") in text_of(client.get(address(found)))
    page = text_of(client.get(address(found, "take_in")))
    assert "₩5,000" in page
    assert "cu***@example.com: the buyer&#x27;s e-mail at the gateway is theirs" in page
    assert "customer@example.com" not in page


def test_the_suggested_customer_becomes_theirs_when_a_person_says_so(
    client: Client, found: Discrepancy, customer: User
) -> None:
    done = take(client, found, "suggested", suggested=customer.pk)
    payment = Payment.objects.get()
    # Nothing else is open: back to the list, from where the payment is a click away.
    assert done["Location"] == LIST
    words = text_of(client.get(LIST))
    assert f'Taken in as the payment <a href="{page_of(payment)}">' in words
    assert "No more discrepancies are open on this list." in words
    assert (payment.user, payment.amount, payment.status) == (customer, 5_000, "paid")
    found.refresh_from_db()
    assert (found.is_open, found.closing_reason) == (False, ClosingReason.TAKEN_IN)


def test_another_customer_can_be_chosen(client: Client, found: Discrepancy, stranger: User) -> None:
    take(client, found, "other", customer=stranger.pk)
    assert Payment.objects.get().user == stranger


def test_nobody_is_its_customer_unless_a_person_says_so(
    client: Client, found: Discrepancy, customer: User
) -> None:
    page = take(client, found, "")
    assert list(page.context["form"].errors) == ["whose"]
    assert "Choose whose payment it is, or that it is decided later." in text_of(page)
    page = take(client, found, "other")
    assert list(page.context["form"].errors) == ["customer"]
    assert not Payment.objects.exists()
    take(client, found, "nobody")
    assert Payment.objects.get().user is None


def test_the_customer_is_decided_later_on_the_payments_page(
    client: Client, found: Discrepancy, customer: User
) -> None:
    take(client, found, "nobody")
    payment = Payment.objects.get()
    there = reverse("admin:payments_payment_customer", args=[payment.pk])
    assert f'href="{there}"' in text_of(client.get(page_of(payment)))
    short = client.post(there, {"customer": customer.pk, "note": "x"})
    assert list(short.context["form"].errors) == ["note"]
    done = client.post(there, {"customer": customer.pk, "note": "주문서를 확인함"})
    assert "has its customer now" in messages_on(done)
    payment.refresh_from_db()
    assert payment.user == customer
    assert "has a customer already" in messages_on(client.get(there))


def test_a_page_that_is_out_of_date_takes_nothing_in(
    client: Client, found: Discrepancy, operator: User
) -> None:
    queue.assign(discrepancy=found, actor=operator, owner=operator, expected_version=1)
    words = messages_on(take(client, found, "nobody"))
    assert "has changed in the meantime" in words
    assert not Payment.objects.exists()


def test_a_silent_gateway_is_said_and_nothing_is_taken_in(
    client: Client, found: Discrepancy, sandbox: SandboxGateway
) -> None:
    sandbox.fault("status", status=500)
    assert "does not answer" in messages_on(client.get(address(found, "take_in")))
    assert "does not answer" in messages_on(take(client, found, "nobody"))
    assert not Payment.objects.exists()


def test_what_is_not_in_won_is_not_offered_and_says_why(
    client: Client, sandbox: SandboxGateway
) -> None:
    sandbox.pay("bought-abroad", 990, paid_at=int(NOON.timestamp()), currency="USD")
    reconciled()
    abroad = Discrepancy.objects.get()
    page = text_of(client.get(address(abroad)))
    assert address(abroad, "take_in") not in page
    assert "Only payments in won can be taken in. This one is in USD." in page


def test_who_may_not_is_told_who_may(found: Discrepancy, finance: User, sign_in: SignIn) -> None:
    page = text_of(sign_in(finance).get(address(found)))
    assert "An approver can take it in as a payment. Hand it to one." in page


def test_its_page_says_what_cant_be_undone(client: Client, found: Discrepancy) -> None:
    page = text_of(client.get(address(found, "take_in")))
    assert "Taking it in and naming its customer can't be undone." in page


@pytest.mark.parametrize("name", ["finance", "operator", "viewer"])
def test_it_is_for_few(
    found: Discrepancy, sign_in: SignIn, name: str, request: pytest.FixtureRequest
) -> None:
    client = sign_in(request.getfixturevalue(name))
    assert address(found, "take_in") not in text_of(client.get(address(found)))
    assert take(client, found, "nobody").status_code == 403
    assert not Payment.objects.exists()

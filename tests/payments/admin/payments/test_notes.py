"""A note on a payment's page: posted, kept with its author, shown in the timeline."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from payments.models import Payment, Product
from tests.payments import builders
from tests.payments.admin.conftest import SignIn, messages_on, page_of, text_of
from tests.payments.conftest import kinds


@pytest.fixture
def client(operator: User, sign_in: SignIn) -> Client:
    """The operator's browser."""
    return sign_in(operator)


@pytest.fixture
def paid(customer: User, product: Product) -> Payment:
    return builders.paid(customer, product)


def note_of(payment: Payment) -> str:
    return reverse("admin:payments_payment_note", args=[payment.pk])


def test_a_note_is_kept_and_shown_with_its_author(
    client: Client, operator: User, paid: Payment
) -> None:
    body = {"text": "고객 확인 <b>완료</b>", "_changelist_filters": "status=paid"}
    response = client.post(note_of(paid), body)
    assert response["Location"] == f"{page_of(paid)}?_changelist_filters=status%3Dpaid"
    assert messages_on(response) == "The note is saved."
    page = text_of(client.get(page_of(paid)))
    assert "고객 확인 &lt;b&gt;완료&lt;/b&gt;" in page
    assert "At most 500 characters. It stays in the payment's history for good." in page
    assert paid.events.get(kind="note").actor == operator


@pytest.mark.parametrize(
    ("text", "message"), [(" \n", "A note needs words"), ("가" * 501, "at most 500 characters")]
)
def test_what_is_no_note_is_refused_with_what_to_do(
    client: Client, paid: Payment, text: str, message: str
) -> None:
    assert message in messages_on(client.post(note_of(paid), {"text": text}))
    assert "note" not in kinds(paid)


def test_opening_the_address_writes_nothing(client: Client, paid: Payment) -> None:
    assert client.get(note_of(paid))["Location"] == page_of(paid)
    assert "note" not in kinds(paid)


def test_a_note_on_no_payment_is_not_found(client: Client) -> None:
    assert client.post("/admin/payments/payment/999/note/", {"text": "x"}).status_code == 404


@pytest.mark.parametrize("who", ["viewer", "finance", "customer"])
def test_who_may_not_write_notes_is_refused(
    request: pytest.FixtureRequest, sign_in: SignIn, paid: Payment, who: str
) -> None:
    client = sign_in(request.getfixturevalue(who))
    assert client.post(note_of(paid), {"text": "x"}).status_code in {302, 403}
    assert "note" not in kinds(paid)

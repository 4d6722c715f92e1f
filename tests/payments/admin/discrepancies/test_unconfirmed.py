"""A colleague whose address nobody has confirmed is marked wherever others read it."""

import pytest
from allauth.account.models import EmailAddress
from django.test import Client

from accounts.models import User
from payments.models import Discrepancy, Payment, Product
from payments.services import notes
from payments.services.discrepancies import queue
from tests.payments import builders
from tests.payments.admin.conftest import SignIn, text_of
from tests.payments.books import filed

QUEUE = "/admin/payments/discrepancy/"


@pytest.fixture
def payment(customer: User, product: Product, operator: User) -> Payment:
    """The operator has written something about it."""
    payment = builders.paid(customer, product)
    notes.add_note(payment=payment, actor=operator, text="고객에게 전화함")
    return payment


@pytest.fixture
def discrepancy(payment: Payment, operator: User) -> Discrepancy:
    """The operator has taken it over."""
    row = filed(payment)
    return queue.assign(
        discrepancy=row, actor=operator, owner=operator, expected_version=row.version
    )


@pytest.fixture
def client(approver: User, sign_in: SignIn) -> Client:
    """The approver's browser."""
    return sign_in(approver)


@pytest.mark.parametrize(
    ("address", "times"),
    [
        (QUEUE, 1),
        (f"{QUEUE}?person={{person}}", 2),
        (f"{QUEUE}{{discrepancy}}/change/", 3),  # owner, whom it may be handed to, who did it
        (f"{QUEUE}{{discrepancy}}/close/", 1),
        (f"{QUEUE}people/?term=operator", 1),
        ("/admin/payments/payment/{payment}/change/", 2),  # the note, and whose the difference is
        ("/admin/", 1),
    ],
)
def test_it_is_marked_while_nobody_has_confirmed_it(
    client: Client,
    payment: Payment,
    discrepancy: Discrepancy,
    operator: User,
    address: str,
    times: int,
) -> None:
    url = address.format(person=operator.pk, discrepancy=discrepancy.pk, payment=payment.pk)
    assert "(unconfirmed)" not in text_of(client.get(url))
    EmailAddress.objects.filter(user=operator).update(verified=False)
    page = text_of(client.get(url)).replace("<wbr>", "")
    assert page.count(f"{operator.email} (unconfirmed)") >= times


def test_a_name_of_before_is_not_marked_for_the_address_of_today(
    client: Client, payment: Payment, operator: User
) -> None:
    former, operator.email = operator.email, "new@example.com"
    operator.save()
    page = text_of(client.get(f"/admin/payments/payment/{payment.pk}/change/"))
    assert former in page
    assert f"{former} (unconfirmed)" not in page

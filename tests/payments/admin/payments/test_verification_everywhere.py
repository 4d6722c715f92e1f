"""What is said of a payment's verification: the same on badge, filter, page and file."""

import pytest
from django.test import Client

from accounts.models import User
from payments.admin.shared.display import VERIFICATION_LOOKS
from payments.models import Payment, Product
from payments.selectors.payments.flags import Shown
from payments.states import Verification
from tests.payments import builders
from tests.payments.admin.conftest import (
    LIST,
    SignIn,
    english,
    exported,
    listed,
    page_of,
    rows_of,
    take,
    text_of,
)

Book = dict[Shown, Payment]


@pytest.fixture
def client(finance: User, sign_in: SignIn) -> Client:
    """The finance person's browser."""
    return sign_in(finance)


@pytest.fixture
def book(customer: User, product: Product, operator: User) -> Book:
    """A payment of which each is said."""
    payments = {
        Shown.NEVER: builders.ordered(customer, product),
        Shown.MATCHED: builders.paid(customer, product),
    }
    for said in (Verification.NOT_FOUND, Verification.UNKNOWN):
        payments[Shown(said)] = builders.found(builders.paid(customer, product), said)
    for as_shown in (Shown.MISMATCHED, Shown.ACCEPTED):
        payment = builders.found(builders.paid(customer, product), Verification.MISMATCHED)
        payments[as_shown] = payment
    builders.accepted(payments[Shown.ACCEPTED], by=operator)
    return payments


def in_file(client: Client) -> dict[str, str]:
    """The last column of the file, by order number."""
    return {row["Order number"]: row["Verification"] for row in rows_of(take(client))}


def test_the_file_says_what_the_badge_says(client: Client, book: Book) -> None:
    assert in_file(client) == {one.merchant_uid: said.value for said, one in book.items()}


@pytest.mark.parametrize("said", Shown)
def test_the_filter_finds_what_badge_and_file_say(client: Client, book: Book, said: Shown) -> None:
    query = f"verification={said.value}"
    assert listed(client, query) == exported(client, query) == {book[said].merchant_uid}
    [row] = rows_of(take(client, query))
    assert row["Verification"] == said.value
    badge = f'<span class="badge {VERIFICATION_LOOKS[said]}">{english(said.label)}</span>'
    for url in (f"{LIST}?{query}", page_of(book[said])):
        assert badge in text_of(client.get(url))


def test_an_open_discrepancy_counts_whatever_the_last_question_brought(
    client: Client, book: Book
) -> None:
    for said in (Shown.NEVER, Shown.MATCHED, Shown.UNKNOWN):
        payment = book[said]
        builders.differs(payment)
        payment.refresh_from_db()
        assert payment.verification == said.value
        assert in_file(client)[payment.merchant_uid] == Shown.MISMATCHED
    assert len(listed(client, "verification=mismatched")) == 4

"""What the payment list reads: a search in bounded steps, and customers for the filter.

Nothing here joins payments to people: an id goes through its index, a person is looked up among the
customers first. To search by one more thing, add a condition with an index to `with_text`.

Who sees e-mails masked can only ask about what they see or know: a whole e-mail, its first two
signs, its domain. A search by any part of it would let them guess the rest, sign by sign.
"""

from collections.abc import Iterable
from functools import reduce
from operator import or_
from typing import Any, cast

from django.contrib.auth import get_user_model
from django.db.models import Q, QuerySet
from django.db.models.functions import Right
from django.db.models.lookups import Exact

from payments.core.db import parts as parts  # its look-ups: `prefix`, `whole`
from payments.core.db.search import part_of
from payments.core.text import ids, plain, plain_id, several_ids, spellings
from payments.models import Payment
from payments.selectors.payments.customers import learn_confirmed

# More customers than this are no answer to a search; the person must narrow it.
MAX_CUSTOMERS = 1_000
# What `masking.mask_email` leaves of the part before the @.
SHOWN_SIGNS = 2
# The longest approval number and PG id there are.
MAX_APPROVAL = 20
MAX_TID = 64
# Of a card or a telephone: what a customer says, and what a receipt shows.
LAST_DIGITS = 4


class TooManyCustomers(Exception):
    """The search fits more than `limit` customers; none of them was looked at."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        super().__init__(f"more than {limit} customers")


def with_text(payments: QuerySet[Payment], text: str, *, unmasked: bool) -> QuerySet[Payment]:
    """Payments by order number (or its beginning), other ids and numbers, e-mail or name.

    Four digits are the last of a card or of a telephone, too.

    Of several ids in one text, payments with any of them.
    """
    words = several_ids(text) or [word for word in [plain_id(text)] if word]
    if not words:
        return payments.none()
    written = [spelling for word in words for spelling in spellings(word)]
    exact = Q(merchant_uid__in=written) | Q(imp_uid__in=written) | called_by_pg(written)
    columns = ("pk", "merchant_uid", "imp_uid", "pg_tid")
    known = list(Payment.objects.filter(exact).values_list(*columns))
    matched = {value for _pk, *values in known for value in values}
    left = [word for word in words if matched.isdisjoint(spellings(word))]
    condition = Q(pk__in=[pk for pk, *_values in known])
    if left:
        names = left if len(words) > 1 else [plain(text), *left]
        condition |= _close_to(left, names, unmasked)
    return payments.filter(condition)


def has_id(payment: Payment, text: str) -> bool:
    """Whether the text is one whole id of this payment: what `with_text` finds first."""
    ids_of_it = {payment.merchant_uid, payment.imp_uid, payment.pg_tid}
    word = plain_id(text)
    return bool(word) and not ids_of_it.isdisjoint(spellings(word))


def _close_to(words: list[str], names: list[str], unmasked: bool) -> Q:
    """What is no whole id of a payment.

    Columns of one table with an index each: the database joins what the indexes find, or reads from
    the newest on where nearly everything fits.
    """
    condition = numbered(words)
    if numbers := [word for word in words if word.isascii() and word.isalnum()]:
        condition |= approved_as(numbers)
        for number in numbers:
            if len(number) == LAST_DIGITS and number.isdigit():
                condition |= card_ending(number) | phone_ending(number)
    if people := customer_ids(words, names, unmasked=unmasked):
        condition |= Q(user_id__in=people)
    return condition


def numbered(words: Iterable[str]) -> Q:
    """Payments whose order number starts with one of these."""
    condition = Q(pk__in=[])
    for spelling in (spelling for word in words for spelling in spellings(word)):
        condition |= Q(merchant_uid__prefix=spelling)
    return condition


def approved_as(numbers: Iterable[str]) -> Q:
    """Payments by approval number; said twice, because the index leaves those without one out."""
    written = [number for number in numbers if len(number) <= MAX_APPROVAL]
    return Q(apply_num__in=written) & ~Q(apply_num="")


def called_by_pg(tids: Iterable[str]) -> Q:
    """Payments by the PG's own id, in full; said twice like the approval number."""
    written = [tid for tid in tids if len(tid) <= MAX_TID]
    return Q(pg_tid__in=written) & ~Q(pg_tid="")


def card_ending(digits: str) -> Q:
    """Payments by the last four digits of their card."""
    return Q(card_last4=digits) & ~Q(card_last4="")


def phone_ending(digits: str) -> Q:
    """Payments by the last four digits of the buyer's telephone."""
    # The lookup is the index's own expression.
    return Q(Exact(Right("buyer_tel", LAST_DIGITS), digits)) & ~Q(buyer_tel="")


def of_customers(
    payments: QuerySet[Payment], *, emails: Iterable[str], names: Iterable[str], unmasked: bool
) -> QuerySet[Payment]:
    """Payments of people with all of these e-mails and all of these names.

    An "e-mail" that holds several is any of them.
    """
    for email in emails:
        payments = payments.filter(user_id__in=customer_ids(ids(email), [], unmasked=unmasked))
    for name in names:
        payments = payments.filter(user_id__in=customer_ids([], [name], unmasked=unmasked))
    return payments


def customer_ids(emails: Iterable[str], names: Iterable[str], *, unmasked: bool) -> list[int]:
    """Who has one of these e-mails or names. Raises TooManyCustomers."""
    condition = Q(pk__in=[])
    for email in emails:
        condition |= _email(email, unmasked)
    for name in names:
        condition |= _name(name, unmasked)
    people = _people().filter(condition).values_list("pk", flat=True)
    ids = list(people[: MAX_CUSTOMERS + 1])
    if len(ids) > MAX_CUSTOMERS:
        raise TooManyCustomers(MAX_CUSTOMERS)
    return ids


def customers(
    term: str, *, page: int, size: int, unmasked: bool
) -> tuple[list[tuple[int, Any]], bool]:
    """One page of (id, person) for the filter by customer, and whether there are more. No count."""
    people = _people().order_by("-pk")
    if term:
        people = people.filter(_called(term, unmasked))
    start = (page - 1) * size
    page_of_people = list(people[start : start + size + 1])
    learn_confirmed(page_of_people)
    rows = [(person.pk, person) for person in page_of_people]
    return rows[:size], len(rows) > size


def _people() -> QuerySet[Any]:
    """People with what they are searched by."""
    people: Any = get_user_model().objects.all()
    return cast("QuerySet[Any]", people.with_search_words())


def _called(term: str, unmasked: bool) -> Q:
    """Whose e-mail or name this is; of several e-mails, whose any of them is."""
    if several := several_ids(term):
        emails = [_email(word, unmasked) for word in several]
        return reduce(or_, emails)
    return _email(plain_id(term), unmasked) | _name(plain(term), unmasked)


def _email(text: str, unmasked: bool) -> Q:
    text = text.lower()
    if unmasked or text.startswith("@"):
        return part_of("lower_email", text)
    if len(text) <= SHOWN_SIGNS:
        return Q(lower_email__begins=text) if text else Q()
    # Said twice, because the index leaves people without an e-mail out.
    return Q(lower_email__whole=text) & ~Q(email="")


def _name(text: str, unmasked: bool) -> Q:
    written = [spelling.lower() for spelling in spellings(text)]
    if unmasked:
        return reduce(or_, (part_of("names", spelling) for spelling in written))
    names = [Q(korean_name__whole=name) | Q(western_name__whole=name) for name in written if name]
    return reduce(or_, names, Q(username__in={text, *written}))

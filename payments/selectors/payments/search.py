"""What the payment list reads: a search in bounded steps, and customers for the filter.

Nothing here joins payments to people: an id goes through its index, a person is looked up among the
customers first. To search by one more thing, add a condition with an index to `with_text`.

Who sees e-mails masked can only ask about what they see or know: a whole e-mail, its first two
signs, its domain. A search by any part of it would let them guess the rest, sign by sign.
"""

from collections.abc import Iterable
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Q, QuerySet, Value
from django.db.models.functions import Concat, Lower

from payments.models import Payment

# More customers than this are no answer to a search; the person must narrow it.
MAX_CUSTOMERS = 1_000
# What `masking.mask_email` leaves of the part before the @.
SHOWN_SIGNS = 2
# The longest approval number there is.
MAX_APPROVAL = 20


class TooManyCustomers(Exception):
    """The search fits more than `limit` customers; none of them was looked at."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        super().__init__(f"more than {limit} customers")


def with_text(payments: QuerySet[Payment], text: str, *, unmasked: bool) -> QuerySet[Payment]:
    """Payments by order number (or its beginning), PortOne id, approval number, e-mail or name."""
    exact = Q(merchant_uid=text) | Q(imp_uid=text)
    if ids := list(Payment.objects.filter(exact).values_list("pk", flat=True)):
        return payments.filter(pk__in=ids)
    # Columns of one table with an index each: the database joins what the indexes find, or reads
    # from the newest on where nearly everything fits.
    condition = Q(merchant_uid__startswith=text)
    if text.isascii() and text.isalnum() and len(text) <= MAX_APPROVAL:
        condition |= approved_as(text)
    if people := customer_ids([text], [text], unmasked=unmasked):
        condition |= Q(user_id__in=people)
    return payments.filter(condition)


def approved_as(number: str) -> Q:
    """Payments by approval number; said twice, because the index leaves those without one out."""
    return Q(apply_num=number) & ~Q(apply_num="")


def of_customers(
    payments: QuerySet[Payment], *, emails: Iterable[str], names: Iterable[str], unmasked: bool
) -> QuerySet[Payment]:
    """Payments of people with all of these e-mails and all of these names."""
    for email in emails:
        payments = payments.filter(user_id__in=customer_ids([email], [], unmasked=unmasked))
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
        people = people.filter(_email(term, unmasked) | _name(term, unmasked))
    start = (page - 1) * size
    rows = [(person.pk, person) for person in people[start : start + size + 1]]
    return rows[:size], len(rows) > size


def _people() -> QuerySet[Any]:
    """People with what they are searched by, in the words of the indexes on them."""
    return get_user_model().objects.annotate(
        lower_email=Lower("email"),
        # 홍길동 is written without a space, Gildong Hong with one.
        korean_name=Lower(Concat("last_name", "first_name")),
        western_name=Lower(Concat("first_name", Value(" "), "last_name")),
        names=Lower(
            Concat("last_name", "first_name", Value(" "), "last_name", Value(" "), "username")
        ),
    )


def _email(text: str, unmasked: bool) -> Q:
    text = text.lower()
    if unmasked or text.startswith("@"):
        return Q(lower_email__contains=text)
    if len(text) <= SHOWN_SIGNS:
        return Q(lower_email__startswith=text)
    # Said twice, because the index leaves people without an e-mail out.
    return Q(lower_email=text) & ~Q(email="")


def _name(text: str, unmasked: bool) -> Q:
    if unmasked:
        return Q(names__contains=text.lower())
    whole = Q(korean_name=text.lower()) | Q(western_name=text.lower())
    return whole | Q(username__in={text, text.lower()})

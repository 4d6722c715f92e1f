"""What the payment list reads: a search in three bounded steps, and customers for the filter.

Nothing here joins or scans payments: an id goes through its index, an address is looked up among
the customers first. To search by one more thing, add a set of payment ids to `search`.
"""

from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Q, QuerySet

from payments.models import Payment

# More customers than this are no answer to a search; the person must narrow it.
MAX_CUSTOMERS = 1_000


def search(payments: QuerySet[Payment], term: str) -> tuple[QuerySet[Payment], bool]:
    """Payments by order number (whole or its beginning), PortOne id, or part of an e-mail address.

    The second value says that too many customers match: then none of them is looked at.
    """
    term = term.strip()
    if not term:
        return payments, False
    exact = Q(merchant_uid=term) | Q(imp_uid=term)
    if ids := list(Payment.objects.filter(exact).values_list("pk", flat=True)):
        return payments.filter(pk__in=ids), False
    customers = customer_ids(term)
    too_many = len(customers) > MAX_CUSTOMERS
    found = Payment.objects.filter(merchant_uid__startswith=term).values("pk")
    if customers and not too_many:
        # A union, not an OR: each half then goes through its own index.
        found = found.union(Payment.objects.filter(user_id__in=customers).values("pk"))
    return payments.filter(pk__in=found), too_many


def customer_ids(term: str) -> list[int]:
    """Whose address holds `term`: at most one id more than `MAX_CUSTOMERS`."""
    found = get_user_model().objects.filter(email__icontains=term).order_by("pk")
    return list(found.values_list("pk", flat=True)[: MAX_CUSTOMERS + 1])


def customers(term: str, *, page: int, size: int) -> tuple[list[tuple[int, str]], bool]:
    """One page of (id, name) for the filter by customer, and whether there are more. No count."""
    people: QuerySet[Any] = get_user_model().objects.order_by("-pk")
    if term:
        people = people.filter(Q(email__icontains=term) | Q(username__icontains=term))
    start = (page - 1) * size
    found = [(person.pk, str(person)) for person in people[start : start + size + 1]]
    return found[:size], len(found) > size

"""A payment as a row of the list: the payment, and what its columns know about this request.

To tell the columns another fact, add it to `RowFacts` and to `as_rows`.
"""

from collections.abc import Iterable
from typing import TypeAlias, TypedDict, cast

from django_stubs_ext import WithAnnotations

from payments.models import Payment
from payments.selectors.payments.customers import learn_confirmed
from payments.selectors.payments.flags import flagged_among


class RowFacts(TypedDict):
    """Attributes of a row besides the payment's own.

    Whether something about it is open, whether this person sees personal data, the list's query
    string as the way back to it, and what a click in this row has just brought ("" for none).
    """

    flagged: bool
    unmasked: bool
    filters: str
    outcome: str


# Quoted: it means something to the type checker alone.
PaymentRow: TypeAlias = "WithAnnotations[Payment, RowFacts]"


def as_rows(
    payments: Iterable[Payment], *, unmasked: bool = False, filters: str = "", outcome: str = ""
) -> list[PaymentRow]:
    """The same payments as rows; personal data is masked by default."""
    rows = [cast(PaymentRow, payment) for payment in payments]
    learn_confirmed(row.user for row in rows)
    flagged = flagged_among(row.pk for row in rows)
    for row in rows:
        row.flagged = row.pk in flagged
        row.unmasked, row.filters, row.outcome = unmasked, filters, outcome
    return rows

"""A payment as a row of the list: the payment, and what its cells say besides.

How the cells look is in templates/admin/payments/payment/rows.html. To tell them another fact, add
it to `RowFacts` and to `as_rows`.
"""

from collections.abc import Iterable
from typing import TypeAlias, TypedDict, cast

from django_stubs_ext import WithAnnotations

from payments.admin.shared import personal_data
from payments.admin.shared.links import payment_list
from payments.admin.shared.verify_result import ActionResult
from payments.models import Payment
from payments.selectors.payments.customers import learn_confirmed
from payments.selectors.payments.flags import Shown, flagged_among, shown


class RowFacts(TypedDict):
    """Attributes of a row besides the payment's own.

    Where its pages are, the customer as this person may see them, what is read of the verification,
    and what a click in this row has just brought.
    """

    address: str

    customer: str
    shown: Shown
    result: ActionResult | None


# Quoted: it means something to the type checker alone.
PaymentRow: TypeAlias = "WithAnnotations[Payment, RowFacts]"


def as_rows(
    payments: Iterable[Payment], *, unmasked: bool = False, result: ActionResult | None = None
) -> list[PaymentRow]:
    """The same payments as rows; personal data is masked by default."""
    rows = [cast(PaymentRow, payment) for payment in payments]
    learn_confirmed(row.user for row in rows)
    flagged = flagged_among(row.pk for row in rows)
    begin = payment_list()
    for row in rows:
        row.address = f"{begin}{row.pk}/"
        row.customer = personal_data.email(row.user, unmasked=unmasked)
        row.shown = shown(row, flagged=row.pk in flagged)
        row.result = result
    return rows

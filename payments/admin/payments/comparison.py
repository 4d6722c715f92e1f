"""The order beside the gateway's last answer that matters, field by field.

The reading is done by `selectors.payments.detail`. A field that is
compared goes to a heading in `_HEADINGS`; a fact that is only ours to tell goes to `facts`.
"""

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from payments.admin.shared.compared_value import Value, compared_value
from payments.models import Payment
from payments.selectors.payments import detail as selector
from payments.selectors.payments.detail import Agreement, ComparedField, Comparison

# A field, and both sides in words.
Row = tuple[ComparedField, Value, Value]

_HEADINGS: tuple[tuple[str | Promise, frozenset[str]], ...] = (
    (pgettext_lazy("purchase", "Order"), frozenset({"merchant_uid", "status"})),
    (_("Money"), frozenset({"amount", "cancelled_amount", "currency"})),
    (
        _("Payment"),
        frozenset(
            {
                *("imp_uid", "pay_method", "pg_provider", "pg_id", "pg_tid", "apply_num"),
                *("card_name", "card_quota", "bank_name", "vbank_num", "is_test"),
            }
        ),
    ),
    (_("Times"), frozenset({"paid_at", "failed_at", "cancelled_at"})),
)
# What has a button that copies it.
_COPIED = frozenset({"imp_uid", "pg_tid", "apply_num", "vbank_num"})


def comparison(payment: Payment, *, open_attempts: Sequence[str]) -> dict[str, object]:
    """The order and the answer that matters, for the template; what agrees is folded into a line.

    `folded` are the fields of that line, under their headings, and `same` how many they are.
    """
    compared = selector.comparison(payment, open_attempts=open_attempts)
    agreements = [field.agreement for field in compared.fields]
    return {
        "comparison": compared,
        "compared": list(_groups(compared, set(Agreement) - {Agreement.SAME})),
        "folded": list(_groups(compared, {Agreement.SAME})),
        "same": agreements.count(Agreement.SAME),
        "copied": _COPIED,
        "differences": agreements.count(Agreement.DIFFERENT),
    }


def _groups(
    compared: Comparison, agreements: AbstractSet[Agreement]
) -> Iterator[tuple[str | Promise, list[Row]]]:
    """The fields that stand to each other in one of these ways, under their headings."""
    our_side = {field.name: field.ours for field in compared.fields}
    their_side = {field.name: field.theirs for field in compared.fields}
    for heading, names in _HEADINGS:
        rows = [
            (
                field,
                compared_value(field.name, field.ours, our_side),
                compared_value(field.name, field.theirs, their_side),
            )
            for field in compared.fields
            if field.name in names and field.agreement in agreements
        ]
        if rows:
            yield heading, rows

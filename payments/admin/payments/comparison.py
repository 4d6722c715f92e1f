"""The order beside the gateway's last answer that matters, field by field.

The reading is done by `selectors.payments.detail`; which fields there are is said by
`payments.compared_fields`. A heading for another group of them goes into `_HEADINGS`; a fact that
is only ours to tell goes to `facts`.
"""

from collections.abc import Iterator, Sequence

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from payments.admin.shared.compared_value import Value, compared_value
from payments.compared_fields import Group
from payments.models import Movement, Payment
from payments.selectors.payments import detail as selector
from payments.selectors.payments.detail import Agreement, ComparedField, Comparison

# A field, and both sides in words.
Row = tuple[ComparedField, Value, Value]

_HEADINGS: dict[Group, str | Promise] = {
    Group.ORDER: pgettext_lazy("purchase", "Order"),
    Group.MONEY: _("Money"),
    Group.PAYMENT: _("Payment"),
    Group.VBANK: _("Virtual account"),
    Group.TIMES: _("Times"),
    Group.BUYER: pgettext_lazy("purchase", "Buyer"),
}
# What has a button that copies it.
_COPIED = frozenset({"imp_uid", "pg_tid", "apply_num", "vbank_num"})


def comparison(
    payment: Payment, *, open_attempts: Sequence[str], movements: Sequence[Movement]
) -> dict[str, object]:
    """The order and the answer that matters, for the template; what agrees is folded into a line.

    `folded` are the fields of that line, under their headings: `same` of them agree, the others are
    compared with nothing.
    """
    compared = selector.comparison(payment, open_attempts=open_attempts, movements=movements)
    agreements = [field.agreement for field in compared.fields]
    return {
        "comparison": compared,
        "compared": list(_groups(compared, folded=False)),
        "folded": list(_groups(compared, folded=True)),
        "same": agreements.count(Agreement.SAME),
        "not_compared": sum(field.is_told_only for field in compared.fields)
        - agreements.count(Agreement.SAME),
        "copied": _COPIED,
        "differences": agreements.count(Agreement.DIFFERENT),
    }


def _groups(compared: Comparison, *, folded: bool) -> Iterator[tuple[str | Promise, list[Row]]]:
    """The fields that somebody has to look at, or those that are folded, under their headings."""
    our_side = {field.name: field.ours for field in compared.fields}
    their_side = {field.name: field.theirs for field in compared.fields}
    for group, heading in _HEADINGS.items():
        rows = [
            (
                field,
                compared_value(field.name, field.ours, our_side),
                compared_value(field.name, field.theirs, their_side),
            )
            for field in compared.fields
            if field.row.group is group and field.is_told_only is folded
        ]
        if rows:
            yield heading, rows

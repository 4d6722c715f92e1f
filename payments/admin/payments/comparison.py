"""The order beside the gateway's last answer that matters, field by field.

Plain values for the template; the reading is done by `selectors.payments.detail`. A field that is
compared goes to a heading in `_HEADINGS`; a fact that is only ours to tell goes to `facts`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from payments.admin.shared.compared_value import Value, compared_value
from payments.admin.shared.display import NOTHING, badge, moment
from payments.models import Payment
from payments.selectors.payments import detail as selector
from payments.selectors.payments.detail import Agreement, ComparedField

_HEADINGS: tuple[tuple[str | Promise, frozenset[str]], ...] = (
    (pgettext_lazy("purchase", "Order"), frozenset({"merchant_uid", "status"})),
    (gettext_lazy("Money"), frozenset({"amount", "cancelled_amount", "currency"})),
    (
        gettext_lazy("Payment"),
        frozenset({"imp_uid", "pay_method", "pg_provider", "apply_num", "vbank_num"}),
    ),
    (gettext_lazy("Times"), frozenset({"paid_at", "failed_at", "cancelled_at"})),
)
_COPIED = frozenset({"imp_uid", "apply_num", "vbank_num"})
_LOOKS = {
    Agreement.SAME: "good",
    Agreement.DIFFERENT: "bad",
    Agreement.CHANGED_SINCE: "wait",
    Agreement.ONLY_THERE: "quiet",
    Agreement.ONLY_HERE: "quiet",
}


@dataclass(frozen=True, slots=True)
class ComparedRow:
    """One field of the comparison in words.

    `copied` and `copied_theirs` are what the copy buttons take, "" for none.
    """

    label: str | Promise
    ours: Value
    theirs: Value
    verdict: SafeString | str
    differs: bool
    because: str
    copied: str
    copied_theirs: str


@dataclass(frozen=True, slots=True)
class ComparedGroup:
    """Fields under one heading."""

    title: str | Promise
    rows: list[ComparedRow]


def comparison(payment: Payment) -> dict[str, object]:
    """The order and the answer that matters, for the template."""
    compared = selector.comparison(payment)
    answer, fields = compared.event, compared.fields
    return {
        "answered": moment(answer.recorded_at) if answer else "",
        "compared": _groups(fields, answer is not None),
        "differences": sum(field.agreement is Agreement.DIFFERENT for field in fields),
        "findings": [finding.label for finding in compared.findings],
        "findings_note": answer.note if answer and compared.findings else "",
        "is_superseded": compared.is_superseded,
    }


def _groups(fields: Sequence[ComparedField], answered: bool) -> list[ComparedGroup]:
    ours = {field.name: field.ours for field in fields}
    theirs = {field.name: field.theirs for field in fields}
    rows = {field.name: _compared_row(field, ours, theirs, answered) for field in fields}
    groups = [
        ComparedGroup(title, [row for name, row in rows.items() if name in names])
        for title, names in _HEADINGS
    ]
    return [group for group in groups if group.rows]


def _compared_row(
    field: ComparedField,
    our_side: Mapping[str, object],
    their_side: Mapping[str, object],
    answered: bool,
) -> ComparedRow:
    verdicts = {
        Agreement.SAME: _("same"),
        Agreement.DIFFERENT: _("differs"),
        Agreement.CHANGED_SINCE: _("changed here since"),
        Agreement.ONLY_THERE: _("only at the gateway"),
        Agreement.ONLY_HERE: _("only here"),
    }
    is_id = field.name in _COPIED
    ours, theirs = (str(value or "") if is_id else "" for value in (field.ours, field.theirs))
    verdict = badge(_LOOKS[field.agreement], verdicts[field.agreement]) if answered else ""
    return ComparedRow(
        label=field.label,
        ours=compared_value(field.name, field.ours, our_side),
        theirs=compared_value(field.name, field.theirs, their_side) if answered else NOTHING,
        verdict=verdict,
        differs=field.agreement is Agreement.DIFFERENT,
        because="; ".join(str(finding.label) for finding in field.findings),
        copied=ours,
        copied_theirs=theirs if theirs != ours else "",
    )

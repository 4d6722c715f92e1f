"""The columns of the movements' file, declared once.

To add a column: a `Field` here, in its place, whose cell does without its row (`shared.cells`).
Amounts are signed, times are in Korea, codes are the gateway's own or the filters'.
"""

from datetime import date
from typing import Any

from django.db.models import Case, F, Value, When
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from import_export.fields import Field

from payments.admin.shared.cells import (
    Cell,
    FlagCell,
    MomentCell,
    PlainResource,
    TextCell,
    WonCell,
)
from payments.filters.movements import Attempt
from payments.states import MovementKind


class DayCell(Cell):
    """2022-11-29: a day to a spreadsheet, too, which adds up by it."""

    def render(self, value: date, obj: Any = None, **kwargs: Any) -> str:
        return value.isoformat()


class _KindCell(TextCell):
    """The kind in the words of whoever takes the file: while it streams, nobody's are active."""

    def __init__(self) -> None:
        super().__init__()
        self.words: dict[str, str] = {}

    def plain(self, value: Any) -> str:
        return super().plain(self.words.get(value, value))


class _ApprovalCell(TextCell):
    """The approval number of the order's own attempt; nobody keeps that of another."""

    def asked(self, attribute: str) -> Any:
        return Case(When(is_own=True, then=F(attribute)), default=Value(""))


def _text(attribute: str, header: Any) -> Any:
    return Field(attribute, header, TextCell())


class MovementResource(PlainResource):
    """One movement as one row."""

    def __init__(self) -> None:
        super().__init__()
        # The fields of this instance: import-export copies them for each one.
        words = self.fields["kind_words"].widget.words
        words |= {kind.value: str(kind.label) for kind in MovementKind}

    happened_at = Field("happened_at", _("happened"), MomentCell())
    day = Field("day", pgettext_lazy("movements", "day in Korea"), DayCell())
    kind = _text("kind", pgettext_lazy("movements", "kind"))
    kind_words = Field("kind", pgettext_lazy("movements", "kind in words"), _KindCell())
    amount = Field("amount", pgettext_lazy("movement", "amount"), WonCell())
    merchant_uid = _text("payment__merchant_uid", _("order number"))
    imp_uid = _text("imp_uid", _("PortOne payment id"))
    attempt = Field(
        "is_own", pgettext_lazy("movements", "attempt"), FlagCell(Attempt.OWN, Attempt.OTHER)
    )
    test = Field("is_test", _("test payment"), FlagCell("test"))
    pay_method = _text("pay_method", _("payment method"))
    pg_provider = _text("pg_provider", _("PG"))
    pg_id = _text("pg_id", _("MID"))
    pg_tid = _text("pg_tid", _("PG transaction id"))
    apply_num = Field("payment__apply_num", _("approval number"), _ApprovalCell())
    reason = _text("reason", _("reason"))
    external_id = _text("external_id", _("cancellation id"))
    derived = Field("is_derived", _("derived from a sum"), FlagCell("derived"))
    observed_at = Field("observed_at", _("learnt"), MomentCell())

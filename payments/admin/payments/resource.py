"""The columns of an export, declared once.

To add a column: a `Field` here, in its place; one that says who somebody is takes a `PersonalCell`,
which masks by default. The cells that every export shares, and what makes text safe
for spreadsheets, are in `shared.cells`.

import-export reads a payment, walks to the attribute and renders it, cell by cell. `blocks` gives
the same cells from the same fields column by column, without a payment in between. A test compares
the two.
"""

from typing import Any

from django.db.models import Case, F, Value, When
from django.utils.translation import gettext_lazy as _
from import_export.fields import Field

from payments.admin.shared.cells import (
    CountCell,
    FlagCell,
    MomentCell,
    PlainResource,
    TextCell,
    WonCell,
)
from payments.core.masking import mask, mask_email
from payments.models import Payment
from payments.selectors.payments.flags import is_flagged, shown, shown_in_database
from payments.states import APPROVED


class PersonalCell(TextCell):
    """Who somebody is: masked, unless the export is one with personal data."""

    unmasked = False

    def plain(self, value: Any) -> str:
        text = "" if value is None else str(value)
        return super().plain(text if self.unmasked or not text else self.masked(text))

    def masked(self, text: str) -> str:
        """What of it may stand in any file."""
        return mask(text)


class EmailCell(PersonalCell):
    """An e-mail."""

    def masked(self, text: str) -> str:
        return mask_email(text)


class NetCell(WonCell):
    """`Payment.net_amount`, worked out by the database."""

    def asked(self, attribute: str) -> Any:
        came_in = When(status__in=APPROVED, then=F("amount") - F("cancelled_amount"))
        return Case(came_in, default=Value(0))


class VerificationCell(TextCell):
    """What the list's badge says, as a code: the flag, or else what the last question brought."""

    def asked(self, attribute: str) -> Any:
        return shown_in_database()


def _text(attribute: str, header: Any) -> Any:
    return Field(attribute, header, TextCell())


def _won(attribute: str, header: Any) -> Any:
    return Field(attribute, header, WonCell())


def _moment(attribute: str, header: Any) -> Any:
    return Field(attribute, header, MomentCell())


class PaymentResource(PlainResource):
    """One payment as one row. Statuses and methods are the gateway's own strings."""

    def __init__(self, *, unmasked: bool = False) -> None:
        super().__init__()
        # The fields of this instance: import-export copies them for each one.
        for field in self.fields.values():
            if isinstance(field.widget, PersonalCell):
                field.widget.unmasked = unmasked

    merchant_uid = _text("merchant_uid", _("order number"))
    imp_uid = _text("imp_uid", _("PortOne payment id"))
    status = _text("status", _("status"))
    name = _text("name", _("order name"))
    customer = Field("user__email", _("customer's e-mail"), EmailCell())
    buyer_name = Field("buyer_name", _("buyer's name"), PersonalCell())
    buyer_tel = Field("buyer_tel", _("buyer's phone"), PersonalCell())
    depositor_name = Field("depositor_name", _("depositor's name"), PersonalCell())
    amount = _won("amount", _("amount"))
    cancelled_amount = _won("cancelled_amount", _("refunded amount"))
    net = Field("net_amount", _("net amount"), NetCell())
    currency = _text("currency", _("currency"))
    pay_method = _text("pay_method", _("payment method"))
    pg_provider = _text("pg_provider", _("PG"))
    pg_id = _text("pg_id", _("MID"))
    pg_tid = _text("pg_tid", _("PG transaction id"))
    apply_num = _text("apply_num", _("approval number"))
    card_name = _text("card_name", _("card company"))
    card_first6 = _text("card_first6", _("card's first digits"))
    card_last4 = _text("card_last4", _("card's last digits"))
    card_quota = Field("card_quota", _("instalments"), CountCell())
    bank_name = _text("bank_name", _("bank of the transfer"))
    escrow = Field("escrow", _("escrow"), FlagCell("escrow"))
    is_test = Field("is_test", _("test payment"), FlagCell("test"))
    requested_at = _moment("requested_at", _("ordered"))
    paid_at = _moment("paid_at", _("payment date"))
    cancelled_at = _moment("cancelled_at", _("refunded at"))
    cancel_reason = _text("cancel_reason", _("reason of the refund"))
    failed_at = _moment("failed_at", _("failed at"))
    fail_reason = _text("fail_reason", _("reason of failure"))
    verification = Field("verification", _("verification"), VerificationCell())

    def dehydrate_verification(self, payment: Payment) -> str:
        """Where import-export reads a payment: a cell would not see whether it is flagged."""
        return shown(payment, flagged=is_flagged(payment)).value

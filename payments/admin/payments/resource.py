"""The columns of an export, declared once.

To add a column: a `Field` here, in its place; one that says who somebody is takes `EmailCell` or a
cell like it, which masks by default. The cells that every export shares, and what makes text safe
for spreadsheets, are in `shared.cells`.

import-export reads a payment, walks to the attribute and renders it, cell by cell. `blocks` gives
the same cells from the same fields column by column, without a payment in between. A test compares
the two.
"""

from typing import Any

from django.db.models import Case, F, Value, When
from django.utils.translation import gettext_lazy as _
from import_export.fields import Field

from payments.admin.shared.cells import MomentCell, PlainResource, TextCell, WonCell
from payments.core.masking import mask_email
from payments.states import APPROVED


class EmailCell(TextCell):
    """An e-mail: masked, unless the export is one with personal data."""

    unmasked = False

    def plain(self, value: Any) -> str:
        text = "" if value is None else str(value)
        return super().plain(text if self.unmasked or not text else mask_email(text))


class NetCell(WonCell):
    """`Payment.net_amount`, worked out by the database."""

    def asked(self, attribute: str) -> Any:
        came_in = When(status__in=APPROVED, then=F("amount") - F("cancelled_amount"))
        return Case(came_in, default=Value(0))


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
        self.fields["customer"].widget.unmasked = unmasked

    merchant_uid = _text("merchant_uid", _("order number"))
    imp_uid = _text("imp_uid", _("PortOne payment id"))
    status = _text("status", _("status"))
    name = _text("name", _("order name"))
    customer = Field("user__email", _("customer's e-mail"), EmailCell())
    amount = _won("amount", _("amount"))
    cancelled_amount = _won("cancelled_amount", _("refunded amount"))
    net = Field("net_amount", _("net amount"), NetCell())
    currency = _text("currency", _("currency"))
    pay_method = _text("pay_method", _("payment method"))
    pg_provider = _text("pg_provider", _("PG"))
    apply_num = _text("apply_num", _("approval number"))
    requested_at = _moment("requested_at", _("ordered"))
    paid_at = _moment("paid_at", _("payment date"))
    cancelled_at = _moment("cancelled_at", _("refunded at"))
    failed_at = _moment("failed_at", _("failed at"))
    fail_reason = _text("fail_reason", _("reason of failure"))
    verification = _text("verification", _("verification"))

"""The columns of an export, declared once.

To add a column: a `Field` here, in its place; one that says who somebody is takes `EmailCell` or a
cell like it, which masks by default. Cells of text are made safe for spreadsheets by
`guarded`; amounts stay numbers; times are ISO 8601 in Korea.

import-export reads a payment, walks to the attribute and renders it, cell by cell. `blocks` gives
the same cells from the same fields column by column, without a payment in between: a `Cell` says
what to ask the database for (`asked`) and what to make of it (`plain`). A test compares the two.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice
from typing import Any

from django.db.models import Case, F, QuerySet, Value, When
from django.utils.translation import gettext_lazy as _
from import_export.fields import Field
from import_export.resources import Resource
from import_export.widgets import Widget

from payments.core.db.functions import UnixSecond
from payments.core.kst import iso, iso_of_unix
from payments.core.masking import mask_email
from payments.models import Payment
from payments.selectors.payments.totals import APPROVED

# A spreadsheet runs a cell that starts with one of these, also after blanks; the wide forms too.
# import-export's own escaping cuts the sign off (and only "="), which changes the data.
_RISKY = re.compile(r"[\s\u200b\ufeff]*[=+\-@＝＋－＠]|[^\S\t\r\n]*[\t\r\n]")


def guarded(text: str) -> str:
    """The text, with an apostrophe before it if a spreadsheet could take it for a formula."""
    return f"'{text}" if _RISKY.match(text) else text


class Cell(Widget):  # type: ignore[misc]
    """A cell that can do without its payment."""

    def asked(self, attribute: str) -> Any:
        """What to ask the database for, in the place of the payment's attribute."""
        return F(attribute)

    def plain(self, value: Any) -> Any:
        """The cell for what the database answered; what `render` makes of the attribute."""
        return self.render(value)


class TextCell(Cell):
    """Text that no spreadsheet runs."""

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        return self.plain(value)

    def plain(self, value: Any) -> str:
        text = "" if value is None else str(value)
        # Most text starts with a letter or a digit, and no formula does.
        return text if text[:1].isalnum() else guarded(text)


class EmailCell(TextCell):
    """An address: masked, unless the export is one with personal data."""

    unmasked = False

    def plain(self, value: Any) -> str:
        text = "" if value is None else str(value)
        return super().plain(text if self.unmasked or not text else mask_email(text))


class WonCell(Cell):
    """A plain integer."""

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> int:
        return int(value)


class NetCell(WonCell):
    """`Payment.net_amount`, worked out by the database."""

    def asked(self, attribute: str) -> Any:
        came_in = When(status__in=APPROVED, then=F("amount") - F("cancelled_amount"))
        return Case(came_in, default=Value(0))


class MomentCell(Cell):
    """2022-11-29T12:15:57+09:00."""

    def render(self, value: datetime | None, obj: Any = None, **kwargs: Any) -> str:
        return iso(value)

    def asked(self, attribute: str) -> Any:
        return UnixSecond(attribute)

    def plain(self, value: int | None) -> str:
        return "" if value is None else iso_of_unix(value)


def _text(attribute: str, header: Any) -> Any:
    return Field(attribute, header, TextCell())


def _won(attribute: str, header: Any) -> Any:
    return Field(attribute, header, WonCell())


def _moment(attribute: str, header: Any) -> Any:
    return Field(attribute, header, MomentCell())


class PaymentResource(Resource):  # type: ignore[misc]
    """One payment as one row. Statuses and methods are the gateway's own strings."""

    def __init__(self, *, unmasked: bool = False) -> None:
        super().__init__()
        # The fields of this instance: import-export copies them for each one.
        self.fields["customer"].widget.unmasked = unmasked

    def blocks(self, payments: QuerySet[Payment], size: int) -> Iterator[Iterable[tuple[Any, ...]]]:
        """The rows of the file, in blocks of `size`."""
        fields = [(field.attribute, field.widget) for field in self.get_export_fields()]
        asked = (cell.asked(attribute) for attribute, cell in fields)
        rows = iter(payments.values_list(*asked).iterator(chunk_size=size))
        plain = [cell.plain for _attribute, cell in fields]
        while block := list(islice(rows, size)):
            columns = zip(*block, strict=True)
            yield zip(*map(map, plain, columns), strict=True)

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

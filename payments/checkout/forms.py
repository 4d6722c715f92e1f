"""What a browser may send: for each way in, a form of named texts.

To take another field, add a `Text` to the form of its endpoint, or a `Cut` for text that is only
kept. A field that no form names (an amount, say) is refused by `json_view`, not ignored.
"""

import re
import unicodedata
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from payments.core.text import REPLACEMENT, clean, composed, plain

# Blanks, dots, brackets and every sign that people take for a dash; the last is a Korean letter,
# as NFKC has it.
_BETWEEN_DIGITS = r"[\s.,\-()/_~·\u2010-\u2015\u2212ー\u1173]+"


class Text(forms.CharField):
    """Text of at most `limit` characters without blank ends, "" where it was left out.

    A customer knows it by its label; the message "invalid" says what to write where `pattern`
    fails. Messages are about a `name`, which whoever holds the form puts in.
    """

    default_error_messages = {
        "required": _("“%(name)s” is missing."),
        "type": _("“%(name)s” must be text in quotes."),
        "max_length": _("“%(name)s” is longer than %(limit)s characters."),
        "invalid": _("“%(name)s” holds characters that it can't have."),
    }

    def __init__(self, limit: int, *, pattern: str = "", **options: Any) -> None:
        super().__init__(**options)
        self.limit, self.pattern = limit, pattern

    def to_python(self, value: object) -> str:
        if not isinstance(value, str | None):
            raise ValidationError(self.error_messages["type"])
        return composed(value or "").strip()

    def run_validators(self, value: str) -> None:
        if len(value) > self.limit:
            raise ValidationError(self.error_messages["max_length"], params={"limit": self.limit})
        matches = not (self.pattern and value) or re.fullmatch(self.pattern, value)
        # What no database takes (NUL, half a surrogate) is in no honest field, nor what stands in
        # its place since the request was read.
        if not matches or clean(value) != value or REPLACEMENT in value:
            raise ValidationError(self.error_messages["invalid"])


class Cut(Text):
    """Text that is only kept: shortened and cleaned instead of refused."""

    def to_python(self, value: object) -> str:
        return clean(super().to_python(value), self.limit)

    def run_validators(self, value: str) -> None:
        """None: what a PG's words hold must not cost the ids beside them."""


class Id(Text):
    """An id of the window's, "" for the words by which scripts say that they have none."""

    def to_python(self, value: object) -> str:
        text = super().to_python(value)
        return "" if text.lower() in {"null", "undefined", "none", "nan"} else text


class Phone(Text):
    """A Korean phone number as people write it, kept in digits and dashes.

    Blanks, dots and brackets separate as a dash does; 82, with or without a plus, stands for the
    leading 0; digits may be wide ones. What comes along with a copy and nobody sees is left out.
    """

    def to_python(self, value: object) -> str:
        text = unicodedata.normalize("NFKC", plain(super().to_python(value)))
        text = re.sub(r"^\(?(?:\+|00)? ?82\)?[\s.\-]*(?:\(0\)|0)?", "0", text)
        return re.sub(_BETWEEN_DIGITS, "-", text).strip("-")


class StartForm(forms.Form):
    product = Text(50)
    price = Text(13, pattern="[0-9]+", required=False)
    pay_method = Text(20)
    checkout_key = Text(64)
    buyer_tel = Phone(
        16,
        pattern=r"0[0-9]{1,3}-?[0-9]{3,4}-?[0-9]{4}",
        label=_("Mobile number"),
        error_messages={
            "invalid": _("Write the mobile number in digits and dashes: 010-1234-5678.")
        },
    )
    buyer_name = Text(16, required=False, label=_("Name (optional)"))


class CompleteForm(forms.Form):
    merchant_uid = Text(40)
    imp_uid = Id(32)


class GiveUpForm(forms.Form):
    merchant_uid = Text(40)
    imp_uid = Cut(32, required=False)
    error_code = Cut(64, required=False)
    error_msg = Cut(300, required=False)


class ReturnForm(forms.Form):
    """The query of the window's return. Either id will do."""

    merchant_uid = Id(40, required=False)
    imp_uid = Id(32, required=False)
    error_code = Cut(300, required=False)
    error_msg = Cut(300, required=False)

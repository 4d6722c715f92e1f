"""The one table of what a payment tells: limit, whose column holds it, what fills that, its mask.

Parsing checks by it, an answer fills our columns by it, the ledger masks by it, and tests hold the
columns of our tables against it. To read another text of the gateway: declare it in `schemas`, and
give it a line in `TEXTS`; a number or a flag that a column holds, or a part of a text, gets a line
in `VALUES`. What has no line is none of our business: its name is kept, its value is not.
"""

from dataclasses import dataclass
from enum import Enum


class TooLong(Enum):
    """What a text means that is longer than its limit."""

    MALFORMED = "malformed"  # an id or a code: cut, it would be another one's
    CUT = "cut"  # words for people
    ABSENT = "absent"  # an address: half of it leads nowhere


class Mask(Enum):
    """What of a text may stand in a row that is kept for good."""

    NONE = "none"  # all: it proves something and names nobody
    SCRUBBED = "scrubbed"  # free text: what looks personal is taken out
    ENDS = "ends"  # says who somebody is: enough to tell two apart
    EMAIL = "email"
    CARD = "card"  # the first six and the last four digits, as on a receipt
    ALL = "all"  # may hold anything, and proves nothing


class Fill(Enum):
    """How an answer about a payment's own attempt fills its column.

    By whatever it tells; what it does not tell is left as an earlier one told it.
    """

    NOT = "not"  # no column, or one that only a step of the payment sets
    LEDGER = "ledger"  # a fact: through the ledger, so that the audit rebuilds it
    ASIDE = "aside"  # says who somebody is: outside the ledger, so that it can be erased


@dataclass(frozen=True, slots=True)
class Text:
    """A text of the gateway's payment, by the gateway's name (contract 3).

    `limit` in characters. `column` is the field of our payment that holds it, "" if none does.
    """

    name: str
    limit: int
    column: str = ""
    too_long: TooLong = TooLong.MALFORMED
    mask: Mask = Mask.NONE
    fill: Fill = Fill.NOT


@dataclass(frozen=True, slots=True)
class Value:
    """Anything else that a column of our payment holds, by its name in `schemas`.

    `limit` in characters, or the greatest number.
    """

    name: str
    limit: int
    column: str
    fill: Fill = Fill.LEDGER


TEXTS = (
    Text("imp_uid", 32, "imp_uid"),
    Text("merchant_uid", 40, "merchant_uid"),
    Text("status", 16, "status"),
    Text("currency", 3, "currency"),
    Text("pay_method", 20, "pay_method", fill=Fill.LEDGER),
    Text("channel", 16, too_long=TooLong.CUT),
    Text("pg_provider", 16, "pg_provider", fill=Fill.LEDGER),
    Text("emb_pg_provider", 16, too_long=TooLong.CUT),
    Text("pg_tid", 64, "pg_tid", fill=Fill.LEDGER),
    Text("pg_id", 80, "pg_id", fill=Fill.LEDGER),
    Text("apply_num", 20, "apply_num", fill=Fill.LEDGER),
    Text("bank_code", 16, "bank_code", TooLong.ABSENT, fill=Fill.LEDGER),
    Text("bank_name", 40, "bank_name", TooLong.CUT, fill=Fill.LEDGER),
    Text("card_code", 16, "card_code", TooLong.ABSENT, fill=Fill.LEDGER),
    Text("card_name", 40, "card_name", TooLong.CUT, fill=Fill.LEDGER),
    Text("card_issuer_code", 16, too_long=TooLong.CUT),
    Text("card_issuer_name", 40, too_long=TooLong.CUT),
    Text("card_publisher_code", 16, too_long=TooLong.CUT),
    Text("card_publisher_name", 40, too_long=TooLong.CUT),
    Text("card_number", 40, too_long=TooLong.CUT, mask=Mask.CARD),
    Text("vbank_code", 16, too_long=TooLong.CUT),
    Text("vbank_name", 40, "vbank_name", TooLong.CUT, fill=Fill.LEDGER),
    Text("vbank_num", 32, "vbank_num", fill=Fill.LEDGER),
    Text("vbank_holder", 40, "vbank_holder", TooLong.CUT, Mask.ENDS, Fill.LEDGER),
    Text("name", 40, "name", TooLong.CUT, Mask.SCRUBBED),
    Text("buyer_name", 100, "buyer_name", TooLong.CUT, Mask.ENDS, Fill.ASIDE),
    Text("buyer_email", 254, too_long=TooLong.CUT, mask=Mask.EMAIL),
    Text("buyer_tel", 40, "buyer_tel", TooLong.CUT, Mask.ENDS, Fill.ASIDE),
    Text("buyer_addr", 255, too_long=TooLong.CUT, mask=Mask.ENDS),
    Text("buyer_postcode", 16, too_long=TooLong.CUT, mask=Mask.ENDS),
    Text("custom_data", 10_000, too_long=TooLong.ABSENT, mask=Mask.ALL),
    Text("user_agent", 500, too_long=TooLong.CUT, mask=Mask.ENDS),
    Text("fail_reason", 255, "fail_reason", TooLong.CUT, Mask.SCRUBBED),
    Text("cancel_reason", 256, "cancel_reason", TooLong.CUT, Mask.SCRUBBED, Fill.LEDGER),
    Text("receipt_url", 500, "receipt_url", TooLong.ABSENT, fill=Fill.LEDGER),
    Text("customer_uid", 80, too_long=TooLong.CUT, mask=Mask.ENDS),
    Text("customer_uid_usage", 40, too_long=TooLong.CUT),
)
# Of an entry of `cancel_history` (contract 3.4).
REFUND_TEXTS = (
    Text("cancellation_id", 64),
    Text("pg_tid", 64),
    Text("reason", 256, "", TooLong.CUT, Mask.SCRUBBED),
    Text("receipt_url", 500, "", TooLong.ABSENT),
)
# Of an entry of `deposit_history` (contract 3.9).
DEPOSITOR = Text("depositor_name", 100, "depositor_name", TooLong.CUT, Mask.ENDS, Fill.ASIDE)
VALUES = (
    Value("card_first6", 6, "card_first6"),
    Value("card_last4", 4, "card_last4"),
    Value("card_quota", 99, "card_quota"),
    Value("escrow", 1, "escrow"),
    Value("sandbox", 1, "is_test"),
)
# Numbers, times and flags: nothing in them names anybody.
WHOLE = frozenset(
    {
        "amount",
        "cancel_amount",
        "sandbox",
        "escrow",
        "card_quota",
        "card_type",
        "vbank_date",
        "vbank_issued_at",
        "started_at",
        "paid_at",
        "failed_at",
        "cancelled_at",
        "cash_receipt_issued",
    }
)
WHOLE_OF_REFUND = ("amount", "cancelled_at")
# Refunds of one payment; PGs allow nine parts or so (contract 7.3).
REFUNDS_AT_MOST = 500

BY_NAME = {text.name: text for text in TEXTS}
BY_NAME_OF_REFUND = {text.name: text for text in REFUND_TEXTS}
MASKS = {text.name: text.mask for text in (*TEXTS, DEPOSITOR)}
LIMITS = {field.name: field.limit for field in (*TEXTS, *VALUES)}
_COLUMNS = (*TEXTS, DEPOSITOR, *VALUES)
# Our columns with the names of what fills them.
FACTS = {field.column: field.name for field in _COLUMNS if field.fill is Fill.LEDGER}
NAMING_FACTS = {
    text.column for text in TEXTS if text.fill is Fill.LEDGER and text.mask is Mask.ENDS
}
ASIDE = {field.column: field.name for field in _COLUMNS if field.fill is Fill.ASIDE}
# What says who somebody is: taken out of the free texts of the same answer, too.
_NAMING = {Mask.ENDS, Mask.EMAIL, Mask.CARD}
PERSONAL = tuple(text.name for text in TEXTS if text.mask in _NAMING)
FREE = tuple(text.name for text in TEXTS if text.mask is Mask.SCRUBBED)

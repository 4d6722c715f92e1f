"""The one table of the texts of a payment: how long each may be, whose column holds it, its mask.

Parsing checks by it, the ledger masks by it, and tests hold the columns of our tables against it.
To read another text of the gateway: declare it in `schemas`, and give it a line in `TEXTS`. What
has no line is none of our business: its name is kept, its value is not.
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
    ALL = "all"  # may hold anything, and proves nothing


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


TEXTS = (
    Text("imp_uid", 32, "imp_uid"),
    Text("merchant_uid", 40, "merchant_uid"),
    Text("status", 16, "status"),
    Text("currency", 3, "currency"),
    Text("pay_method", 20, "pay_method"),
    Text("channel", 16, too_long=TooLong.CUT),
    Text("pg_provider", 16, "pg_provider"),
    Text("emb_pg_provider", 16, too_long=TooLong.CUT),
    Text("pg_tid", 64),
    Text("pg_id", 80),
    Text("apply_num", 20, "apply_num"),
    Text("bank_code", 16, too_long=TooLong.CUT),
    Text("bank_name", 40, too_long=TooLong.CUT),
    Text("card_code", 16, too_long=TooLong.CUT),
    Text("card_name", 40, too_long=TooLong.CUT),
    Text("card_issuer_code", 16, too_long=TooLong.CUT),
    Text("card_issuer_name", 40, too_long=TooLong.CUT),
    Text("card_publisher_code", 16, too_long=TooLong.CUT),
    Text("card_publisher_name", 40, too_long=TooLong.CUT),
    Text("card_number", 40, too_long=TooLong.CUT, mask=Mask.ENDS),
    Text("vbank_code", 16, too_long=TooLong.CUT),
    Text("vbank_name", 40, "vbank_name", TooLong.CUT),
    Text("vbank_num", 32, "vbank_num"),
    Text("vbank_holder", 40, "vbank_holder", TooLong.CUT, Mask.ENDS),
    Text("name", 40, "name", TooLong.CUT, Mask.SCRUBBED),
    Text("buyer_name", 100, too_long=TooLong.CUT, mask=Mask.ENDS),
    Text("buyer_email", 254, too_long=TooLong.CUT, mask=Mask.EMAIL),
    Text("buyer_tel", 40, too_long=TooLong.CUT, mask=Mask.ENDS),
    Text("buyer_addr", 255, too_long=TooLong.CUT, mask=Mask.ENDS),
    Text("buyer_postcode", 16, too_long=TooLong.CUT, mask=Mask.ENDS),
    Text("custom_data", 10_000, too_long=TooLong.ABSENT, mask=Mask.ALL),
    Text("user_agent", 500, too_long=TooLong.CUT, mask=Mask.ENDS),
    Text("fail_reason", 255, "fail_reason", TooLong.CUT, Mask.SCRUBBED),
    Text("cancel_reason", 256, "", TooLong.CUT, Mask.SCRUBBED),
    Text("receipt_url", 500, "receipt_url", TooLong.ABSENT),
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
LIMITS = {text.name: text.limit for text in TEXTS}
# What says who somebody is: taken out of the free texts of the same answer, too.
PERSONAL = tuple(text.name for text in TEXTS if text.mask in {Mask.ENDS, Mask.EMAIL})
FREE = tuple(text.name for text in TEXTS if text.mask is Mask.SCRUBBED)

"""What the client hands out: frozen values with the contract's own field names.

Amounts are whole won in `int`; other currencies may carry a fraction and then are `Decimal`. Times
are unix seconds (UTC) in `int`, 0 = never. Text that the gateway left out or sent as null is "".
To add a field, declare it with its type and an "absent" default: `parsing` reads it by its type.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any

Amount = int | Decimal

# The time under which a list by status files a payment, by its status; any other: started_at.
FILED_BY = {"paid": "paid_at", "failed": "failed_at", "cancelled": "cancelled_at"}


class PrepareOutcome(StrEnum):
    """How a pre-registration came to be."""

    REGISTERED = "registered"
    ALREADY_REGISTERED = "already_registered"
    AMENDED = "amended"


@dataclass(frozen=True, slots=True)
class Prepared:
    """The amount that the gateway holds a merchant_uid to (contract 2.1).

    `currency` None means that the gateway does not check the currency.
    """

    merchant_uid: str
    amount: Amount
    currency: str | None
    outcome: PrepareOutcome


@dataclass(frozen=True, slots=True, repr=False)
class RefundAccount:
    """Where a deposit goes back to (contract 2.7). `bank` is the PG's own bank code.

    Only `cancel` takes it, which waits for refunds.
    """

    holder: str
    bank: str
    account: str
    tel: str = ""

    def __post_init__(self) -> None:
        for name, limit in (("holder", 16), ("bank", 4), ("account", 16), ("tel", 16)):
            value = getattr(self, name)
            if not isinstance(value, str) or len(value) > limit:
                raise ValueError(f"refund {name} must be text of at most {limit} characters")
            if name != "tel" and not value.strip():
                raise ValueError(f"refund {name} is missing")

    def params(self) -> dict[str, str]:
        """The fields as the cancel call names them."""
        params = {
            "refund_holder": self.holder,
            "refund_bank": self.bank,
            "refund_account": self.account,
        }
        return params | ({"refund_tel": self.tel} if self.tel else {})

    def __repr__(self) -> str:
        return "RefundAccount(...)"


@dataclass(frozen=True, slots=True, repr=False)
class Cancellation:
    """One entry of a payment's cancel_history (contract 3.4). `amount` is of this cancel only."""

    amount: Amount
    cancelled_at: int = 0
    cancellation_id: str = ""
    reason: str = ""
    pg_tid: str = ""
    receipt_url: str = ""

    def __repr__(self) -> str:
        return f"Cancellation({self.cancellation_id!r}, {self.amount}, at {self.cancelled_at})"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class GatewayPayment:
    """One payment attempt as the gateway tells it (contract 3).

    `amount` is the original amount and never changes; `cancel_amount` is what was refunded so far.
    A partial refund makes `status` "cancelled" too. `status` and `pay_method` are open sets. `raw`
    is the answer as it came, personal data included: mask it before keeping it.
    """

    imp_uid: str
    merchant_uid: str
    status: str
    amount: Amount
    cancel_amount: Amount
    currency: str
    sandbox: bool

    pay_method: str = ""
    channel: str = ""
    pg_provider: str = ""
    emb_pg_provider: str = ""
    pg_tid: str = ""
    pg_id: str = ""
    escrow: bool | None = None  # None: not told
    apply_num: str = ""
    bank_code: str = ""
    bank_name: str = ""
    card_code: str = ""
    card_name: str = ""
    card_issuer_code: str = ""
    card_issuer_name: str = ""
    card_publisher_code: str = ""
    card_publisher_name: str = ""
    card_quota: int | None = None  # months, 0 = lump sum, None = nothing of a card is told
    card_number: str = ""
    # What of the number may be kept: its two ends, as far as they are told.
    card_first6: str = ""
    card_last4: str = ""
    card_type: int | None = None  # 0 credit, 1 check, None = the PG does not say
    vbank_code: str = ""
    vbank_name: str = ""
    vbank_num: str = ""
    vbank_holder: str = ""
    vbank_date: int = 0  # the deposit's deadline
    vbank_issued_at: int = 0
    name: str = ""
    buyer_name: str = ""
    buyer_email: str = ""
    buyer_tel: str = ""
    buyer_addr: str = ""
    buyer_postcode: str = ""
    custom_data: str = ""  # JSON text; never trust it
    user_agent: str = ""
    started_at: int = 0
    paid_at: int = 0  # stays set after a cancel
    failed_at: int = 0
    cancelled_at: int = 0
    fail_reason: str = ""
    cancel_reason: str = ""
    receipt_url: str = ""
    cancel_history: tuple[Cancellation, ...] = ()  # oldest first
    depositor_name: str = ""  # of the last deposit into an account that takes many
    cash_receipt_issued: bool = False
    customer_uid: str = ""
    customer_uid_usage: str = ""
    raw: Mapping[str, Any] = field(default_factory=dict, compare=False)

    @property
    def remaining(self) -> Amount:
        """What can still be refunded: amount - cancel_amount."""
        return self.amount - self.cancel_amount

    @property
    def holds_money(self) -> bool:
        """Money came in, and not all of it has gone back."""
        return self.status in {"paid", "cancelled"} and self.remaining > 0

    @property
    def filed_at(self) -> int:
        """When a list by status files it: at the time of its present status (contract 2.5)."""
        return int(getattr(self, FILED_BY.get(self.status, "started_at")))

    @property
    def is_awaiting_deposit(self) -> bool:
        """A virtual account was issued and nothing came in yet.

        "ready" alone is also a window that was opened and abandoned (contract 3.2).
        """
        return self.status == "ready" and self.pay_method == "vbank" and bool(self.vbank_num)

    def __repr__(self) -> str:
        # Names no buyer, card or account: this ends up in logs and tracebacks.
        return (
            f"GatewayPayment(imp_uid={self.imp_uid!r}, merchant_uid={self.merchant_uid!r}, "
            f"status={self.status!r}, amount={self.amount}, cancel_amount={self.cancel_amount})"
        )


@dataclass(slots=True, repr=False)
class Money:
    """Of a payment what moves money, with the same names: made in a third of the time.

    For whoever reads a million that were kept. Words are left out.
    """

    imp_uid: str
    status: str
    amount: Amount
    cancel_amount: Amount
    sandbox: bool
    pay_method: str
    pg_provider: str
    pg_id: str
    pg_tid: str
    paid_at: int
    cancelled_at: int
    cancel_history: tuple[Cancellation, ...]
    cancel_reason: str = ""
    receipt_url: str = ""

    def __repr__(self) -> str:
        return f"Money({self.imp_uid!r}, {self.status!r}, {self.amount}, {self.cancel_amount})"


@dataclass(frozen=True, slots=True, repr=False)
class Unreadable:
    """A row that can't be read, set aside so that it hides none of the others.

    `imp_uid` and `status` are "" and `filed_at` is 0 where not even that can be read. `place` says
    where it stands in its list, for people; `fingerprint` tells two rows without an id apart.
    """

    why: str
    imp_uid: str = ""
    status: str = ""
    filed_at: int = 0
    fingerprint: str = ""
    place: str = ""

    @property
    def name(self) -> str:
        """What it is called where somebody has to look: its id, or its place."""
        return self.imp_uid or self.place

    def __repr__(self) -> str:
        return f"Unreadable({self.name!r}, {self.why!r})"


Row = GatewayPayment | Unreadable


@dataclass(frozen=True, slots=True)
class Batch:
    """The answer to a look-up of many ids (contract 2.3), and the ids that nothing belongs to.

    `payments` has each payment once, in no promised order. `unreadable` are rows that can't be
    read; each names an imp_uid.
    """

    payments: tuple[GatewayPayment, ...]
    missing_imp_uids: tuple[str, ...]
    missing_merchant_uids: tuple[str, ...]
    unreadable: tuple[Unreadable, ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list (contract 2.6): its rows in order, each id once.

    `size` counts what the page holds, doubles included; `total` what the whole list does.
    """

    rows: tuple[Row, ...]
    size: int
    total: int

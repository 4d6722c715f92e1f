"""The one table of what is compared between an order of ours and the gateway's payment.

Verification and its runs, reconciliation, import, the payment's page and the discrepancy's page
read it and nothing else, so none of them says "agrees" beside another that says "differs". How the
two sides are read and held against each other by it is in `comparing`; a field's limit and mask are
in `iamport.fields`.

To compare another field: a `Row` in its place (the pages show them in this order) with its `Rule`.
`finds` are the findings about it, each with its bucket in the queue. `about` are the buckets that
are marked on it (the last one is what a plain difference is called), `shows` those whose figures it
belongs to besides.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum, StrEnum
from types import MappingProxyType

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from payments.iamport.fields import MASKS, Mask
from payments.models import Bucket, Payment
from payments.states import Finding

_NO_FINDINGS: Mapping[Finding, Bucket | None] = MappingProxyType({})


class Rule(Enum):
    """What follows where the two sides do not say the same."""

    MUST_EQUAL = "must_equal"  # the order itself: nothing of an answer about another is believed
    FILL = "fill"  # the approval tells it, a later answer only what is empty; then it must equal
    FOLLOW = "follow"  # it changes rightly, and then the gateway's is taken over
    SHOW = "show"  # two sides may say it in two ways, or one alone does


class Kind(Enum):
    """How a value is read and shown."""

    TEXT = "text"
    WON = "won"
    TIME = "time"
    FLAG = "flag"
    COUNT = "count"
    REFUNDS = "refunds"


class Group(StrEnum):
    """Under which heading it stands."""

    ORDER = "order"
    MONEY = "money"
    PAYMENT = "payment"
    VBANK = "vbank"
    TIMES = "times"
    BUYER = "buyer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One compared field: `name` is our column, `theirs` the gateway's name in `iamport.schemas`.

    `label` where no column of a payment has one. `is_alike`: texts that are written in two ways
    and mean the same.
    """

    name: str
    theirs: str
    rule: Rule
    group: Group
    kind: Kind = Kind.TEXT
    finds: Mapping[Finding, Bucket | None] = field(default_factory=lambda: _NO_FINDINGS)
    about: tuple[Bucket, ...] = ()
    shows: tuple[Bucket, ...] = ()
    label: str | Promise | None = None
    is_alike: Callable[[str, str], bool] | None = None

    @property
    def mask(self) -> Mask:
        """What of it may stand where it is kept for good."""
        return MASKS.get(self.theirs, Mask.NONE)

    @property
    def bucket(self) -> Bucket | None:
        """What a plain difference is called in the queue."""
        return self.about[-1] if self.about else None

    @property
    def figures_of(self) -> frozenset[Bucket]:
        """Which differences it helps to show."""
        return frozenset((*self.about, *self.shows))

    @property
    def words(self) -> str | Promise:
        """What it is called on every page."""
        return self.label or Payment.label(self.name)


def _same_signs(one: str, other: str) -> bool:
    """An account number with and without dashes is one number (contract 3: `vbank_num`)."""
    return _plain(one) == _plain(other)


def _plain(number: str) -> str:
    return number.replace("-", "").replace(" ", "")


def _same_start(one: str, other: str) -> bool:
    """A PG may hide more of a card's number one time than another (contract 9#37)."""
    return one.startswith(other) or other.startswith(one)


def _same_end(one: str, other: str) -> bool:
    return one.endswith(other) or other.endswith(one)


# Spelt in two ways (contract 9#26).
_SPELLINGS = {"samsungpay": "samsung", "kakopay": "kakaopay"}


def _same_code(one: str, other: str) -> bool:
    return _SPELLINGS.get(one, one) == _SPELLINGS.get(other, other)


_MISSING = (Bucket.MISSING_HERE, Bucket.MISSING_THERE)
# What a payment's approval tells of it. Nothing in the contract lets any of these change later
# (contract 9#39), so a change is for a person to see.
_DETAIL: Mapping[Finding, Bucket | None] = MappingProxyType({Finding.DETAILS: Bucket.DETAILS})


def _detail(
    name: str,
    group: Group = Group.PAYMENT,
    *,
    kind: Kind = Kind.TEXT,
    is_alike: Callable[[str, str], bool] | None = None,
) -> Row:
    return Row(
        name=name,
        theirs=name,
        rule=Rule.FILL,
        group=group,
        kind=kind,
        finds=_DETAIL,
        about=(Bucket.DETAILS,),
        is_alike=is_alike,
    )


ROWS: tuple[Row, ...] = (
    Row(
        name="merchant_uid",
        theirs="merchant_uid",
        rule=Rule.MUST_EQUAL,
        group=Group.ORDER,
        # An answer about another order is judged against that one: here it is an event.
        finds={Finding.MERCHANT_UID: None},
        about=(Bucket.ORDER_NUMBER,),
    ),
    Row(
        name="imp_uid",
        theirs="imp_uid",
        rule=Rule.MUST_EQUAL,
        group=Group.ORDER,
        finds={
            Finding.IMP_UID: None,
            Finding.IMP_UID_TAKEN: Bucket.ORDER_NUMBER,
            Finding.SECOND_APPROVAL: Bucket.DOUBLE_APPROVAL,
        },
        about=(Bucket.DOUBLE_APPROVAL,),
        shows=(Bucket.ORDER_NUMBER, Bucket.LATE_APPROVAL),
    ),
    Row(name="name", theirs="name", rule=Rule.SHOW, group=Group.ORDER),
    Row(
        name="status",
        theirs="status",
        rule=Rule.FOLLOW,
        group=Group.ORDER,
        finds={Finding.STATUS: Bucket.STATUS, Finding.UNKNOWN_STATUS: Bucket.STATUS},
        about=(Bucket.STATUS,),
        shows=(
            *_MISSING,
            Bucket.REFUND,
            Bucket.DOUBLE_APPROVAL,
            Bucket.TEST_PAYMENT,
            Bucket.CONTRADICTION,
        ),
    ),
    Row(
        name="amount",
        theirs="amount",
        rule=Rule.MUST_EQUAL,
        group=Group.MONEY,
        kind=Kind.WON,
        finds={Finding.AMOUNT: Bucket.AMOUNT},
        about=(Bucket.AMOUNT,),
        shows=(*_MISSING, Bucket.CURRENCY, Bucket.DOUBLE_APPROVAL, Bucket.TEST_PAYMENT),
    ),
    Row(
        name="cancelled_amount",
        theirs="cancel_amount",
        rule=Rule.FOLLOW,
        group=Group.MONEY,
        kind=Kind.WON,
        finds={Finding.REFUND: Bucket.REFUND, Finding.REFUND_GONE: Bucket.REFUND},
        about=(Bucket.REFUND,),
        shows=(*_MISSING, Bucket.STATUS, Bucket.DOUBLE_APPROVAL, Bucket.CONTRADICTION),
    ),
    Row(
        name="refunds",
        theirs="cancel_history",
        rule=Rule.FOLLOW,
        group=Group.MONEY,
        kind=Kind.REFUNDS,
        finds={
            Finding.REFUND_GONE: Bucket.REFUND,
            Finding.HISTORY: Bucket.CONTRADICTION,
            Finding.TIME: Bucket.CONTRADICTION,
        },
        about=(Bucket.CONTRADICTION, Bucket.REFUND),
        label=_("single refunds"),
    ),
    Row(
        name="currency",
        theirs="currency",
        rule=Rule.MUST_EQUAL,
        group=Group.MONEY,
        finds={Finding.CURRENCY: Bucket.CURRENCY},
        about=(Bucket.CURRENCY,),
        shows=(*_MISSING, Bucket.AMOUNT),
    ),
    Row(
        name="is_test",
        theirs="sandbox",
        # Once told, it stays one (contract 9#40).
        rule=Rule.FILL,
        group=Group.PAYMENT,
        kind=Kind.FLAG,
        finds={Finding.TEST_PAYMENT: Bucket.TEST_PAYMENT, **_DETAIL},
        about=(Bucket.TEST_PAYMENT, Bucket.DETAILS),
    ),
    # What the customer chose, until the approval tells by what it was paid (contract 3.1).
    _detail("pay_method", is_alike=_same_code),
    _detail("pg_provider", is_alike=_same_code),
    _detail("pg_id"),
    _detail("pg_tid"),
    _detail("apply_num", is_alike=_same_signs),
    _detail("card_code"),
    _detail("card_name"),
    _detail("card_first6", is_alike=_same_start),
    _detail("card_last4", is_alike=_same_end),
    _detail("card_quota", kind=Kind.COUNT),
    _detail("bank_code"),
    _detail("bank_name"),
    _detail("escrow", kind=Kind.FLAG),
    Row(name="receipt_url", theirs="receipt_url", rule=Rule.FOLLOW, group=Group.PAYMENT),
    _detail("vbank_name", Group.VBANK),
    _detail("vbank_num", Group.VBANK, is_alike=_same_signs),
    _detail("vbank_holder", Group.VBANK),
    # Moved at the gateway, forward or back (contract 2.9).
    Row(
        name="vbank_due",
        theirs="vbank_date",
        rule=Rule.FOLLOW,
        group=Group.VBANK,
        kind=Kind.TIME,
    ),
    Row(
        name="requested_at",
        theirs="started_at",
        rule=Rule.SHOW,
        group=Group.TIMES,
        kind=Kind.TIME,
        finds={Finding.TIME: Bucket.CONTRADICTION},
    ),
    Row(
        name="paid_at",
        theirs="paid_at",
        rule=Rule.FILL,
        group=Group.TIMES,
        kind=Kind.TIME,
        finds={
            Finding.PAID_AT: Bucket.PAID_AT,
            Finding.NO_PAYMENT_TIME: Bucket.CONTRADICTION,
            Finding.TIME: Bucket.CONTRADICTION,
        },
        about=(Bucket.CONTRADICTION, Bucket.PAID_AT),
        shows=(Bucket.LATE_APPROVAL,),
    ),
    Row(
        name="failed_at",
        theirs="failed_at",
        rule=Rule.FOLLOW,
        group=Group.TIMES,
        kind=Kind.TIME,
        finds={Finding.TIME: Bucket.CONTRADICTION},
        about=(Bucket.CONTRADICTION,),
    ),
    Row(
        name="cancelled_at",
        theirs="cancelled_at",
        rule=Rule.FOLLOW,
        group=Group.TIMES,
        kind=Kind.TIME,
        finds={
            Finding.NO_REFUND_TIME: Bucket.CONTRADICTION,
            Finding.TIME: Bucket.CONTRADICTION,
            **_DETAIL,
        },
        about=(Bucket.CONTRADICTION, Bucket.DETAILS),
    ),
    Row(name="fail_reason", theirs="fail_reason", rule=Rule.SHOW, group=Group.TIMES),
    Row(name="cancel_reason", theirs="cancel_reason", rule=Rule.FOLLOW, group=Group.TIMES),
    Row(name="buyer_name", theirs="buyer_name", rule=Rule.SHOW, group=Group.BUYER),
    Row(name="buyer_tel", theirs="buyer_tel", rule=Rule.SHOW, group=Group.BUYER),
    Row(
        name="buyer_email",
        theirs="buyer_email",
        rule=Rule.SHOW,
        group=Group.BUYER,
        label=_("buyer's e-mail"),
    ),
    Row(name="depositor_name", theirs="depositor_name", rule=Rule.SHOW, group=Group.BUYER),
)
BY_NAME = {row.name: row for row in ROWS}
# What an approval tells for good, and what has to be the order's.
DETAILS = tuple(row for row in ROWS if Finding.DETAILS in row.finds and row.rule is Rule.FILL)
MUST_EQUAL = tuple(row for row in ROWS if row.rule is Rule.MUST_EQUAL)
# What a verification's findings are in the queue.
BUCKET_OF = {
    finding: bucket for row in ROWS for finding, bucket in row.finds.items() if bucket is not None
}
_CLAIMED = [finding for row in ROWS for finding in row.finds]
# About several fields: of these, those are meant that are not the same on both sides.
OF_SEVERAL = frozenset(finding for finding in _CLAIMED if _CLAIMED.count(finding) > 1)

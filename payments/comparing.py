"""Both sides of a payment, read by the table of compared fields and held against each other.

Pure: no database, no clock, no network. `differing` says in which fields an order and an answer
differ; the queue, the verification and the pages all ask it. What may differ in which state is
decided by `_differs` and nowhere else; a kind of value that does not exist yet is read in `_READ`.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from operator import attrgetter, itemgetter
from typing import Any, NamedTuple

from payments.core.kst import from_unix
from payments.core.masking import mask, mask_email
from payments.core.money import as_won
from payments.core.text import web_url
from payments.iamport import GatewayPayment, told_values
from payments.iamport.fields import Mask
from payments.models import Payment
from payments.states import APPROVED, MONEYLESS, PaymentStatus

from .compared_fields import BY_NAME, DETAILS, ROWS, Kind, Row, Rule

# Both clocks may be wrong by some minutes.
TOLERANCE = timedelta(minutes=15)
# "Never", as some write it: no day that a calendar has.
_LAST_YEAR = 9998

# By the names of the table; what a side does not tell is "" or None.
Values = Mapping[str, object]
# One refund: won, and the unix second, 0 where it is told nowhere.
Refund = tuple[object, int]

_BASE = (
    "imp_uid",
    "merchant_uid",
    "status",
    "amount",
    "currency",
    "cancelled_amount",
    "paid_at",
    "requested_at",
    "cancelled_at",
)
# Our columns that are compared where a million rows are.
COLUMNS = (*_BASE, *(row.name for row in DETAILS))
_OUR_BASE = attrgetter(*_BASE)
_OUR_DETAILS = attrgetter(*(row.name for row in DETAILS))
_THEIR_DETAILS = attrgetter(*(row.theirs for row in DETAILS))
# Under this name stand the PG's ids of the refunds that an answer tells.
_REFUND_IDS = "refund_ids"
_ADDRESS = "receipt_url"


class Ours(NamedTuple):
    """What is compared of a payment of ours; `details` in the order of `DETAILS`."""

    imp_uid: str | None
    merchant_uid: str
    status: str
    amount: int
    currency: str
    cancelled_amount: int
    paid_at: datetime | None
    requested_at: datetime
    cancelled_at: datetime | None = None
    details: tuple[object, ...] = ()

    @classmethod
    def of_row(cls, values: Iterable[Any]) -> "Ours":
        """Of the values of `COLUMNS`."""
        row = tuple(values)
        return cls._make((*row[: len(_BASE)], row[len(_BASE) :]))


def ours_of(payment: Payment) -> Ours:
    """What is compared of it."""
    return Ours._make((*_OUR_BASE(payment), _OUR_DETAILS(payment)))


# --- Reading -----------------------------------------------------------------------------------


def our_values(payment: Payment, *, refunds: tuple[Refund, ...] = ()) -> dict[str, object]:
    """Everything that the table names of a payment, who somebody is masked.

    `refunds` are those that stand of its own attempt.
    """
    values = {row.name: _ours(row, getattr(payment, row.name, None)) for row in ROWS}
    return values | {"refunds": refunds}


def their_values(answer: GatewayPayment) -> dict[str, object]:
    """Everything that it names of an answer."""
    return _theirs({row.theirs: getattr(answer, row.theirs) for row in ROWS})


def kept_values(answer: Mapping[str, Any]) -> dict[str, object]:
    """The same of an answer as the ledger keeps it; a field that it lacks is not told."""
    return _theirs(told_values(answer))


def _values_of(ours: Ours) -> dict[str, object]:
    values = zip(COLUMNS, (*ours[: len(_BASE)], *ours.details), strict=False)
    return {name: _ours(BY_NAME[name], value) for name, value in values}


def _ours(row: Row, value: object) -> object:
    value = "" if value is None and row.kind is Kind.TEXT else value
    return _masked(row, web_url(str(value)) if row.name == _ADDRESS else value)


def _theirs(told: Mapping[str, Any]) -> dict[str, object]:
    values = {row.name: _masked(row, _READ[row.kind](told.get(row.theirs))) for row in ROWS}
    values[_ADDRESS] = web_url(str(values[_ADDRESS]))
    history = told.get("cancel_history") or ()
    values[_REFUND_IDS] = frozenset(part.pg_tid for part in history)
    return values


def _masked(row: Row, value: object) -> object:
    """As the ledger keeps it: then two that are the same look the same."""
    if not value or not isinstance(value, str):
        return value
    match row.mask:
        case Mask.ENDS:
            return mask(value)
        case Mask.EMAIL:
            return mask_email(value)
    return value


def _won(value: Any) -> object:
    try:
        return as_won(value)
    except ValueError:
        return value


def _time(value: Any) -> object:
    when = from_unix(value) if type(value) is int else None
    # A second that no zone can show any more is shown as it came.
    return when if when is None or when.year <= _LAST_YEAR else str(value)


def _refunds(value: Any) -> tuple[Refund, ...]:
    entries = ((_won(part.amount), part.cancelled_at) for part in value or ())
    return tuple(sorted(entries, key=itemgetter(1)))


_READ: dict[Kind, Callable[[Any], object]] = {
    Kind.TEXT: lambda value: "" if value is None else str(value),
    Kind.WON: _won,
    Kind.TIME: _time,
    Kind.FLAG: lambda value: value if isinstance(value, bool) else None,
    Kind.COUNT: lambda value: value if type(value) is int else None,
    Kind.REFUNDS: _refunds,
}


def is_told(value: object) -> bool:
    """No text, no number, no time and no refund say nothing; a 0 does: a lump sum."""
    return value not in (None, "", ())


def due_of(answer: GatewayPayment, *, ordered_at: datetime) -> datetime | None:
    """Until when a deposit is waited for; None where nothing is told that can be true.

    The gateway may move it, forward and back (contract 2.9), but not to before the order, and not
    to the end of time.
    """
    due = from_unix(answer.vbank_date)
    is_credible = due is not None and ordered_at - TOLERANCE <= due and due.year <= _LAST_YEAR
    return due if is_credible else None


def are_credible(seconds: Iterable[int], *, ordered_at: datetime, now: datetime) -> bool:
    """Whether something of an order can have happened then; 0 is "never"."""
    told = list(filter(None, seconds))
    if not told:
        return True
    first, last = (ordered_at - TOLERANCE).timestamp(), (now + TOLERANCE).timestamp()
    return first <= min(told) and max(told) <= last


# --- Comparing ---------------------------------------------------------------------------------


def is_same(row: Row, ours: object, theirs: object) -> bool:
    """Whether both say the same, if need be in two ways."""
    if isinstance(ours, datetime) and isinstance(theirs, datetime):
        # The gateway tells whole seconds.
        return int(ours.timestamp()) == int(theirs.timestamp())
    if ours == theirs:
        return True
    if row.is_alike is None or not isinstance(ours, str) or not isinstance(theirs, str):
        return False
    return row.is_alike(ours, theirs)


def differing(ours: Ours, theirs: GatewayPayment) -> tuple[Row, ...]:
    """The fields in which an order and an answer about it differ, in the order of the table."""
    if _is_plainly_equal(ours, theirs):
        return ()
    return differing_values(_values_of(ours), their_values(theirs))


def _is_plainly_equal(ours: Ours, theirs: GatewayPayment) -> bool:
    """Most are; this is asked of a million, so it makes nothing to find out."""
    return (
        ours.imp_uid == theirs.imp_uid
        and ours.merchant_uid == theirs.merchant_uid
        and ours.status == theirs.status
        and ours.amount == theirs.amount
        and ours.currency == theirs.currency
        and ours.cancelled_amount == theirs.cancel_amount
        and (not ours.cancelled_at or int(ours.cancelled_at.timestamp()) == theirs.cancelled_at)
        and (not ours.paid_at or int(ours.paid_at.timestamp()) == theirs.paid_at)
        and _details_agree(ours.details, _THEIR_DETAILS(theirs))
    )


def _details_agree(ours: tuple[object, ...], theirs: tuple[object, ...]) -> bool:
    """Whether no detail that both tell is another one; a flag that is not set was never told."""
    if ours == theirs:
        return True
    for left, right in zip(ours, theirs, strict=False):
        is_another = left != right and right is not None and right != ""
        if is_another and left is not None and left != "" and left is not False:
            return False
    return True


def differing_values(ours: Values, theirs: Values) -> tuple[Row, ...]:
    """The same of both sides as they were read.

    A field that one side does not tell is no difference: an answer may be poorer than one before
    it (contract 3.10), and what is empty here is filled.
    """
    return tuple(
        row
        for row in ROWS
        if is_told(theirs.get(row.name))
        and is_told(ours.get(row.name))
        and not is_same(row, ours[row.name], theirs[row.name])
        and _differs(row, ours, theirs)
    )


def _differs(row: Row, ours: Values, theirs: Values) -> bool:
    """Whether two values that are not the same are a difference, as the two sides stand."""
    is_own = ours["imp_uid"] == theirs["imp_uid"]
    if row.name == "merchant_uid":
        return is_own
    if ours["status"] in APPROVED and not is_own:
        # Another attempt than the one that has settled the order: its own figures are its own.
        return False
    if row.name in {"amount", "currency"}:
        return True
    if row.name == "status":
        return _status_differs(str(ours["status"]), str(theirs["status"]), is_own=is_own)
    have_money = {ours["status"], theirs["status"]} <= set(APPROVED)
    if row.name == "cancelled_amount":
        return have_money
    return is_own and have_money and _detail_differs(row, ours, theirs)


def _status_differs(ours: str, theirs: str, *, is_own: bool) -> bool:
    if {ours, theirs} <= set(MONEYLESS):
        # The other way round, a window that staff or a sweep closed here stays `ready` at the
        # gateway for ever (contract 3.2).
        return is_own and (ours, theirs) == (PaymentStatus.READY, PaymentStatus.FAILED)
    return is_own or theirs not in MONEYLESS


def _detail_differs(row: Row, ours: Values, theirs: Values) -> bool:
    """Of an attempt with money: what its approval has told, and the time of its last refund."""
    if row.name == "pg_tid":
        # V1 does not say whether a refund's own id may come to stand in the payment's place
        # (contract 3.4, contract 9#39): one of these is no other payment's.
        ids = theirs[_REFUND_IDS]
        return not isinstance(ids, frozenset) or theirs["pg_tid"] not in ids
    if row.name == "cancelled_at":
        # With a history each refund is compared by itself (`services.verification.movements`).
        is_same_sum = ours["cancelled_amount"] == theirs["cancelled_amount"]
        return is_same_sum and not theirs["refunds"]
    if row.kind is Kind.FLAG and not ours[row.name]:
        # One that is not set was never told.
        return False
    return row.rule is Rule.FILL

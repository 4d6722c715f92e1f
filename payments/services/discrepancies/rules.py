"""A payment of ours beside the gateway's: in which `Bucket`s they differ, and the figures of each.

Pure: no database, no clock, no network. The reconciliation, a verification and the look at open
discrepancies all ask `differences`, so they never disagree about what a difference is. Which fields
are compared, in which bucket each is and which figures show it is said by `compared_fields`; here
is what follows for an attempt as a whole. To find another kind: a `Bucket`, the row that it is
about, and the line below that yields it if no field's difference does.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from payments.compared_fields import BUCKET_OF, BY_NAME, MUST_EQUAL, ROWS, Group, Kind, Row
from payments.comparing import (
    Ours,
    Refund,
    Values,
    differing,
    differing_values,
    our_values,
    their_values,
)
from payments.core.money import MAX_WON, WON
from payments.iamport import GatewayPayment
from payments.models import Bucket, Payment
from payments.services.verification.compare import contradictions
from payments.states import APPROVED, MONEYLESS, Finding, PaymentStatus

_ORDERED = frozenset(row.bucket for row in MUST_EQUAL)
# Which figures show a difference: as long as these stay as they were when a person accepted it, it
# stays settled. Of details, those that differ.
_SHOW = {bucket: tuple(row for row in ROWS if bucket in row.figures_of) for bucket in Bucket}


def amount_at_risk(side: Payment | GatewayPayment | None) -> int:
    """What hangs on it, in won: an amount in another currency can't be added up with won."""
    if side is None or side.currency != WON:
        return 0
    return min(int(side.amount), MAX_WON)


def differences(
    *,
    ours: Ours | None,
    theirs: GatewayPayment | None,
    accepts_test_payments: bool,
    now: datetime,
) -> tuple[Bucket, ...]:
    """In what the two sides differ; () if they agree, or if no money hangs on it.

    An answer that contradicts itself never agrees, though all its fields be equal to ours.

    `ours` is found by the imp_uid of `theirs` or else by its order number; None means that this
    side has no such payment, never that it was not asked.
    """
    if theirs is None:
        # Without an imp_uid there is nothing that the gateway could know.
        return (Bucket.MISSING_THERE,) if ours is not None and ours.imp_uid else ()
    is_ours = ours is not None and ours.imp_uid == theirs.imp_uid
    if theirs.status in MONEYLESS and not is_ours:
        return tuple(_of_open_window(ours, theirs, accepts_test_payments))
    if theirs.sandbox and not accepts_test_payments and theirs.status not in MONEYLESS:
        # It moves no money either: nothing else of it counts.
        return (Bucket.TEST_PAYMENT,)
    if ours is None:
        return (Bucket.MISSING_HERE,)
    if not is_ours and ours.status in APPROVED and theirs.status in APPROVED:
        return (*_of_another(ours, theirs), *_contradiction(ours, theirs, now))
    found = tuple(_of_fields(ours, theirs))
    # One that is not what was ordered says so: whether its times can be true is of no account.
    if _ORDERED.isdisjoint(found):
        found += _contradiction(ours, theirs, now)
    return found


def _of_another(ours: Ours, theirs: GatewayPayment) -> Iterator[Bucket]:
    """Of another attempt's money: its amount is its own, another currency adds up with nothing."""
    if theirs.holds_money:
        yield Bucket.DOUBLE_APPROVAL
        if theirs.currency != ours.currency:
            yield Bucket.CURRENCY


def _of_fields(ours: Ours, theirs: GatewayPayment) -> Iterator[Bucket]:
    """In which bucket each field is that differs, once."""
    rows = differing(ours, theirs)
    if not rows:
        return
    buckets = dict.fromkeys(row.bucket for row in rows)
    # Paid here and refunded there is a refund that we do not know of: one difference, not two.
    is_refund = Bucket.REFUND in buckets
    yield from (one for one in buckets if one and not (is_refund and one is Bucket.STATUS))


def _of_open_window(
    ours: Ours | None, theirs: GatewayPayment, accepts_test_payments: bool
) -> Iterator[Bucket]:
    """A window that was closed, a declined card: it moved no money, so nothing is missing here.

    It says nothing against the attempt that was approved. Beside an order that none has settled, it
    must be for what was ordered.
    """
    if ours is None or ours.status not in MONEYLESS or ours.merchant_uid != theirs.merchant_uid:
        return
    yield from _of_fields(ours, theirs)
    if theirs.sandbox and not accepts_test_payments:
        yield Bucket.TEST_PAYMENT


def _contradiction(ours: Ours, theirs: GatewayPayment, now: datetime) -> tuple[Bucket, ...]:
    if theirs.status not in APPROVED:
        return ()
    findings = contradictions(answer=theirs, ordered_at=ours.requested_at, now=now)
    # After a refund the time of payment may be gone (contract 9#22), if it was told before.
    may_be_gone = ours.status in APPROVED and theirs.status == PaymentStatus.CANCELLED
    is_timeless = not theirs.paid_at and not may_be_gone
    return (Bucket.CONTRADICTION,) if findings or is_timeless else ()


def is_late(*, payment: Payment) -> bool:
    """Whether money came in for an order that had failed, and not all of it has gone back."""
    return payment.late_approval and payment.net_amount > 0


def with_findings(*, buckets: Iterable[Bucket], findings: Iterable[Finding]) -> tuple[Bucket, ...]:
    """In what two sides differ, with what a verification has found besides."""
    named = (BUCKET_OF[finding] for finding in findings if finding in BUCKET_OF)
    return tuple(dict.fromkeys((*buckets, *named)))


# --- Figures -----------------------------------------------------------------------------------


def line_figures(
    *,
    bucket: Bucket,
    payment: Payment | None,
    answer: GatewayPayment | None,
    refunds: tuple[Refund, ...] = (),
) -> tuple[str, str]:
    """Of both sides the figures that show this difference, as JSON text; "" for a side without."""
    ours = our_values(payment, refunds=refunds) if payment else None
    theirs = their_values(answer) if answer else None
    rows = _SHOW[bucket]
    if bucket is Bucket.DETAILS and ours and theirs:
        rows = tuple(row for row in differing_values(ours, theirs) if bucket in row.about)
    return _shown(rows, ours, is_ours=True), _shown(rows, theirs, is_ours=False)


def is_accepted(*, line: tuple[str, str, str], accepted: Iterable[tuple[str, str, str]]) -> bool:
    """Whether a person has accepted these figures: bucket, ours, theirs.

    Of details, those that are left of what was accepted are, too. In any other difference a figure
    that was not kept when it was accepted says nothing against it.
    """
    return any(
        line[0] == other[0] and all(map(_covers, [line[0]] * 2, other[1:], line[1:]))
        for other in accepted
    )


def _covers(bucket: str, accepted: str, now: str) -> bool:
    was, figures = (json.loads(text) if text else {} for text in (accepted, now))
    known = figures if bucket == Bucket.DETAILS else was.keys() & figures.keys()
    return bool(known) == bool(figures) == bool(was) and all(
        name in was and was[name] == figures[name] for name in known
    )


def _shown(rows: Iterable[Row], values: Values | None, *, is_ours: bool) -> str:
    kept = [row.name for row in rows if _is_kept(row, is_ours)]
    figures = {name: values[name] for name in kept} if values else {}
    return _text(figures) if figures else ""


def _is_kept(row: Row, is_ours: bool) -> bool:
    """Of ours nobody by name: it can be erased."""
    return not is_ours or row.group is not Group.BUYER


def our_figures(*, payment: Payment | None, refunds: tuple[Refund, ...] = ()) -> str:
    """Our side as JSON text; "" where there is none. The same facts give the same text."""
    values = our_values(payment, refunds=refunds) if payment else None
    return _shown(ROWS, values, is_ours=True)


def their_figures(answer: GatewayPayment | None) -> str:
    """The gateway's side as JSON text with personal data masked; "" where there is none."""
    return _shown(ROWS, their_values(answer) if answer else None, is_ours=False)


def _text(figures: Mapping[str, Any]) -> str:
    written = {name: _written(BY_NAME[name], value) for name, value in figures.items()}
    return json.dumps(written, sort_keys=True, separators=(",", ":"), default=str)


def _written(row: Row, value: Any) -> Any:
    if row.kind is Kind.TIME:
        return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value or ""
    return value

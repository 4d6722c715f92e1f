"""What was seen of an attempt: its discrepancy is opened, follows the facts, and closes by them.

Whatever door has both sides of an attempt before it hands them in as a `Look`; there is one row for
each attempt, so nothing is at stake twice. `keep_all` belongs to the transaction that wrote what
the answer moved (payments are locked first, then these rows, each in the order of their ids);
`keep` is one of its own, for whoever only compares. In what two sides differ is decided in `rules`;
what people do with it is in `queue`.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from django.db.models import Q
from django.utils import timezone

from payments.comparing import Refund
from payments.core.db.among import among
from payments.core.text import clean
from payments.iamport import GatewayPayment
from payments.locks import locked_discrepancies, locked_payments
from payments.models import (
    Bucket,
    ClosingReason,
    Discrepancy,
    DiscrepancyLine,
    Movement,
    Payment,
    ReconciliationRun,
    StepKind,
)
from payments.selectors.movements import own_refunds

from .rows import add_step, keep_who_saw, set_closed, set_open
from .rules import amount_at_risk, is_accepted, line_figures, our_figures, their_figures


def open_ones(*, imp_uids: Iterable[str]) -> set[str]:
    """Those attempts of these that have an open discrepancy, in one query."""
    rows = Discrepancy.objects.filter(among("imp_uid", imp_uids), is_open=True)
    return set(rows.values_list("imp_uid", flat=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """Both sides of one attempt as they were just seen; None: that side has no such payment.

    `payment` holds this `imp_uid`, or else is the order that the answer names. Its `refunds` are
    read here.
    """

    imp_uid: str
    payment: Payment | None
    answer: GatewayPayment | None
    buckets: tuple[Bucket, ...]
    refunds: tuple[Refund, ...] = ()


def keep(*, look: Look, run: ReconciliationRun | None = None) -> Discrepancy | None:
    """Keep what was seen, in the name of this run if it is one.

    None where there is no row, and where the payment has moved since it was seen: then nothing is
    known, and whoever moved it has looked for itself.
    """
    seen = look.payment
    with locked_payments([seen.pk] if seen else []) as now:
        if seen and now[seen.pk].version != seen.version:
            return None
        return _keep_all([look], run).get(look.imp_uid)


def keep_all(*, looks: Sequence[Look]) -> None:
    """The same for many, in the caller's transaction."""
    if looks:
        _keep_all(looks, None)


def _keep_all(looks: Iterable[Look], run: ReconciliationRun | None) -> dict[str, Discrepancy]:
    by_id = {look.imp_uid: look for look in _with_refunds(list(looks))}
    differing = [imp_uid for imp_uid, look in by_id.items() if look.buckets]
    concerned = Q(is_open=True, imp_uid__in=by_id) | Q(imp_uid__in=differing)
    rows = {row.imp_uid: row for row in locked_discrepancies(concerned)}
    for imp_uid, row in rows.items():
        _see_again(row, by_id[imp_uid], run)
    for imp_uid in sorted(set(differing) - rows.keys()):
        rows[imp_uid] = _found(by_id[imp_uid], run)
    return rows


def _with_refunds(looks: Sequence[Look]) -> Iterator[Look]:
    """With what stands of ours, in one query; most have none."""
    refunded = {look.payment.pk for look in looks if look.payment and look.payment.cancelled_amount}
    rows = defaultdict(list)
    for movement in Movement.objects.filter(payment__in=refunded) if refunded else ():
        rows[movement.payment_id].append(movement)
    for look in looks:
        payment = look.payment
        refunds = own_refunds(payment, rows[payment.pk]) if payment else ()
        yield replace(look, refunds=refunds)


def _found(look: Look, run: ReconciliationRun | None) -> Discrepancy:
    """A new row; or the one that somebody else has made meanwhile, seen again."""
    now = timezone.now()
    row, is_new = Discrepancy.objects.get_or_create(
        imp_uid=look.imp_uid,
        defaults={**_sides(look), "run": run, "found_at": now, "seen_at": now, "version": 1},
    )
    if is_new:
        _put_lines(row, _lines(look))
        add_step(row=row, kind=StepKind.FOUND)
        keep_who_saw(row=row, run=run)
        return row
    [row] = locked_discrepancies(Q(pk=row.pk))
    _see_again(row, look, run)
    return row


def _see_again(row: Discrepancy, look: Look, run: ReconciliationRun | None) -> None:
    """What was closed stays so while nothing but what a person has accepted differs."""
    known = list(row.lines.all())
    accepted = [line.facts for line in known if line.is_accepted]
    lines = _lines(look, accepted)
    is_settled = all(line.is_accepted for line in lines)
    row.seen_at = timezone.now()
    keep_who_saw(row=row, run=run)
    if row.is_open and is_settled:
        _close(row, look, lines)
    elif not is_settled:
        before = {line.facts for line in known if line.is_current}
        _differs(row, look, before != {line.facts for line in lines})
        _put_lines(row, lines)
    row.save()


def _close(row: Discrepancy, look: Look, lines: Sequence[DiscrepancyLine]) -> None:
    """By itself; `lines` are what is left, all of it accepted.

    Where nothing is left the lines stay: they say what it was about.
    """
    reason = ClosingReason.ACCEPTED if lines else ClosingReason.AGREES
    _take_sides(row, look)
    if lines:
        _put_lines(row, lines)
    set_closed(row=row, reason=reason)
    add_step(row=row, kind=StepKind.CLOSED, reason_code=reason)


def _differs(row: Discrepancy, look: Look, is_other: bool) -> None:
    before = (row.ours, row.theirs)
    _take_sides(row, look)
    if not row.is_open:
        set_open(row=row)
        add_step(row=row, kind=StepKind.REOPENED)
    elif is_other or before != (row.ours, row.theirs):
        add_step(row=row, kind=StepKind.CHANGED)


def _take_sides(row: Discrepancy, look: Look) -> None:
    for name, value in _sides(look).items():
        setattr(row, name, value)


def _sides(look: Look) -> dict[str, object]:
    payment, answer = look.payment, look.answer
    number = payment.merchant_uid if payment else answer.merchant_uid if answer else ""
    return {
        "merchant_uid": clean(number, 40),
        "payment_id": payment.pk if payment else None,
        "ours": our_figures(payment=payment, refunds=look.refunds),
        "theirs": their_figures(answer),
        "amount": amount_at_risk(payment or answer),
    }


def _lines(look: Look, accepted: Sequence[tuple[str, str, str]] = ()) -> list[DiscrepancyLine]:
    lines = []
    for bucket in look.buckets:
        ours, theirs = line_figures(
            bucket=bucket, payment=look.payment, answer=look.answer, refunds=look.refunds
        )
        line = DiscrepancyLine(bucket=bucket, ours=ours, theirs=theirs)
        line.is_accepted = is_accepted(line=line.facts, accepted=accepted)
        lines.append(line)
    return lines


def _put_lines(row: Discrepancy, lines: Sequence[DiscrepancyLine]) -> None:
    """Those in the place of whatever there was; what was accepted stays so for another time."""
    there = DiscrepancyLine.objects.filter(discrepancy=row)
    there.exclude(Q(is_accepted=True) & ~Q(bucket__in=[line.bucket for line in lines])).delete()
    there.update(is_current=False)
    # Whoever gets the row reads these, not those that came with it.
    row.lines.add(*lines, bulk=False)

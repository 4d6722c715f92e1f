"""The queue of what does not agree: filed, assigned, closed by a person or by itself, reopened.

Each change is a short transaction with a `DiscrepancyStep`, which stays for good. Nothing here asks
the gateway: callers bring its answers. To let something else happen to a discrepancy, add a
`StepKind` and a function that takes the row with `_changing`. How a row changes with its step is in
`rows`.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from payments import conf
from payments.core.text import clean
from payments.errors import Conflict, NotAllowed
from payments.iamport import GatewayPayment
from payments.locks import locked_discrepancy
from payments.models import Bucket, ClosingReason, Discrepancy, Payment, ReconciliationRun, StepKind

from .rows import add_step, checked_text, keep_who_saw, set_closed, set_open
from .rules import amount_at_risk, differences, our_figures, ours_of, their_figures

# Reasons that say what the system itself has seen or done.
OWN_REASONS = (ClosingReason.AGREES, ClosingReason.TAKEN_IN)

CHANGED = _("This discrepancy has changed in the meantime. Look at it again, then decide.")
CLOSED_ALREADY = _("This discrepancy is closed already.")
OPEN_ALREADY = _("This discrepancy is open already.")
ONLY_BY_ITSELF = _("That reason is the system's own. Choose the one that is yours.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One difference as it was just seen. `ours` and `theirs` are figures as JSON text."""

    bucket: Bucket
    imp_uid: str
    merchant_uid: str
    amount: int
    payment_id: int | None = None
    ours: str = ""
    theirs: str = ""


def difference_of(
    *, bucket: Bucket, imp_uid: str, payment: Payment | None, answer: GatewayPayment | None
) -> Difference:
    """A difference between these two sides, either of which may have no such payment."""
    number = payment.merchant_uid if payment else answer.merchant_uid if answer else ""
    return Difference(
        bucket=bucket,
        imp_uid=imp_uid,
        merchant_uid=clean(number, 40),
        amount=amount_at_risk(payment or answer),
        payment_id=payment.pk if payment else None,
        ours=our_figures(payment),
        theirs=their_figures(answer),
    )


def file(*, difference: Difference, run: ReconciliationRun | None = None) -> Discrepancy:
    """Put a difference into the queue, or see again the one that is there.

    The same figures again change nothing. What had closed by itself opens again; what a person
    closed opens again only if the figures have changed since.
    """
    known = Discrepancy.objects.filter(imp_uid=difference.imp_uid, bucket=difference.bucket)
    pk = known.values_list("pk", flat=True).first()
    if pk is None:
        with transaction.atomic(durable=True):
            discrepancy, is_new = _get_or_create(difference, run)
            if is_new:
                add_step(row=discrepancy, kind=StepKind.FOUND)
                keep_who_saw(row=discrepancy, run=run)
        if is_new:
            return discrepancy
        pk = discrepancy.pk
    with locked_discrepancy(pk) as discrepancy:
        _see_again(discrepancy, difference, run)
    return discrepancy


def _get_or_create(
    difference: Difference, run: ReconciliationRun | None
) -> tuple[Discrepancy, bool]:
    now = timezone.now()
    return Discrepancy.objects.get_or_create(
        imp_uid=difference.imp_uid,
        bucket=difference.bucket,
        defaults={
            "merchant_uid": difference.merchant_uid,
            "payment_id": difference.payment_id,
            "ours": difference.ours,
            "theirs": difference.theirs,
            "amount": difference.amount,
            "run": run,
            "found_at": now,
            "seen_at": now,
            "version": 1,
        },
    )


def _see_again(
    discrepancy: Discrepancy, difference: Difference, run: ReconciliationRun | None
) -> None:
    discrepancy.seen_at = timezone.now()
    keep_who_saw(row=discrepancy, run=run)
    figures = (difference.ours, difference.theirs)
    is_same = figures == (discrepancy.ours, discrepancy.theirs)
    discrepancy.ours, discrepancy.theirs = figures
    discrepancy.amount, discrepancy.payment_id = difference.amount, difference.payment_id
    if not discrepancy.is_open and (
        discrepancy.closing_reason == ClosingReason.AGREES or not is_same
    ):
        set_open(row=discrepancy)
        add_step(row=discrepancy, kind=StepKind.REOPENED)
    elif not is_same:
        add_step(row=discrepancy, kind=StepKind.CHANGED)
    discrepancy.save()


def assign(
    *,
    discrepancy: Discrepancy,
    actor: AbstractBaseUser,
    owner: AbstractBaseUser | None,
    expected_version: int,
) -> Discrepancy:
    """Make somebody its owner, or nobody. Raises Conflict, or NotAllowed if it is closed."""
    with _changing(discrepancy, expected_version) as row:
        if not row.is_open:
            raise NotAllowed(CLOSED_ALREADY)
        row.owner_id = owner.pk if owner else None
        add_step(row=row, kind=StepKind.OWNED, actor=actor, text=str(owner) if owner else "")
    return row


def close(
    *,
    discrepancy: Discrepancy,
    actor: AbstractBaseUser,
    reason: ClosingReason,
    text: str,
    expected_version: int,
) -> Discrepancy:
    """Close it in the name of `actor`. Raises Conflict, or NotAllowed with the reason."""
    if reason in OWN_REASONS:
        raise NotAllowed(ONLY_BY_ITSELF)
    text = checked_text(text=text)
    with _changing(discrepancy, expected_version) as row:
        if not row.is_open:
            raise NotAllowed(CLOSED_ALREADY)
        set_closed(row=row, reason=reason)
        add_step(row=row, kind=StepKind.CLOSED, actor=actor, reason_code=reason, text=text)
    return row


def reopen(
    *, discrepancy: Discrepancy, actor: AbstractBaseUser, text: str, expected_version: int
) -> Discrepancy:
    """Open it again in the name of `actor`. Raises Conflict, or NotAllowed if it is open."""
    text = checked_text(text=text)
    with _changing(discrepancy, expected_version) as row:
        if row.is_open:
            raise NotAllowed(OPEN_ALREADY)
        set_open(row=row)
        add_step(row=row, kind=StepKind.REOPENED, actor=actor, text=text)
    return row


def close_as_matched(*, discrepancy: Discrepancy, ours: str, theirs: str) -> bool:
    """The facts agree again: close it, with the figures that show it. False if it is closed.

    Whatever else differs by now is filed before, so that nothing that differs is ever left out.
    """
    with locked_discrepancy(discrepancy.pk) as row:
        if not row.is_open:
            return False
        row.seen_at, row.ours, row.theirs = timezone.now(), ours, theirs
        set_closed(row=row, reason=ClosingReason.AGREES)
        add_step(row=row, kind=StepKind.CLOSED, reason_code=ClosingReason.AGREES)
        row.save()
    return True


def close_resolved(*, answered: Sequence[tuple[Payment, GatewayPayment]]) -> None:
    """After a verification: close what its answers show to agree again. One query if there is none.

    What differs in another way by now is filed in its place. Call it after the verification's own
    transaction, with the payments as they stand then.
    """
    if not answered:
        return
    by_id = {answer.imp_uid: (payment, answer) for payment, answer in answered}
    for discrepancy in Discrepancy.objects.filter(is_open=True, imp_uid__in=by_id):
        payment, answer = by_id[discrepancy.imp_uid]
        if answer.imp_uid != payment.imp_uid and answer.merchant_uid != payment.merchant_uid:
            continue
        left = differences(
            ours=ours_of(payment),
            theirs=answer,
            accepts_test_payments=conf.gateway().accepts_test_payments,
            now=timezone.now(),
        )
        if discrepancy.bucket not in left:
            _replace(discrepancy, payment, answer, left)


def _replace(
    discrepancy: Discrepancy, payment: Payment, answer: GatewayPayment, left: Sequence[Bucket]
) -> None:
    """Close it, after what is left to differ was filed."""
    imp_uid = discrepancy.imp_uid
    for bucket in left:
        file(
            difference=difference_of(bucket=bucket, imp_uid=imp_uid, payment=payment, answer=answer)
        )
    ours, theirs = our_figures(payment), their_figures(answer)
    close_as_matched(discrepancy=discrepancy, ours=ours, theirs=theirs)


@contextmanager
def _changing(discrepancy: Discrepancy, expected_version: int) -> Iterator[Discrepancy]:
    """The row, locked and as the person saw it; saved when the block ends."""
    with locked_discrepancy(discrepancy.pk) as row:
        if row.version != expected_version:
            raise Conflict(CHANGED)
        yield row
        row.save()

"""What a worker of a verification run holds while it asks: some of the run's payments, for a lease.

A claim is committed before the call and renewed while the work goes on, so that only a worker that
is dead, or cut off, loses what it holds to another.
"""

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from payments.core.db.among import among
from payments.core.db.clock import database_now
from payments.iamport import IDS_PER_CALL
from payments.locks import unclaimed_items
from payments.models import ItemOutcome, Payment, VerificationItem, VerificationRun
from payments.selectors.payments.flags import with_other_attempts_open
from payments.services.runs import lease
from payments.services.verification.question import Question
from payments.states import APPROVED, Source


@dataclass(frozen=True, slots=True)
class Claim:
    """Payments of a run that one worker is asking about, under its token."""

    token: str
    run: VerificationRun
    items: Sequence[VerificationItem]
    questions: Sequence[Question]

    @property
    def steps(self) -> Iterator["Claim"]:
        """The same in parts of one call each."""
        for start in range(0, len(self.items), IDS_PER_CALL):
            part = slice(start, start + IDS_PER_CALL)
            yield replace(self, items=self.items[part], questions=self.questions[part])


def together(*, steps: Sequence[Claim]) -> Claim:
    """Steps of one claim as one: written together, they cost one transaction."""
    return replace(
        steps[0],
        items=[item for step in steps for item in step.items],
        questions=[question for step in steps for question in step.questions],
    )


def take(*, run: VerificationRun, calls: int = 1) -> Claim | None:
    """Claim the next payments for a lease, enough for so many calls; None if there are none now."""
    now, token = database_now(), uuid.uuid4().hex
    with unclaimed_items(run.pk, limit=IDS_PER_CALL * calls, now=now) as items:
        claimed = VerificationItem.objects.filter(among("pk", [item.pk for item in items]))
        claimed.update(claim=token, claimed_until=now + lease())
    if not items:
        return None
    return Claim(token, run, items, _questions(run, [item.payment_id for item in items]))


def renew(*, held: Sequence[Claim], now: datetime) -> None:
    """Another lease for claims that are still worked on, unless somebody has taken them over."""
    items = [item.pk for claim in held for item in claim.items]
    mine = VerificationItem.objects.filter(among("pk", items), outcome=ItemOutcome.WAITING)
    mine.filter(claim__in={claim.token for claim in held}).update(claimed_until=now + lease())


def _questions(run: VerificationRun, payment_ids: Sequence[int]) -> list[Question]:
    """About each of these, in their order."""
    others = with_other_attempts_open(payment_ids)
    rows = Payment.objects.filter(among("pk", payment_ids))
    payments = {row[0]: row for row in rows.values_list("pk", "merchant_uid", "imp_uid", "status")}
    return [_question(run, *payments[pk], pk in others) for pk in payment_ids]


def _question(
    run: VerificationRun, pk: int, number: str, imp_uid: str | None, status: str, sees_all: bool
) -> Question:
    bound = (imp_uid or "") if status in APPROVED else ""
    return Question(
        payment_id=pk,
        merchant_uid=number,
        # One conclusion for each payment of a run: a second one has the same key and is refused.
        attempt=f"run-{run.pk}",
        source=Source.RUN,
        # A batch by order number names one attempt, not said which (contract 2.3): an open order
        # is asked for alone, so that every attempt is seen; and so is one of another attempt.
        imp_uid="" if sees_all else bound,
        bound=bound,
        actor=run.requested_by,
        is_repeated=True,
    )

"""Refunds that the PG took back or dated anew: a person says so, the gateway's answer is booked.

The gateway tells what is there, never why something is not: an entry that vanished may be a refund
that was undone at the PG (which some do until the end of the day) or an answer that is wrong. So it
moves nothing (`Finding.REFUND_GONE`) until a person has looked into the PG's console. What is
booked then is what the gateway answers at that moment, through the one door. V1 does not say when
a refund was taken back (contract 3.4), so the person does. It may be a refund of another attempt
than the order's own, as of a second approval: then the order stays as it is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.contrib.auth.models import AbstractBaseUser
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from payments.core.kst import day_of
from payments.errors import NotAllowed
from payments.iamport import ShapeError, read_payment
from payments.ledger import Draft
from payments.models import Movement, Payment
from payments.models.movement import reversal_key
from payments.selectors.movements import of_payment_by_time
from payments.selectors.payments.detail import findings_of
from payments.services.discrepancies.rows import checked_text
from payments.states import Finding, MovementKind, Source

from .movements import Gone, RefundChange, Untimed, drafts
from .settle import Result
from .verify import verify

NOTHING_GONE = _("The gateway's last answer shows no refund that changed. Re-verify it first.")
NOT_TOLD = _(
    "The gateway tells only a sum, and no refunds of ours come to what is missing. Ask the PG "
    "which refund was taken back; nothing can be booked before the gateway shows it."
)
DAY_NEEDED = _("Say on which day the PG took the refund back, by its console.")
DAY_AHEAD = _("This day has not come yet. Take the day from the PG's console.")
DAY_TOO_EARLY = _("The refund itself is of %(day)s: it can't have been taken back before.")


class WrongDay(NotAllowed):
    """The day is missing, or nothing can have been taken back on it."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """What the gateway's last answer would book. `reversed` are the refunds that are taken back.

    `imp_uid` is the attempt; `is_own`: it is the order's own.
    """

    imp_uid: str
    is_own: bool
    drafts: tuple[Draft, ...]
    reversed: Sequence[Movement]

    @property
    def needs_day(self) -> bool:
        """Whether the PG's date has to be told."""
        return bool(self.reversed)

    @property
    def earliest(self) -> date | None:
        """The first Korean day on which all of them can have been taken back."""
        return max((movement.day for movement in self.reversed), default=None)

    @property
    def rest(self) -> list[Draft]:
        """What is booked beside what is taken back: corrections and refunds at their new time."""
        return [draft for draft in self.drafts if draft.kind != MovementKind.REFUND_REVERSAL]


def proposal(*, payment: Payment, imp_uid: str = "") -> Proposal:
    """What confirming would book by the last answer about this attempt, "" for the order's own.

    Raises NotAllowed where it can't be told.
    """
    imp_uid = imp_uid or payment.imp_uid or ""
    is_own = imp_uid == payment.imp_uid
    event = payment.events.filter(imp_uid=imp_uid).exclude(answer="").order_by("-sequence").first()
    if event is None or Finding.REFUND_GONE not in findings_of(event):
        raise NotAllowed(NOTHING_GONE)
    standing = of_payment_by_time(payment)
    # Of today for the reading alone: the day is the person's to tell.
    change = RefundChange(imp_uid, day_of(timezone.now()))
    try:
        answer = read_payment(event.answer_data)
        booked = drafts(answer=answer, standing=standing, is_own=is_own, change=change)
    except (Gone, Untimed, ShapeError) as reason:
        raise NotAllowed(NOT_TOLD) from reason
    undone = {draft.key for draft in booked if draft.kind == MovementKind.REFUND_REVERSAL}
    taken_back = [row for row in standing if reversal_key(key=row.key) in undone]
    return Proposal(imp_uid, is_own, booked, taken_back)


def confirm(
    *,
    payment: Payment,
    actor: AbstractBaseUser,
    reversed_on: date | None,
    note: str,
    expected_version: int,
    imp_uid: str = "",
) -> Result:
    """Ask the gateway once more and book the refunds as it tells them, in the name of `actor`.

    `imp_uid` is the attempt, "" for the order's own. `reversed_on` is the PG's date (a Korean day)
    of what was taken back, None if nothing was. The result is the answer's: one that shows the
    refunds again changes nothing. Raises WrongDay, NotAllowed for a note that says nothing or where
    nothing changed, Conflict if the payment has moved.
    """
    text = checked_text(text=note)
    proposed = proposal(payment=payment, imp_uid=imp_uid)
    _check_day(proposed, reversed_on)
    return verify(
        payment=payment,
        source=Source.ADMIN,
        actor=actor,
        imp_uid="" if proposed.is_own else proposed.imp_uid,
        note=text,
        expected_version=expected_version,
        refund_change=RefundChange(proposed.imp_uid, reversed_on),
    )


def _check_day(proposed: Proposal, day: date | None) -> None:
    if day is None:
        if proposed.needs_day:
            raise WrongDay(DAY_NEEDED)
        return
    if day > day_of(timezone.now()):
        raise WrongDay(DAY_AHEAD)
    if proposed.earliest and day < proposed.earliest:
        raise WrongDay(DAY_TOO_EARLY % {"day": proposed.earliest})

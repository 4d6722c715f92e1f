"""What the page of one payment compares: the order beside the gateway's answer, field by field.

Which fields, in which order, and what is a difference is said by `payments.compared_fields` and
`payments.comparing`. What happened to the payment is read by `timeline`.
"""

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db.models import Q
from django.utils.functional import Promise

from payments.compared_fields import OF_SEVERAL, ROWS, Row, Rule
from payments.comparing import (
    Values,
    are_credible,
    differing_values,
    is_same,
    is_told,
    kept_values,
    our_values,
)
from payments.models import Movement, Payment, PaymentEvent
from payments.selectors.movements import of_payment_by_time, own_refunds
from payments.states import EventKind, Finding

# Rows after an answer that are looked through for what they changed.
MAX_SINCE = 50
_OF_ANOTHER_ORDER = Q(kind=EventKind.DISCREPANCY) & (
    Q(reason_code__contains=Finding.MERCHANT_UID) | Q(reason_code__contains=Finding.IMP_UID)
)
# They hold up nothing: money and status follow all the same.
_OF_DETAILS = frozenset({Finding.PAID_AT, Finding.DETAILS})


class Agreement(StrEnum):
    """How one field of the order and of the answer stand to each other."""

    SAME = "same"
    DIFFERENT = "different"
    # Ours moved on after this answer, as when staff close an order: no contradiction.
    CHANGED_SINCE = "changed_since"
    # Two sides may say it in two ways, or the answer is about another attempt.
    SHOWN = "shown"
    # The order is not bound to the attempt that the answer is about, so it has no such fact yet.
    ONLY_THERE = "only_there"
    # The answer has no such field, or there is no answer.
    ONLY_HERE = "only_here"


_UNEQUAL = frozenset({Agreement.DIFFERENT, Agreement.SHOWN})


@dataclass(frozen=True, slots=True)
class ComparedField:
    """One field, as the order has it and as the gateway's answer has it."""

    row: Row
    ours: object
    theirs: object
    agreement: Agreement
    findings: tuple[Finding, ...] = ()

    @property
    def name(self) -> str:
        """By its name in the table."""
        return self.row.name

    @property
    def is_told_only(self) -> bool:
        """Whether nothing hangs on it: nobody has to look at it."""
        return self.agreement is Agreement.SAME or (
            self.agreement is Agreement.SHOWN and self.row.rule is Rule.SHOW
        )

    @property
    def label(self) -> str | Promise:
        """What it is called."""
        return self.row.words


@dataclass(frozen=True, slots=True)
class Comparison:
    """The order beside an answer of the gateway; `event` is the row that holds it, None: no answer.

    `is_superseded`: a newer answer exists, but it was about another attempt, so the difference that
    this one showed still stands.
    """

    event: PaymentEvent | None
    findings: tuple[Finding, ...]
    fields: tuple[ComparedField, ...]
    is_superseded: bool

    @property
    def is_held_up(self) -> bool:
        """Whether nothing of the answer was taken over because of what was found."""
        return not _OF_DETAILS.issuperset(self.findings)


def comparison(
    payment: Payment,
    *,
    open_attempts: Sequence[str],
    movements: Sequence[Movement] | None = None,
) -> Comparison:
    """The order beside the answer that matters, or alone while there is no answer.

    That is the last about an attempt of which something is open (`flags.open_attempts`), else the
    last about the order's own: a question about another attempt must neither hide what is still to
    be cleared up, nor pass for a difference. `movements`: the payment's, if they were read already.
    """
    if movements is None:
        movements = of_payment_by_time(payment)
    ours = our_values(payment, refunds=own_refunds(payment, movements))
    # One about another order is judged against that: here it is an event, in the timeline.
    others = _OF_ANOTHER_ORDER & ~Q(imp_uid=payment.imp_uid or "")
    answers = payment.events.exclude(answer="").exclude(others).order_by("-sequence")
    newest = answers.first()
    if newest is None:
        return Comparison(None, (), tuple(_compared(ours, {})), False)
    about = set(open_attempts) or {payment.imp_uid or ""}
    answer = newest if newest.imp_uid in about else answers.filter(imp_uid__in=about).first()
    answer = answer or newest
    findings = findings_of(answer)
    since = _changed_since(payment, answer)
    theirs = kept_values(answer.answer_data)
    asked = _Asked(payment.requested_at, answer.recorded_at, findings, since)
    fields = tuple(_compared(ours, theirs, asked))
    return Comparison(answer, findings, fields, answer != newest)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is known of an answer besides its fields. `since`: of ours what was set after it."""

    ordered_at: datetime
    answered_at: datetime
    findings: tuple[Finding, ...]
    since: AbstractSet[str]

    def about(self, row: Row, *, theirs: object, is_same: bool) -> tuple[Finding, ...]:
        """The findings about this field; of several fields, those that are to blame."""
        return tuple(
            one
            for one in self.findings
            if one in row.finds and not self._is_innocent(one, theirs, is_same)
        )

    def _is_innocent(self, finding: Finding, theirs: object, is_same: bool) -> bool:
        if finding is not Finding.TIME:
            return is_same and finding in OF_SEVERAL
        seconds = [second for _won, second in theirs] if isinstance(theirs, tuple) else [theirs]
        return all(self._may_be(second) for second in seconds)

    def _may_be(self, when: object) -> bool:
        if isinstance(when, str):
            return not when
        second = int(when.timestamp()) if isinstance(when, datetime) else when
        bounds = {"ordered_at": self.ordered_at, "now": self.answered_at}
        return not isinstance(second, int) or are_credible([second], **bounds)


def findings_of(event: PaymentEvent) -> tuple[Finding, ...]:
    """What was found to differ; nothing for any row but a discrepancy."""
    if event.kind != EventKind.DISCREPANCY:
        return ()
    known = set(Finding.values)
    return tuple(Finding(code) for code in event.reason_code.split(",") if code in known)


def _changed_since(payment: Payment, answer: PaymentEvent) -> frozenset[str]:
    """Our fields that a later row has set."""
    later = payment.events.filter(sequence__gt=answer.sequence).order_by("-sequence")
    rows = later.values_list("changes", flat=True)[:MAX_SINCE]
    return frozenset(name for changes in rows for name in changes)


def _compared(
    ours: Values,
    theirs: Values,
    asked: _Asked | None = None,
) -> Iterator[ComparedField]:
    differing = {row.name for row in differing_values(ours, theirs)} if theirs else set()
    for row in ROWS:
        left, right = ours.get(row.name, ""), theirs.get(row.name)
        is_equal = not is_told(right) or is_same(row, left, right)
        about = asked.about(row, theirs=right, is_same=is_equal) if asked else ()
        if not (left or right or about):
            continue
        agreement = _agreement(row, left, right, is_difference=row.name in differing)
        if asked is None:
            agreement = Agreement.ONLY_HERE
        elif about:
            agreement = Agreement.DIFFERENT
        elif agreement in _UNEQUAL and row.name in asked.since:
            agreement = Agreement.CHANGED_SINCE
        yield ComparedField(row, left, "" if right is None else right, agreement, about)


def _agreement(row: Row, ours: object, theirs: object, *, is_difference: bool) -> Agreement:
    if is_told(theirs) and is_same(row, ours, theirs):
        return Agreement.SAME
    if row.rule is Rule.SHOW:
        return Agreement.SHOWN
    if not is_told(theirs):
        return Agreement.ONLY_HERE
    # An open order is bound to no attempt yet, so the attempt's own facts contradict nothing.
    if not is_told(ours) or ours is False:
        return Agreement.ONLY_THERE
    return Agreement.DIFFERENT if is_difference else Agreement.SHOWN

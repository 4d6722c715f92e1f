"""Which payments are flagged: those with an open discrepancy. It is stored nowhere else.

An index on the open discrepancies' payments serves all of this. For a list, `FLAGGED` is a
condition; for one payment, `is_flagged` asks. What a person reads of a payment's verification
(`Shown`) is the flag, or else what the last question brought; a difference that nobody has to look
into any more is one that was accepted. A badge takes it from `shown`, a filter from `shown_as`,
rows without a payment in between from `shown_in_database`; all of them say the same.
"""

from collections.abc import Iterable

from django.db.models import Case, F, Q, TextChoices, Value, When
from django.utils.translation import gettext_lazy as _

from payments.core.db.among import among
from payments.models import Discrepancy, Payment
from payments.states import Verification

_OPEN = Discrepancy.objects.filter(is_open=True)
# Without what is about the payment's own attempt.
_OF_OTHERS = _OPEN.exclude(imp_uid=F("payment__imp_uid"))
OPEN_OF_PAYMENTS = _OPEN.filter(payment__isnull=False)
# By their ids: few are open, so the database begins with them.
_FLAGGED_IDS = OPEN_OF_PAYMENTS.values("payment")
FLAGGED = Q(pk__in=_FLAGGED_IDS)


class Shown(TextChoices):
    """What is read of a payment's verification: `Verification`, and what people made of it."""

    NEVER = Verification.NEVER.value, Verification.NEVER.label
    MATCHED = Verification.MATCHED.value, Verification.MATCHED.label
    MISMATCHED = Verification.MISMATCHED.value, Verification.MISMATCHED.label
    ACCEPTED = "accepted", _("Difference accepted")
    NOT_FOUND = Verification.NOT_FOUND.value, Verification.NOT_FOUND.label
    UNKNOWN = Verification.UNKNOWN.value, Verification.UNKNOWN.label


def shown(payment: Payment, *, flagged: bool) -> Shown:
    """What is read of this payment's."""
    if flagged:
        return Shown.MISMATCHED
    if payment.verification == Verification.MISMATCHED:
        return Shown.ACCEPTED
    return Shown(payment.verification)


def shown_in_database(path: str = "") -> Case:
    """The same, worked out by the database for rows of any number; `path` leads to the payment."""
    flagged = Q(**{f"{path}pk__in": _FLAGGED_IDS})
    differed = Q(**{f"{path}verification": Verification.MISMATCHED})
    return Case(
        When(flagged, then=Value(Shown.MISMATCHED.value)),
        When(differed, then=Value(Shown.ACCEPTED.value)),
        default=F(f"{path}verification"),
    )


def shown_as(values: Iterable[str]) -> Q:
    """The condition on payments of which one of these is read."""
    values, condition = set(values), Q()
    if Shown.MISMATCHED in values:
        condition |= FLAGGED
    if Shown.ACCEPTED in values:
        condition |= Q(verification=Verification.MISMATCHED) & ~FLAGGED
    if others := values - {Shown.MISMATCHED, Shown.ACCEPTED}:
        condition |= Q(verification__in=sorted(others)) & ~FLAGGED
    return condition


def is_flagged(payment: Payment) -> bool:
    """Whether something about this payment does not agree, and nobody has settled it."""
    return _OPEN.filter(payment=payment).exists()


def open_attempts(payment: Payment) -> list[str]:
    """The attempts of which something is open, the newest difference first; () if unflagged."""
    return list(_OPEN.filter(payment=payment).order_by("-pk").values_list("imp_uid", flat=True))


def flagged_among(payment_ids: Iterable[int]) -> set[int]:
    """Those of them that are, in one query."""
    rows = _OPEN.filter(among("payment", payment_ids))
    return {pk for pk in rows.values_list("payment_id", flat=True) if pk}


def with_other_attempts_open(payment_ids: Iterable[int]) -> set[int]:
    """Those of them of which another attempt than their own is open, in one query."""
    rows = _OF_OTHERS.filter(among("payment", payment_ids))
    return {pk for pk in rows.values_list("payment_id", flat=True) if pk}

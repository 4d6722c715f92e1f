"""What a verification has seen of both sides, for the queue of discrepancies.

The reconciliation compares by the same rules (`services.discrepancies.rules`), so that what one
door calls a difference the other does, too. What a verification finds besides has its place in the
queue by `compared_fields`. An answer about another order is judged against that order, not here;
one about the order's own attempt that names another number is not another order's.
"""

from collections.abc import Iterator, Mapping, Sequence

from django.utils import timezone

from payments import conf
from payments.comparing import ours_of
from payments.iamport import GatewayPayment
from payments.models import Bucket, Payment
from payments.services.discrepancies.cases import Look
from payments.services.discrepancies.rules import differences, is_late, with_findings
from payments.states import Finding

from .compare import OF_ANOTHER_ORDER


def looks_at(
    *,
    payment: Payment,
    answer: GatewayPayment,
    others: Sequence[GatewayPayment],
    findings: Sequence[Finding],
    findings_of_others: Mapping[str, Sequence[Finding]],
    holders: Mapping[str, int],
) -> Iterator[Look]:
    """One for each attempt that was seen; `payment` as it stands after the answer was applied.

    `findings` are about the answer's own attempt, the others' are named by `imp_uid`.

    `holders`: which payment holds an `imp_uid`.
    """
    if OF_ANOTHER_ORDER.isdisjoint(findings) or payment.imp_uid == answer.imp_uid:
        yield _look(payment, answer, findings)
    elif Finding.IMP_UID_TAKEN in findings:
        # The order that holds the id is the one with another number at the gateway.
        holder = Payment.objects.get(pk=holders[answer.imp_uid])
        yield _look(holder, answer, ())
    for other in others:
        yield _look(payment, other, findings_of_others.get(other.imp_uid, ()))


def _look(payment: Payment, answer: GatewayPayment, findings: Sequence[Finding]) -> Look:
    buckets = with_findings(buckets=_buckets(payment, answer), findings=findings)
    return Look(imp_uid=answer.imp_uid, payment=payment, answer=answer, buckets=buckets)


def _buckets(payment: Payment, answer: GatewayPayment) -> tuple[Bucket, ...]:
    """In what both sides differ now, and whether money came in too late."""
    found = differences(
        ours=ours_of(payment),
        theirs=answer,
        accepts_test_payments=conf.accepts_test_payments(),
        now=timezone.now(),
    )
    is_own = payment.imp_uid == answer.imp_uid
    return (*found, Bucket.LATE_APPROVAL) if is_own and is_late(payment=payment) else found

"""Payments in any state without a gateway, written through the real ledger.

For volume and for the past: `paid(user, product, at=...)`. Where the gateway's part matters, use
the `sandbox` fixture and the services instead.
"""

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from benchmarks.datasets.answers import Refund, money_of, told
from payments import ledger, merchant_uid
from payments.ledger import Entry
from payments.models import Bucket, ClosingReason, Discrepancy, Payment, Product
from payments.services.discrepancies import cases, queue
from payments.services.discrepancies.cases import Look
from payments.states import EventKind, Finding, PaymentStatus, Source, Verification

NOON = datetime(2026, 4, 1, 3, tzinfo=UTC)

_numbers = itertools.count(1)


def ordered(
    user: AbstractBaseUser, product: Product, *, at: datetime = NOON, **fields: Any
) -> Payment:
    """An open order, made at `at`. `fields` are those of the payment."""
    facts = {
        "merchant_uid": merchant_uid.draw(at=at),
        "checkout_key": f"click-{next(_numbers)}",
        "name": product.name,
        "amount": product.price,
        "pay_method": "card",
        "requested_at": at,
    }
    payment = Payment(user_id=user.pk, product=product, **(facts | fields))
    with transaction.atomic():
        return ledger.open_order(payment=payment, source=Source.CHECKOUT, actor=user)


def paid(
    user: AbstractBaseUser, product: Product, *, at: datetime = NOON, **fields: Any
) -> Payment:
    """An order that was paid at `at`."""
    payment = ordered(user, product, at=at - timedelta(minutes=2), **fields)
    imp_uid = f"imp_{next(_numbers):012d}"
    answer = told(payment, imp_uid=imp_uid, paid_at=at)
    _happened(
        payment,
        EventKind.PAID,
        amount=payment.amount,
        imp_uid=imp_uid,
        answer=answer,
        movements=money_of(answer),
        changes={
            "status": PaymentStatus.PAID,
            "imp_uid": imp_uid,
            "pg_provider": "html5_inicis",
            "apply_num": "30012345",
            "paid_at": at,
            "verification": Verification.MATCHED,
            "verified_at": at,
        },
    )
    return payment


def refunded(
    user: AbstractBaseUser, product: Product, *, refund: int, at: datetime = NOON, **fields: Any
) -> Payment:
    """A paid order of which `refund` won went back an hour later."""
    refunds = [(refund, at + timedelta(hours=1))]
    return refunded_in_parts(user, product, refunds=refunds, at=at, **fields)


def refunded_in_parts(
    user: AbstractBaseUser,
    product: Product,
    *,
    refunds: list[Refund],
    at: datetime = NOON,
    **fields: Any,
) -> Payment:
    """A paid order of which these won went back, each when it says."""
    payment = paid(user, product, at=at, **fields)
    for number in range(1, len(refunds) + 1):
        gave_back(payment, *refunds[:number])
    return payment


def gave_back(payment: Payment, *refunds: tuple[int, datetime]) -> Payment:
    """A paid order after the gateway has told of these refunds: (won, when), all there are."""
    imp_uid, total = payment.imp_uid or "", sum(won for won, _at in refunds)
    assert payment.paid_at is not None
    answer = told(payment, imp_uid=imp_uid, paid_at=payment.paid_at, refunds=refunds)
    _happened(
        payment,
        EventKind.CANCELLED,
        amount=payment.cancelled_amount - total,
        imp_uid=imp_uid,
        answer=answer,
        movements=money_of(answer, standing=list(payment.movements.all())),
        changes={
            "status": PaymentStatus.CANCELLED,
            "cancelled_amount": total,
            "cancelled_at": refunds[-1][1],
        },
    )
    return payment


def refund_of(payment: Payment, won: int, *, at: datetime) -> Payment:
    """The same payment, of which `won` more went back at `at`."""
    own = payment.movements.filter(is_own=True, amount__lt=0)
    return gave_back(payment, *((-one.amount, one.happened_at) for one in own), (won, at))


def approved_again(payment: Payment, *, at: datetime) -> Payment:
    """The same payment, of which a second attempt was approved at `at`."""
    imp_uid = f"imp_{next(_numbers):012d}"
    answer = told(payment, imp_uid=imp_uid, paid_at=at)
    _happened(
        payment,
        EventKind.DISCREPANCY,
        imp_uid=imp_uid,
        reason_code=Finding.SECOND_APPROVAL,
        answer=answer,
        movements=money_of(answer, is_own=False),
    )
    return payment


def approved_as_a_test(
    user: AbstractBaseUser, product: Product, *, at: datetime = NOON, **fields: Any
) -> Payment:
    """A payment through the PG's test channel, where such are accepted."""
    payment = ordered(user, product, at=at - timedelta(minutes=2), **fields)
    imp_uid = f"imp_{next(_numbers):012d}"
    answer = told(payment, imp_uid=imp_uid, paid_at=at) | {"sandbox": True}
    changes = {"status": PaymentStatus.PAID, "imp_uid": imp_uid, "paid_at": at}
    _happened(
        payment,
        EventKind.PAID,
        amount=payment.amount,
        imp_uid=imp_uid,
        answer=answer,
        movements=money_of(answer),
        changes=changes,
    )
    return payment


def failed(
    user: AbstractBaseUser, product: Product, *, at: datetime = NOON, **fields: Any
) -> Payment:
    """An order that was declined."""
    payment = ordered(user, product, at=at, **fields)
    changes = {
        "status": PaymentStatus.FAILED,
        "failed_at": at + timedelta(minutes=1),
        "fail_reason": "한도 초과",
    }
    _happened(payment, EventKind.FAILED, changes=changes)
    return payment


def answered(payment: Payment, answer: dict[str, Any]) -> Payment:
    """The same payment, after an answer about its own attempt that nothing followed from."""
    imp_uid = payment.imp_uid or ""
    _happened(payment, EventKind.CONFIRMED, imp_uid=imp_uid, answer=answer)
    return payment


def found(payment: Payment, verification: Verification) -> Payment:
    """The same payment, after a question to the gateway that ended so; flagged if it differs."""
    _happened(payment, EventKind.DISCREPANCY, changes={"verification": verification})
    if verification is Verification.MISMATCHED:
        differs(payment)
    return payment


def differs(payment: Payment, bucket: Bucket = Bucket.AMOUNT) -> None:
    """Something about the payment's own attempt does not agree: a discrepancy is open."""
    imp_uid = payment.imp_uid or f"imp_of_{payment.pk}"
    cases.keep(look=Look(imp_uid=imp_uid, payment=payment, answer=None, buckets=(bucket,)))


def accepted(payment: Payment, *, by: AbstractBaseUser) -> None:
    """A person has looked into all that is open about it, and lets it stand."""
    for row in Discrepancy.objects.filter(payment=payment, is_open=True):
        queue.close(
            discrepancy=row,
            actor=by,
            reason=ClosingReason.ACCEPTED,
            text="PG사에 확인했습니다",
            expected_version=row.version,
        )


def refund_gone(
    user: AbstractBaseUser,
    product: Product,
    *,
    refund: int,
    at: datetime = NOON,
    is_open: bool = True,
) -> Payment:
    """A refunded payment of which the gateway's last answer shows no refund any more.

    `is_open`: with the discrepancy that this opens.
    """
    payment = refunded(user, product, refund=refund, at=at)
    _happened(
        payment,
        EventKind.DISCREPANCY,
        imp_uid=payment.imp_uid or "",
        reason_code=Finding.REFUND_GONE.value,
        answer=told(payment, imp_uid=payment.imp_uid or "", paid_at=at),
        changes={"verification": Verification.MISMATCHED},
    )
    if is_open:
        differs(payment, Bucket.REFUND)
    return payment


def _happened(payment: Payment, kind: EventKind, **fields: Any) -> None:
    key = f"{kind}:{next(_numbers)}"
    with transaction.atomic():
        entry = Entry(kind=kind, source=Source.COMMAND, key=key, **fields)
        ledger.append(payment=payment, entry=entry)

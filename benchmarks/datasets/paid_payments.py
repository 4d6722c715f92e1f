"""Paid payments in bulk: written here, and posted to the stand-in gateway as they stand here.

Through the real ledger, so that `audit_ledger` holds for every one of them.
To write other payments than paid ones, change what `write` gives back and post it changed.
"""

import itertools
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from benchmarks.datasets.answers import money_of, told
from payments import ledger, merchant_uid
from payments.ledger import Entry
from payments.models import Payment, Product
from payments.models.payment import PROJECTION
from payments.states import EventKind, PaymentStatus, Source, Verification

START = datetime(2026, 4, 1, 3, tzinfo=UTC)
BATCH_SIZE = 2_000

_numbers = itertools.count(1)


def write(
    *, user: AbstractBaseUser, product: Product, count: int, start: datetime = START
) -> Iterator[list[Payment]]:
    """Paid payments, one a second from `start`, in our book alone; a batch at a time."""
    for first in range(0, count, BATCH_SIZE):
        seconds = range(first, min(first + BATCH_SIZE, count))
        yield _written(user, product, [start + timedelta(seconds=second) for second in seconds])


def post_to_gateway(
    control: Callable[[str, str, Any], Any], payments: Sequence[Payment], **fields: Any
) -> None:
    """The same payments at the gateway, by its control API; `fields` differ for all of them."""
    control("POST", "payments?answer=count", [_as_posted(payment) | fields for payment in payments])


def _as_posted(payment: Payment) -> dict[str, Any]:
    assert payment.paid_at is not None
    paid_at = int(payment.paid_at.timestamp())
    return {
        "merchant_uid": payment.merchant_uid,
        "imp_uid": payment.imp_uid,
        "amount": payment.amount,
        "pay_method": payment.pay_method,
        "name": payment.name,
        "started_at": paid_at - 20,
        "paid_at": paid_at,
        "ignore_prepare": True,
        "webhook": False,
    }


def _written(user: AbstractBaseUser, product: Product, times: Sequence[datetime]) -> list[Payment]:
    payments = [_payment(user, product, at) for at in times]
    with transaction.atomic():
        Payment.objects.bulk_create(payments)
        pairs = zip(payments, times, strict=True)
        writes = [(payment, [_ordered(payment), _paid(payment, at)]) for payment, at in pairs]
        ledger.append_many(writes=writes)
    return payments


def _payment(user: AbstractBaseUser, product: Product, at: datetime) -> Payment:
    return Payment(
        merchant_uid=merchant_uid.draw(at=at),
        checkout_key=f"book-{next(_numbers)}",
        user_id=user.pk,
        product=product,
        name=product.name,
        amount=product.price,
        pay_method="card",
        requested_at=at - timedelta(seconds=30),
    )


def _ordered(payment: Payment) -> Entry:
    changes = {name: getattr(payment, name) for name in PROJECTION}
    return Entry(kind=EventKind.ORDERED, source=Source.COMMAND, key="ordered", changes=changes)


def _paid(payment: Payment, at: datetime) -> Entry:
    # Numbers that the tests' own payments, counted from 1, never reach.
    imp_uid = f"imp_1{payment.pk:011d}"
    changes = {
        "status": PaymentStatus.PAID,
        "imp_uid": imp_uid,
        "pg_provider": "html5_inicis",
        "paid_at": at,
        "verification": Verification.MATCHED,
        "verified_at": at,
    }
    answer = told(payment, imp_uid=imp_uid, paid_at=at)
    return Entry(
        kind=EventKind.PAID,
        source=Source.COMMAND,
        key=f"paid:{imp_uid}:",
        amount=payment.amount,
        imp_uid=imp_uid,
        changes=changes,
        answer=answer,
        movements=money_of(answer),
    )

"""An attempt beside the one that has settled an order is judged alike, whoever asks and however."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from payments.core.kst import day_of
from payments.models import Bucket, Payment
from payments.selectors.payments.flags import is_flagged
from payments.services.ledger_audit import audit
from payments.services.verification.verify import verify
from payments.states import Source
from tests.gateway import SandboxGateway
from tests.payments.books import begun, ended

Verdict = tuple[bool, list[str], list[tuple[str, int]]]


def by_id(payment: Payment, imp_uid: str) -> None:
    verify(payment=payment, source=Source.WEBHOOK, imp_uid=imp_uid)


def by_order_number(payment: Payment, _imp_uid: str) -> None:
    verify(payment=payment, source=Source.ADMIN, every_attempt=True)


def by_reconciliation(payment: Payment, _imp_uid: str) -> None:
    today = day_of(payment.requested_at)
    ended(begun(today - timedelta(days=1), today))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("refunded", [False, True])
@pytest.mark.parametrize(
    ("told", "differs"),
    [
        ({}, ["double_approval"]),
        ({"amount": 500}, ["double_approval"]),
        ({"currency": "USD"}, ["currency", "double_approval"]),
        ({"sandbox": True}, ["test_payment"]),
    ],
    ids=["equal", "another amount", "another currency", "a test"],
)
@pytest.mark.parametrize("door", [by_id, by_order_number, by_reconciliation])
def test_every_door_says_the_same_of_it(
    payment: Payment,
    sandbox: SandboxGateway,
    told: dict[str, Any],
    differs: list[str],
    refunded: bool,
    door: Callable[[Payment, str], None],
) -> None:
    own = sandbox.pay(payment.merchant_uid, payment.amount)
    by_id(payment, own["imp_uid"])
    payment.refresh_from_db()
    facts = {"amount": payment.amount, "ignore_prepare": True} | told
    second = sandbox.pay(payment.merchant_uid, **facts)
    if refunded:
        sandbox.cancel(second["imp_uid"], facts["amount"])
    expected = differs if not refunded or "sandbox" in told else []
    if door is by_id and "sandbox" in told:
        door = by_order_number  # a look-up by id hides it where none are accepted (contract 2.2)

    door(payment, second["imp_uid"])
    assert is_flagged(payment) == bool(expected)
    open_ones = payment.discrepancies.filter(is_open=True)
    assert [sorted(row.buckets) for row in open_ones] == ([expected] if expected else [])
    assert list(audit()) == []

    by_id(payment, second["imp_uid"])
    by_order_number(payment, second["imp_uid"])
    assert [sorted(row.buckets) for row in open_ones.all()] == ([expected] if expected else [])
    booked = payment.movements.filter(is_own=False).values_list("kind", "amount")
    sums = [("approval", facts["amount"])] + [("refund", -facts["amount"])] * refunded
    assert list(booked) == (sums if {"sandbox", "currency"}.isdisjoint(told) else [])
    assert list(audit()) == []


def test_the_own_attempt_is_seen_beside_another_whatever_order_it_names(
    payment: Payment, sandbox: SandboxGateway
) -> None:
    own = sandbox.pay(payment.merchant_uid, payment.amount)
    by_id(payment, own["imp_uid"])
    second = sandbox.pay(payment.merchant_uid, payment.amount, ignore_prepare=True)
    payment.refresh_from_db()
    by_id(payment, second["imp_uid"])
    sandbox.change(own["imp_uid"], merchant_uid="renamed")
    payment.refresh_from_db()
    by_order_number(payment, "")
    open_ones = payment.discrepancies.filter(is_open=True)
    assert {row.imp_uid: sorted(row.buckets) for row in open_ones} == {
        own["imp_uid"]: [Bucket.ORDER_NUMBER],
        second["imp_uid"]: [Bucket.DOUBLE_APPROVAL],
    }
    assert list(audit()) == []


def test_an_order_that_only_its_own_attempt_has_left_is_not_absent(
    payment: Payment, sandbox: SandboxGateway
) -> None:
    own = sandbox.pay(payment.merchant_uid, payment.amount)
    by_id(payment, own["imp_uid"])
    sandbox.change(own["imp_uid"], merchant_uid="renamed")
    payment.refresh_from_db()
    by_order_number(payment, "")
    [row] = payment.discrepancies.filter(is_open=True)
    assert (row.imp_uid, row.buckets) == (own["imp_uid"], [Bucket.ORDER_NUMBER])

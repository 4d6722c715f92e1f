"""A normal verification closes at once what agrees by now, and follows what differs otherwise."""

from typing import Any

import pytest

from accounts.models import User
from payments import gateway
from payments.models import Bucket, ClosingReason, Discrepancy, Payment, Product
from payments.services.discrepancies import queue
from payments.services.verification.settle import Result, keep_looks
from payments.services.verification.verify import verify
from payments.states import EventKind, Source
from tests.gateway import SandboxGateway
from tests.payments import builders
from tests.payments.books import filed, kept, open_by_bucket


@pytest.fixture
def refund_unknown_here(sandbox: SandboxGateway, customer: User, product: Product) -> Payment:
    """The gateway tells of a refund that we have not heard of; once it told another amount, too."""
    payment = builders.paid(customer, product)
    assert payment.paid_at
    sandbox.pay(
        payment.merchant_uid,
        payment.amount,
        imp_uid=payment.imp_uid,
        outcome="cancelled",
        cancel_amount=30_000,
        paid_at=int(payment.paid_at.timestamp()),
        fields={"apply_num": payment.apply_num},
    )
    filed(payment, Bucket.REFUND, Bucket.AMOUNT)
    return payment


def test_what_agrees_now_is_closed(refund_unknown_here: Payment) -> None:
    verify(payment=refund_unknown_here, source=Source.ADMIN)
    discrepancy = Discrepancy.objects.get()
    assert (discrepancy.is_open, discrepancy.closing_reason) == (False, "agrees")
    step = discrepancy.steps.get(kind="closed")
    assert (step.actor, step.reason_code) == (None, "agrees")
    assert '"cancelled_amount":30000' in step.ours


def test_silence_closes_nothing(refund_unknown_here: Payment, sandbox: SandboxGateway) -> None:
    sandbox.fault("status", status=500)
    verify(payment=refund_unknown_here, source=Source.ADMIN)
    assert set(open_by_bucket()) == {"refund", "amount"}


def test_what_still_differs_stays_open(
    refund_unknown_here: Payment, sandbox: SandboxGateway
) -> None:
    payment = refund_unknown_here
    sandbox.control("PATCH", f"payments/{payment.imp_uid}", {"amount": 50_000})
    verify(payment=payment, source=Source.ADMIN)
    assert set(open_by_bucket()) == {"refund", "amount"}
    assert Discrepancy.objects.count() == 1


def test_what_differs_in_another_way_takes_its_place(
    sandbox: SandboxGateway, customer: User, product: Product
) -> None:
    payment = builders.paid(customer, product)
    assert payment.paid_at
    kept(payment, None, Bucket.MISSING_THERE)
    paid_at = int(payment.paid_at.timestamp())
    fields = {"apply_num": payment.apply_num}
    sandbox.pay(payment.merchant_uid, 100, imp_uid=payment.imp_uid, paid_at=paid_at, fields=fields)
    verify(payment=payment, source=Source.ADMIN)
    found = Discrepancy.objects.get()
    assert (found.is_open, found.buckets) == (True, ["amount"])
    assert (found.payment, found.amount) == (payment, payment.amount)
    assert '"amount":100,' in found.theirs
    assert list(found.steps.values_list("kind", flat=True)) == ["found", "changed"]


def test_what_a_person_accepted_does_not_hold_it_open(
    sandbox: SandboxGateway, customer: User, product: Product, operator: User
) -> None:
    payment = builders.paid(customer, product)
    assert payment.paid_at
    paid_at = int(payment.paid_at.timestamp())
    fields = {"apply_num": payment.apply_num}
    sandbox.pay(payment.merchant_uid, 100, imp_uid=payment.imp_uid, paid_at=paid_at, fields=fields)
    verify(payment=payment, source=Source.ADMIN)
    found = Discrepancy.objects.get()
    queue.close(
        discrepancy=found,
        actor=operator,
        reason=ClosingReason.OTHER,
        text="은행에 확인했습니다",
        expected_version=found.version,
    )
    kept(payment, None, Bucket.MISSING_THERE)
    assert open_by_bucket() == {"missing_there": {payment.imp_uid}}
    verify(payment=payment, source=Source.ADMIN)
    found.refresh_from_db()
    assert (found.is_open, found.closing_reason) == (False, "accepted")


def test_another_payments_answer_closes_nothing(
    refund_unknown_here: Payment, others_payment: Payment
) -> None:
    imp_uid = refund_unknown_here.imp_uid
    assert imp_uid is not None
    verify(payment=others_payment, source=Source.ADMIN, imp_uid=imp_uid)
    # It is followed by the order that holds it, and flags that one alone.
    assert Discrepancy.objects.get(is_open=True).payment == refund_unknown_here


def test_what_agrees_costs_one_query(
    payment: Payment, sandbox: SandboxGateway, django_assert_num_queries: Any
) -> None:
    attempt = sandbox.pay(payment.merchant_uid, payment.amount)
    answer = gateway.client().payment(attempt["imp_uid"])
    result = Result(EventKind.CONFIRMED, payment, answer=answer)
    with django_assert_num_queries(1):
        keep_looks(results=[result])
    with django_assert_num_queries(0):
        keep_looks(results=[Result(EventKind.UNKNOWN, payment)])

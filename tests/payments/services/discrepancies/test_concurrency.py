"""Two doors that see the same difference at the same moment: one case, and nobody waits for ever.

A verification holds the payment's lock while it opens the case; a reconciliation has compared
without one.
"""

import threading
from contextlib import AbstractContextManager

import pytest
from django.db import connection, connections, transaction

from accounts.models import User
from payments import locks
from payments.models import Bucket, Discrepancy, Payment, Product
from payments.services.discrepancies import cases
from payments.services.discrepancies.cases import Look
from payments.states import Verification
from tests.payments import builders
from tests.payments.books import told
from tests.payments.parallel import Act, in_parallel, still_open

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def payments(customer: User, product: Product) -> list[Payment]:
    """Two paid ones."""
    return [builders.paid(customer, product) for _number in range(2)]


def look(payment: Payment, *buckets: Bucket) -> Look:
    answer = told(imp_uid=payment.imp_uid, merchant_uid=payment.merchant_uid)
    return Look(imp_uid=answer.imp_uid, payment=payment, answer=answer, buckets=buckets)


def verifying(payments: list[Payment], *buckets: Bucket) -> Act:
    """As a verification does it: locked, and in one transaction with what else it writes."""

    def act() -> None:
        with locks.locked_payments([one.pk for one in payments]) as locked:
            for one in locked.values():
                Payment.objects.filter(pk=one.pk).update(verification=Verification.UNKNOWN)
            cases.keep_all(looks=[look(locked[one.pk], *buckets) for one in payments])

    return act


def under_way(payment: Payment, *buckets: Bucket) -> AbstractContextManager[None]:
    """A verification holds the payment and has opened the case; it commits when the block ends."""
    return still_open(lambda locked: cases.keep_all(looks=[look(locked, *buckets)]), payment.pk)


@pytest.mark.parametrize("time", range(5))
def test_a_verification_and_a_run_open_one_case(payments: list[Payment], time: int) -> None:
    problems = in_parallel(
        verifying(payments, Bucket.AMOUNT),
        verifying(payments[::-1], Bucket.AMOUNT),
        *(lambda one=one: cases.keep(look=look(one, Bucket.AMOUNT)) for one in payments),
    )
    assert problems == []
    assert Discrepancy.objects.count() == 2
    for row in Discrepancy.objects.all():
        assert row.buckets == [Bucket.AMOUNT]
        assert list(row.steps.values_list("kind", flat=True)) == ["found"]


@pytest.mark.parametrize("time", range(5))
def test_they_follow_and_close_one_case_without_a_deadlock(
    payments: list[Payment], time: int
) -> None:
    with transaction.atomic():
        cases.keep_all(looks=[look(one, Bucket.AMOUNT) for one in payments])
    problems = in_parallel(
        verifying(payments),
        verifying(payments[::-1], Bucket.AMOUNT, Bucket.STATUS),
        *(lambda one=one: cases.keep(look=look(one, Bucket.STATUS)) for one in payments),
    )
    assert problems == []
    for row in Discrepancy.objects.all():
        kinds = list(row.steps.values_list("kind", flat=True))
        assert row.version == len(kinds)
        assert row.is_open is (kinds[-1] != "closed")


def test_a_run_waits_for_the_verification_and_then_sees_its_case(payments: list[Payment]) -> None:
    payment = payments[0]
    run_is_over = threading.Event()

    def compare() -> None:
        cases.keep(look=look(payment, Bucket.AMOUNT))
        run_is_over.set()
        connections.close_all()

    with under_way(payment, Bucket.AMOUNT, Bucket.STATUS):
        thread = threading.Thread(target=compare)
        thread.start()
        assert not run_is_over.wait(timeout=0.5)
    thread.join(timeout=60)
    assert run_is_over.is_set()
    row = Discrepancy.objects.get()
    assert (row.buckets, row.times_opened) == ([Bucket.AMOUNT], 1)


def test_who_refers_to_a_payment_does_not_wait_for_its_lock(payments: list[Payment]) -> None:
    """An attempt of an order that nobody else has locked: the row is there at once."""
    with under_way(payments[0], Bucket.AMOUNT):
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '2s'")
        try:
            Discrepancy.objects.create(
                imp_uid="imp_other",
                payment=payments[0],
                found_at=builders.NOON,
                seen_at=builders.NOON,
            )
        finally:
            with connection.cursor() as cursor:
                cursor.execute("SET lock_timeout = 0")

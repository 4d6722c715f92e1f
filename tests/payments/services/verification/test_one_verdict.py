"""What a verification finds is the same on every door and page, and ends when the facts end it."""

from datetime import UTC, datetime

import pytest
from django.utils import timezone

from accounts.models import User
from payments.models import Bucket, ClosingReason, Discrepancy, Payment, Product
from payments.selectors.payments.attention import Attention, needs
from payments.selectors.payments.detail import Agreement, comparison
from payments.selectors.payments.flags import Shown, is_flagged, open_attempts, shown
from payments.states import EventKind, Finding, PaymentStatus, Verification
from tests.gateway import SandboxGateway
from tests.payments import builders
from tests.payments.books import reconciled

from .looking import NOON as NOW
from .looking import look

DAY = 86_400
PAID_AT = NOW - 20 * DAY


@pytest.fixture
def ordered(customer: User, product: Product) -> Payment:
    return builders.ordered(customer, product, at=datetime.fromtimestamp(PAID_AT - 60, UTC))


def approved(sandbox: SandboxGateway, payment: Payment, at: int = PAID_AT) -> str:
    times = {"paid_at": at, "started_at": at - 20, "ignore_prepare": True}
    return str(sandbox.pay(payment.merchant_uid, 99_000, **times)["imp_uid"])


def differing(payment: Payment) -> list[str]:
    page = comparison(payment, open_attempts=open_attempts(payment))
    return [field.name for field in page.fields if field.agreement is Agreement.DIFFERENT]


def test_orders_that_were_mixed_up_agree_once_each_has_its_own(
    payment: Payment, others_payment: Payment, sandbox: SandboxGateway
) -> None:
    mine, theirs = (
        str(sandbox.pay(order.merchant_uid, 99_000)["imp_uid"])
        for order in (payment, others_payment)
    )
    assert look(payment, theirs).findings == (Finding.MERCHANT_UID,)
    assert not is_flagged(payment)
    assert payment.verification == Verification.NEVER
    for order, imp_uid in ((payment, mine), (others_payment, theirs)):
        look(order, imp_uid)
        assert (order.is_paid, order.verification) == (True, "matched")
    assert not Discrepancy.objects.exists()


def test_a_strangers_id_says_nothing_against_a_payment_that_agrees(
    payment: Payment, others_payment: Payment, sandbox: SandboxGateway
) -> None:
    mine = str(sandbox.pay(payment.merchant_uid, 99_000)["imp_uid"])
    look(payment, mine)
    theirs = str(sandbox.pay(others_payment.merchant_uid, 99_000)["imp_uid"])
    look(payment, theirs)
    assert payment.verification == Verification.MATCHED
    assert differing(payment) == []
    assert not is_flagged(payment)


def test_a_time_of_payment_that_moved_is_one_difference_on_every_page(
    ordered: Payment, sandbox: SandboxGateway, operator: User
) -> None:
    imp_uid = approved(sandbox, ordered)
    look(ordered, imp_uid)
    sandbox.change(imp_uid, paid_at=PAID_AT + DAY)
    assert look(ordered, imp_uid).findings == (Finding.PAID_AT,)
    assert differing(ordered) == ["paid_at"]
    row = Discrepancy.objects.get(is_open=True)
    assert (row.buckets, row.amount) == ([Bucket.PAID_AT], 99_000)
    first = datetime.fromtimestamp(PAID_AT, UTC).date()
    run = reconciled(first, datetime.fromtimestamp(PAID_AT + DAY, UTC).date())
    assert run.counts["differ"] == 1
    assert Discrepancy.objects.get() == row
    builders.accepted(ordered, by=operator)
    look(ordered, imp_uid)
    assert shown(ordered, flagged=is_flagged(ordered)) is Shown.ACCEPTED
    sandbox.change(imp_uid, paid_at=PAID_AT + 2 * DAY)
    look(ordered, imp_uid)
    assert is_flagged(ordered)
    sandbox.change(imp_uid, paid_at=PAID_AT)
    look(ordered, imp_uid)
    assert not is_flagged(ordered)
    assert shown(ordered, flagged=False) is Shown.MATCHED


class TestMoneyForAnOrderThatHadFailed:
    """A person decides, or the refund does."""

    @pytest.fixture
    def late(self, ordered: Payment, sandbox: SandboxGateway) -> Payment:
        declined = sandbox.pay(ordered.merchant_uid, 99_000, outcome="failed", ignore_prepare=True)
        look(ordered, declined["imp_uid"])
        assert ordered.status == PaymentStatus.FAILED
        look(ordered, approved(sandbox, ordered))
        return ordered

    def waits(self) -> int:
        return Payment.objects.filter(needs(Attention.LATE_APPROVAL, now=timezone.now())).count()

    def test_it_waits_for_a_decision(self, late: Payment) -> None:
        assert (late.is_paid, late.verification) == (True, "matched")
        assert Discrepancy.objects.get(is_open=True).buckets == [Bucket.LATE_APPROVAL]
        assert is_flagged(late)
        assert self.waits() == 1

    def test_who_honours_it_is_asked_no_more(self, late: Payment, operator: User) -> None:
        builders.accepted(late, by=operator)
        look(late)
        reconciled(datetime.fromtimestamp(PAID_AT, UTC).date())
        assert not is_flagged(late)
        assert self.waits() == 0

    def test_a_full_refund_ends_it(self, late: Payment, sandbox: SandboxGateway) -> None:
        sandbox.cancel(str(late.imp_uid), 1_000, cancelled_at=PAID_AT + DAY)
        look(late)
        assert self.waits() == 1
        sandbox.cancel(str(late.imp_uid), 98_000, cancelled_at=PAID_AT + 2 * DAY)
        look(late)
        assert not is_flagged(late)
        assert self.waits() == 0
        assert Discrepancy.objects.get().closing_reason == ClosingReason.AGREES


class TestAnotherAttemptWithMoney:
    @pytest.fixture
    def twice(self, ordered: Payment, sandbox: SandboxGateway) -> tuple[Payment, str]:
        look(ordered, approved(sandbox, ordered))
        second = approved(sandbox, ordered, PAID_AT + 60)
        assert look(ordered, second).findings == (Finding.SECOND_APPROVAL,)
        return ordered, second

    def test_a_verification_of_the_payment_sees_how_it_stands(
        self, twice: tuple[Payment, str], sandbox: SandboxGateway
    ) -> None:
        payment, second = twice
        result = look(payment)
        assert (result.kind, result.findings) == (
            EventKind.DISCREPANCY,
            (Finding.SECOND_APPROVAL,),
        )
        sandbox.cancel(second, 1_000, cancelled_at=PAID_AT + DAY)
        look(payment)
        assert is_flagged(payment)
        sandbox.cancel(second, 98_000, cancelled_at=PAID_AT + 2 * DAY)
        look(payment)
        assert not is_flagged(payment)
        assert payment.verification == Verification.MATCHED
        amounts = payment.movements.filter(is_own=False).values_list("amount", flat=True)
        assert sorted(amounts) == [-98_000, -1_000, 99_000]

    def test_it_is_one_case_of_its_own_amount(self, twice: tuple[Payment, str]) -> None:
        payment, second = twice
        look(payment)
        reconciled(datetime.fromtimestamp(PAID_AT, UTC).date())
        row = Discrepancy.objects.get()
        assert (row.imp_uid, row.payment, row.amount) == (second, payment, 99_000)
        assert row.buckets == [Bucket.DOUBLE_APPROVAL]

    def test_a_refund_of_it_that_is_gone_books_nothing_and_is_named(
        self, twice: tuple[Payment, str], sandbox: SandboxGateway
    ) -> None:
        payment, second = twice
        sandbox.cancel(second, 1_000, cancelled_at=PAID_AT + DAY)
        look(payment)
        sandbox.change(second, status="paid", cancel_amount=0, cancelled_at=0, cancel_history=[])
        assert set(look(payment).findings) == {Finding.SECOND_APPROVAL, Finding.REFUND_GONE}
        amounts = payment.movements.filter(is_own=False).values_list("amount", flat=True)
        assert sorted(amounts) == [-1_000, 99_000]
        assert is_flagged(payment)

    def test_its_history_has_to_be_true_even_when_all_went_back(
        self, twice: tuple[Payment, str], sandbox: SandboxGateway
    ) -> None:
        payment, second = twice
        part = {"amount": 1_000, "cancelled_at": PAID_AT + DAY}
        told = {"status": "cancelled", "cancel_amount": 99_000, "cancelled_at": PAID_AT + DAY}
        sandbox.change(second, **told, cancel_history=[part])
        assert Finding.HISTORY in look(payment).findings
        assert Discrepancy.objects.get(is_open=True).buckets == [Bucket.CONTRADICTION]


def test_a_refund_of_another_day_is_a_difference_on_every_door(
    ordered: Payment, sandbox: SandboxGateway, operator: User
) -> None:
    imp_uid = approved(sandbox, ordered)
    sandbox.cancel(imp_uid, 1_000, cancelled_at=PAID_AT + DAY)
    look(ordered, imp_uid)
    entry = {"amount": 1_000, "cancelled_at": PAID_AT + 3 * DAY}
    sandbox.change(imp_uid, cancel_history=[entry], cancelled_at=PAID_AT + 3 * DAY)
    days = [datetime.fromtimestamp(PAID_AT + days * DAY, UTC).date() for days in (0, 4)]
    reconciled(*days)
    row = Discrepancy.objects.get(is_open=True)
    assert (row.buckets, row.payment) == ([Bucket.REFUND], ordered)
    assert look(ordered, imp_uid).findings == (Finding.REFUND_GONE,)
    reconciled(*days)
    assert Discrepancy.objects.get(is_open=True) == row
    builders.accepted(ordered, by=operator)
    reconciled(*days)
    look(ordered, imp_uid)
    assert not is_flagged(ordered)


def test_the_own_attempt_under_another_number_is_a_difference_on_every_door(
    ordered: Payment, sandbox: SandboxGateway, operator: User
) -> None:
    imp_uid = approved(sandbox, ordered)
    look(ordered, imp_uid)
    sandbox.change(imp_uid, merchant_uid="of-another-shop")
    assert look(ordered, imp_uid).findings == (Finding.MERCHANT_UID,)
    assert differing(ordered) == ["merchant_uid"]
    row = Discrepancy.objects.get(is_open=True)
    assert (row.buckets, row.payment) == ([Bucket.ORDER_NUMBER], ordered)
    builders.accepted(ordered, by=operator)
    look(ordered, imp_uid)
    assert shown(ordered, flagged=is_flagged(ordered)) is Shown.ACCEPTED
    sandbox.change(imp_uid, merchant_uid=ordered.merchant_uid)
    look(ordered, imp_uid)
    assert shown(ordered, flagged=is_flagged(ordered)) is Shown.MATCHED


def test_what_is_another_orders_is_in_no_comparison(
    payment: Payment, others_payment: Payment, sandbox: SandboxGateway
) -> None:
    theirs = str(sandbox.pay(others_payment.merchant_uid, 99_000)["imp_uid"])
    look(payment, theirs)
    assert comparison(payment, open_attempts=open_attempts(payment)).event is None
    assert differing(payment) == []

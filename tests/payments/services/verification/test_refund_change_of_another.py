"""A refund of a second approval that the PG took back: a person confirms it, the order stays."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db.models import Q

from accounts.models import User
from payments.core.kst import day_of
from payments.errors import Conflict, NotAllowed
from payments.models import Bucket, Discrepancy, Payment, Product
from payments.selectors.payments.flags import is_flagged
from payments.selectors.reconciliation.won import Figure, won_of_run
from payments.selectors.roll_ups import roll_ups
from payments.services.ledger_audit import audit
from payments.services.roll_ups.audit import audit_roll_ups
from payments.services.roll_ups.fold import fold
from payments.services.verification import refund_change
from payments.services.verification.settle import Result
from payments.services.verification.verify import verify
from payments.states import (
    EventKind,
    Finding,
    MovementKind,
    PaymentStatus,
    Source,
    Verification,
)
from tests.gateway import SandboxGateway
from tests.payments import builders
from tests.payments.books import reconciled

from .looking import NOON as NOW
from .looking import look

DAY = 86_400
NOON = NOW - 21 * DAY
NOTE = "이니시스 관리자에서 취소 원복을 확인함"


@pytest.fixture
def payment(customer: User, product: Product, sandbox: SandboxGateway) -> Payment:
    """Paid by its first attempt."""
    order = builders.ordered(customer, product, at=datetime.fromtimestamp(NOON - 60, UTC))
    look(order, attempt(sandbox, order, NOON))
    return order


@pytest.fixture
def second(payment: Payment, sandbox: SandboxGateway) -> str:
    """Approved, too, and given back in two parts; we know all of it and nothing is open."""
    imp_uid = attempt(sandbox, payment, NOON + 60)
    look(payment, imp_uid)
    for amount, number in ((60_000, 2), (39_000, 3)):
        sandbox.cancel(imp_uid, amount, cancelled_at=NOON + number * DAY)
        look(payment, imp_uid)
    assert not is_flagged(payment)
    return imp_uid


def attempt(sandbox: SandboxGateway, payment: Payment, at: int) -> str:
    times = {"paid_at": at, "started_at": at - 20}
    paid = sandbox.pay(payment.merchant_uid, 99_000, ignore_prepare=True, **times)
    return str(paid["imp_uid"])


def taken_back(sandbox: SandboxGateway, payment: Payment, second: str, *which: str) -> Result:
    """The PG took it back, and we have looked."""
    sandbox.take_back(second, *which)
    return look(payment, second)


def day(number: int) -> date:
    return day_of(datetime.fromtimestamp(NOON + number * DAY, UTC))


def confirm(payment: Payment, actor: User, second: str, on: date | None, **more: Any) -> Result:
    given = {"reversed_on": on, "note": NOTE, "expected_version": payment.version} | more
    result = refund_change.confirm(payment=payment, actor=actor, imp_uid=second, **given)
    payment.refresh_from_db()
    return result


def book(payment: Payment, imp_uid: str) -> list[tuple[str, int, date]]:
    rows = payment.movements.filter(imp_uid=imp_uid, is_own=False).order_by("pk")
    return list(rows.values_list("kind", "amount", "day"))


def case(second: str) -> tuple[bool, list[Bucket]]:
    row = Discrepancy.objects.get(imp_uid=second)
    return row.is_open, row.buckets


def assert_clean() -> None:
    assert list(audit()) == []
    assert list(audit_roll_ups()) == []


def test_by_itself_it_is_named_and_books_nothing(
    payment: Payment, second: str, sandbox: SandboxGateway
) -> None:
    before = book(payment, second)
    assert Finding.REFUND_GONE in taken_back(sandbox, payment, second).findings
    assert (book(payment, second), payment.net_amount) == (before, 99_000)
    assert case(second) == (True, [Bucket.REFUND, Bucket.DOUBLE_APPROVAL])


@pytest.mark.parametrize("every_attempt", [True, False])
def test_a_part_that_is_gone_stays_open_although_all_has_gone_back(
    payment: Payment, second: str, sandbox: SandboxGateway, *, every_attempt: bool
) -> None:
    """By order number as by its id, and through a reconciliation."""
    whole = {"amount": 99_000, "cancelled_at": NOON + 4 * DAY}
    sandbox.change(second, cancel_history=[whole], cancelled_at=whole["cancelled_at"])
    imp_uid = "" if every_attempt else second
    for _time in range(2):
        verify(payment=payment, source=Source.ADMIN, every_attempt=True, imp_uid=imp_uid)
        assert case(second) == (True, [Bucket.REFUND])
    reconciled(day(0), day(6))
    assert case(second) == (True, [Bucket.REFUND])


def test_confirmed_it_counts_for_its_attempt_alone_and_is_a_second_approval_again(
    payment: Payment, second: str, sandbox: SandboxGateway, approver: User
) -> None:
    taken_back(sandbox, payment, second)
    [undone] = refund_change.proposal(payment=payment, imp_uid=second).reversed
    assert (undone.amount, undone.is_own) == (-39_000, False)
    result = confirm(payment, approver, second, day(5))
    assert (result.findings, result.moved_amount) == ((Finding.SECOND_APPROVAL,), 0)
    assert book(payment, second) == [
        (MovementKind.APPROVAL, 99_000, day(0)),
        (MovementKind.REFUND, -60_000, day(2)),
        (MovementKind.REFUND, -39_000, day(3)),
        (MovementKind.REFUND_REVERSAL, 39_000, day(5)),
    ]
    assert (payment.status, payment.net_amount) == (PaymentStatus.PAID, 99_000)
    assert (payment.cancelled_amount, payment.verification) == (0, Verification.MISMATCHED)
    assert case(second) == (True, [Bucket.DOUBLE_APPROVAL])
    event = payment.events.get(kind=EventKind.REFUND_CHANGED)
    assert (event.actor, event.imp_uid, event.amount) == (approver, second, 0)
    assert event.reason_code == day(5).isoformat()
    assert_clean()


def test_both_refunds_taken_back_one_after_the_other(
    payment: Payment, second: str, sandbox: SandboxGateway, approver: User
) -> None:
    for number, amount in ((5, 39_000), (6, 60_000)):
        taken_back(sandbox, payment, second)
        confirm(payment, approver, second, day(number))
        assert book(payment, second)[-1] == (MovementKind.REFUND_REVERSAL, amount, day(number))
    assert sum(amount for _kind, amount, _day in book(payment, second)) == 99_000
    assert_clean()


def test_the_first_of_two_goes_and_the_other_stays(
    payment: Payment, second: str, sandbox: SandboxGateway, approver: User
) -> None:
    first = payment.movements.get(imp_uid=second, amount=-60_000)
    taken_back(sandbox, payment, second, first.external_id)
    proposed = refund_change.proposal(payment=payment, imp_uid=second)
    assert (list(proposed.reversed), proposed.earliest) == ([first], day(2))
    confirm(payment, approver, second, day(4))
    assert book(payment, second)[-1] == (MovementKind.REFUND_REVERSAL, 60_000, day(4))
    assert_clean()


def test_given_back_again_afterwards_the_case_closes_by_the_facts(
    payment: Payment, second: str, sandbox: SandboxGateway, approver: User
) -> None:
    taken_back(sandbox, payment, second)
    confirm(payment, approver, second, day(5))
    sandbox.cancel(second, 39_000, cancelled_at=NOON + 7 * DAY)
    look(payment, second)
    assert book(payment, second)[-1] == (MovementKind.REFUND, -39_000, day(7))
    assert not is_flagged(payment)
    assert_clean()


def test_twice_is_once(
    payment: Payment, second: str, sandbox: SandboxGateway, approver: User
) -> None:
    taken_back(sandbox, payment, second)
    confirm(payment, approver, second, day(5))
    before, events = book(payment, second), payment.events.count()
    with pytest.raises(NotAllowed) as refused:
        confirm(payment, approver, second, day(5))
    assert refused.value.message == refund_change.NOTHING_GONE
    assert (book(payment, second), payment.events.count()) == (before, events)
    look(payment, second)
    assert book(payment, second) == before


def test_who_saw_it_before_somebody_else_confirmed_is_refused(
    payment: Payment, second: str, sandbox: SandboxGateway, approver: User
) -> None:
    taken_back(sandbox, payment, second)
    with pytest.raises(Conflict):
        confirm(payment, approver, second, day(5), expected_version=payment.version - 1)
    assert len(book(payment, second)) == 3


@pytest.mark.parametrize(
    ("on", "words"),
    [
        (None, refund_change.DAY_NEEDED),
        (2, refund_change.DAY_TOO_EARLY),
        (23, refund_change.DAY_AHEAD),
    ],
)
def test_a_day_that_cant_be_asks_and_books_nothing(
    payment: Payment,
    second: str,
    sandbox: SandboxGateway,
    approver: User,
    on: int | None,
    words: str,
) -> None:
    taken_back(sandbox, payment, second)
    calls, before = sandbox.calls()["total"], book(payment, second)
    with pytest.raises(refund_change.WrongDay) as refused:
        confirm(payment, approver, second, None if on is None else day(on))
    assert str(refused.value) == str(words) % {"day": day(3)}
    assert (sandbox.calls()["total"], book(payment, second)) == (calls, before)


def test_a_refund_that_is_there_again_when_it_is_confirmed_books_nothing(
    payment: Payment, second: str, sandbox: SandboxGateway, approver: User
) -> None:
    whole = sandbox.change(second)
    names = ("status", "cancel_amount", "cancelled_at", "cancel_history")
    taken_back(sandbox, payment, second)
    before = book(payment, second)
    sandbox.change(second, **{name: whole[name] for name in names})
    assert confirm(payment, approver, second, day(5)).kind is EventKind.CONFIRMED
    assert book(payment, second) == before
    assert not is_flagged(payment)
    assert_clean()


def test_a_refund_that_moved_to_another_day_leaves_nothing_open(
    payment: Payment, second: str, sandbox: SandboxGateway, approver: User
) -> None:
    history = sandbox.change(second)["cancel_history"]
    moved = [one | {"cancelled_at": one["cancelled_at"] + DAY} for one in history]
    sandbox.change(second, cancel_history=moved, cancelled_at=moved[-1]["cancelled_at"])
    assert look(payment, second).findings == (Finding.REFUND_GONE,)
    assert not refund_change.proposal(payment=payment, imp_uid=second).needs_day
    result = confirm(payment, approver, second, None)
    assert (result.findings, payment.verification) == ((), Verification.MATCHED)
    assert {(kind, on) for kind, _amount, on in book(payment, second)[3:]} == {
        (MovementKind.CORRECTION, day(2)),
        (MovementKind.CORRECTION, day(3)),
        (MovementKind.REFUND, day(3)),
        (MovementKind.REFUND, day(4)),
    }
    assert not is_flagged(payment)
    assert_clean()


def test_a_word_about_one_attempt_moves_no_other(
    payment: Payment, second: str, sandbox: SandboxGateway, approver: User
) -> None:
    sandbox.cancel(str(payment.imp_uid), 10_000, cancelled_at=NOON + 2 * DAY)
    look(payment, str(payment.imp_uid))
    sandbox.take_back(str(payment.imp_uid))
    look(payment, str(payment.imp_uid))
    taken_back(sandbox, payment, second)
    confirm(payment, approver, second, day(5))
    assert (payment.cancelled_amount, payment.net_amount) == (10_000, 89_000)
    refund_change.confirm(
        payment=payment,
        actor=approver,
        reversed_on=day(5),
        note=NOTE,
        expected_version=payment.version,
    )
    payment.refresh_from_db()
    assert (payment.status, payment.net_amount) == (PaymentStatus.PAID, 99_000)
    assert_clean()


def test_what_was_seen_by_order_number_can_be_confirmed_too(
    payment: Payment, second: str, sandbox: SandboxGateway, approver: User
) -> None:
    sandbox.take_back(second)
    result = verify(payment=payment, source=Source.ADMIN, every_attempt=True)
    assert Finding.REFUND_GONE in result.findings_of_others[second]
    assert case(second) == (True, [Bucket.REFUND, Bucket.DOUBLE_APPROVAL])
    payment.refresh_from_db()
    confirm(payment, approver, second, day(5))
    assert book(payment, second)[-1] == (MovementKind.REFUND_REVERSAL, 39_000, day(5))
    assert_clean()


def test_sums_and_the_reconciliation_say_the_same(
    payment: Payment, second: str, sandbox: SandboxGateway, approver: User
) -> None:
    taken_back(sandbox, payment, second)
    confirm(payment, approver, second, day(5))
    fold(seconds=5)
    rows = roll_ups().movements("kind", "is_own", where=Q(day=day(5)))
    assert [(row["kind"], row["is_own"], row["amount"]) for row in rows] == [
        (MovementKind.REFUND_REVERSAL, False, 39_000)
    ]
    assert_clean()
    won = won_of_run(reconciled(day(0), day(6)))
    assert won is not None
    assert (won.net.here.won, won.net.difference) == (99_000 + 39_000, Figure())
    assert case(second) == (True, [Bucket.DOUBLE_APPROVAL])

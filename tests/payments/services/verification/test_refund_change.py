"""A refund that changed at the PG moves money once a person has said so, and only then."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from accounts.models import User
from payments.core.kst import day_of
from payments.errors import Conflict, NotAllowed
from payments.models import Payment, Product
from payments.services.ledger_audit import audit
from payments.services.verification import refund_change
from payments.services.verification.settle import Result
from payments.states import EventKind, Finding, MovementKind, PaymentStatus
from tests.gateway import SandboxGateway
from tests.payments import builders

from .looking import NOON as NOW
from .looking import look

DAY = 86_400
NOON = NOW - 21 * DAY
NOTE = "이니시스 관리자에서 취소 원복을 확인함"


@pytest.fixture
def payment(customer: User, product: Product) -> Payment:
    return builders.ordered(customer, product, at=datetime.fromtimestamp(NOON - 60, UTC))


@pytest.fixture
def paid(payment: Payment, sandbox: SandboxGateway) -> dict[str, Any]:
    times = {"paid_at": NOON, "started_at": NOON - 20}
    return sandbox.pay(payment.merchant_uid, 99_000, **times)


@pytest.fixture
def refunded(payment: Payment, sandbox: SandboxGateway, paid: dict[str, Any]) -> dict[str, Any]:
    """30,000 went back two days after it was paid, and we know."""
    sandbox.cancel(paid["imp_uid"], 30_000, cancelled_at=NOON + 2 * DAY)
    look(payment, paid["imp_uid"])
    return paid


def day(number: int) -> date:
    return day_of(datetime.fromtimestamp(NOON + number * DAY, UTC))


def confirm(payment: Payment, actor: User, on: date | None, **more: Any) -> Result:
    version = more.pop("expected_version", payment.version)
    given = {"reversed_on": on, "note": NOTE, "expected_version": version} | more
    result = refund_change.confirm(payment=payment, actor=actor, **given)
    payment.refresh_from_db()
    return result


def book(payment: Payment) -> list[tuple[str, int, date]]:
    return list(payment.movements.order_by("pk").values_list("kind", "amount", "day"))


def test_less_refunded_than_before_moves_nothing_by_itself(
    payment: Payment, sandbox: SandboxGateway, refunded: dict[str, Any]
) -> None:
    before = book(payment)
    sandbox.take_back(refunded["imp_uid"])
    assert look(payment, refunded["imp_uid"]).findings == (Finding.REFUND_GONE,)
    assert (payment.status, book(payment)) == (PaymentStatus.CANCELLED, before)


def test_a_refund_taken_back_counts_again_on_the_day_that_the_pg_names(
    payment: Payment, sandbox: SandboxGateway, refunded: dict[str, Any], approver: User
) -> None:
    sandbox.take_back(refunded["imp_uid"])
    look(payment, refunded["imp_uid"])
    assert confirm(payment, approver, day(5)).kind is EventKind.REFUND_CHANGED
    assert book(payment) == [
        (MovementKind.APPROVAL, 99_000, day(0)),
        (MovementKind.REFUND, -30_000, day(2)),
        (MovementKind.REFUND_REVERSAL, 30_000, day(5)),
    ]
    assert (payment.status, payment.cancelled_amount) == (PaymentStatus.PAID, 0)
    assert payment.cancelled_at is None
    event = payment.events.get(kind=EventKind.REFUND_CHANGED)
    assert (event.amount, event.actor) == (30_000, approver)
    assert list(audit()) == []
    assert look(payment, refunded["imp_uid"]).kind is EventKind.CONFIRMED


def test_an_equal_refund_after_it_is_another_one(
    payment: Payment, sandbox: SandboxGateway, refunded: dict[str, Any], approver: User
) -> None:
    sandbox.take_back(refunded["imp_uid"])
    look(payment, refunded["imp_uid"])
    confirm(payment, approver, day(2))
    sandbox.cancel(refunded["imp_uid"], 30_000, cancelled_at=NOON + 7 * DAY)
    assert look(payment, refunded["imp_uid"]).kind is EventKind.CANCELLED
    assert book(payment)[3:] == [(MovementKind.REFUND, -30_000, day(7))]
    assert payment.net_amount == 69_000
    sandbox.take_back(refunded["imp_uid"])
    look(payment, refunded["imp_uid"])
    assert confirm(payment, approver, day(8)).kind is EventKind.REFUND_CHANGED
    assert payment.net_amount == 99_000
    assert list(audit()) == []


def test_one_of_two_refunds_is_taken_back(
    payment: Payment, sandbox: SandboxGateway, refunded: dict[str, Any], approver: User
) -> None:
    sandbox.cancel(refunded["imp_uid"], 20_000, cancelled_at=NOON + 3 * DAY)
    look(payment, refunded["imp_uid"])
    first = payment.movements.get(amount=-30_000)
    sandbox.take_back(refunded["imp_uid"], first.external_id)
    look(payment, refunded["imp_uid"])
    proposed = refund_change.proposal(payment=payment)
    assert list(proposed.reversed) == [first]
    assert proposed.earliest == day(2)
    confirm(payment, approver, day(3))
    assert (payment.status, payment.cancelled_amount) == (PaymentStatus.CANCELLED, 20_000)
    assert payment.net_amount == 79_000
    assert list(audit()) == []


def test_a_refund_whose_time_moved_is_booked_on_its_new_day(
    payment: Payment, sandbox: SandboxGateway, refunded: dict[str, Any], approver: User
) -> None:
    entry = payment.movements.get(kind=MovementKind.REFUND)
    moved = {"amount": 30_000, "cancelled_at": NOON + 4 * DAY, "cancellation_id": entry.external_id}
    sandbox.change(refunded["imp_uid"], cancel_history=[moved], cancelled_at=moved["cancelled_at"])
    assert look(payment, refunded["imp_uid"]).findings == (Finding.REFUND_GONE,)
    proposed = refund_change.proposal(payment=payment)
    assert not proposed.needs_day
    assert confirm(payment, approver, None).kind is EventKind.REFUND_CHANGED
    assert book(payment)[1:] == [
        (MovementKind.REFUND, -30_000, day(2)),
        (MovementKind.CORRECTION, 30_000, day(2)),
        (MovementKind.REFUND, -30_000, day(4)),
    ]
    assert payment.cancelled_at == datetime.fromtimestamp(NOON + 4 * DAY, UTC)
    assert list(audit()) == []


def test_a_sum_that_fell_by_whole_refunds_takes_the_newest_back(
    payment: Payment, sandbox: SandboxGateway, paid: dict[str, Any], approver: User
) -> None:
    sandbox.change(paid["imp_uid"], **_only_a_sum(30_000, 2))
    look(payment, paid["imp_uid"])
    sandbox.change(paid["imp_uid"], **_only_a_sum(50_000, 3))
    look(payment, paid["imp_uid"])
    sandbox.change(paid["imp_uid"], **_only_a_sum(30_000, 2))
    look(payment, paid["imp_uid"])
    confirm(payment, approver, day(4))
    assert book(payment)[-1] == (MovementKind.REFUND_REVERSAL, 20_000, day(4))
    assert list(audit()) == []


def test_a_sum_that_fell_by_a_part_of_a_refund_stays_a_finding(
    payment: Payment, sandbox: SandboxGateway, paid: dict[str, Any], approver: User
) -> None:
    sandbox.change(paid["imp_uid"], **_only_a_sum(30_000, 2))
    look(payment, paid["imp_uid"])
    sandbox.change(paid["imp_uid"], **_only_a_sum(10_000, 2))
    look(payment, paid["imp_uid"])
    before = book(payment)
    with pytest.raises(NotAllowed) as refused:
        confirm(payment, approver, day(4))
    assert refused.value.message == refund_change.NOT_TOLD
    assert book(payment) == before


def _only_a_sum(amount: int, number: int) -> dict[str, Any]:
    """Without a history, as old rows are told (contract 3.4)."""
    at = NOON + number * DAY
    told = {"cancel_amount": amount, "cancelled_at": at, "cancel_history": []}
    return {"status": "cancelled", **told}


def test_a_refund_that_is_there_again_when_it_is_confirmed_changes_nothing(
    payment: Payment, sandbox: SandboxGateway, refunded: dict[str, Any], approver: User
) -> None:
    history = sandbox.change(refunded["imp_uid"])["cancel_history"]
    sandbox.take_back(refunded["imp_uid"])
    look(payment, refunded["imp_uid"])
    before = book(payment)
    sandbox.change(refunded["imp_uid"], **(_only_a_sum(30_000, 2) | {"cancel_history": history}))
    assert confirm(payment, approver, day(5)).kind is EventKind.CONFIRMED
    assert (book(payment), payment.net_amount) == (before, 69_000)


@pytest.mark.parametrize(
    ("on", "words"),
    [
        (None, refund_change.DAY_NEEDED),
        (1, refund_change.DAY_TOO_EARLY),
        # Two days ahead: one would be today by the end of a run over midnight.
        (23, refund_change.DAY_AHEAD),
    ],
)
def test_a_day_that_cant_be_is_refused_and_asks_nothing(
    payment: Payment,
    sandbox: SandboxGateway,
    refunded: dict[str, Any],
    approver: User,
    on: int | None,
    words: str,
) -> None:
    sandbox.take_back(refunded["imp_uid"])
    look(payment, refunded["imp_uid"])
    calls, events = sandbox.calls()["total"], payment.events.count()
    with pytest.raises(refund_change.WrongDay) as refused:
        confirm(payment, approver, None if on is None else day(on))
    assert str(refused.value) == str(words) % {"day": day(2)}
    assert (sandbox.calls()["total"], payment.events.count()) == (calls, events)


def test_a_payment_that_moved_since_or_a_note_without_words_is_refused(
    payment: Payment, sandbox: SandboxGateway, refunded: dict[str, Any], approver: User
) -> None:
    sandbox.take_back(refunded["imp_uid"])
    look(payment, refunded["imp_uid"])
    with pytest.raises(Conflict):
        confirm(payment, approver, day(5), expected_version=payment.version - 1)
    with pytest.raises(NotAllowed):
        confirm(payment, approver, day(5), note=" ")
    assert payment.movements.count() == 2


def test_a_payment_whose_refunds_agree_has_nothing_to_confirm(
    payment: Payment, refunded: dict[str, Any], approver: User
) -> None:
    with pytest.raises(NotAllowed) as refused:
        confirm(payment, approver, day(5))
    assert refused.value.message == refund_change.NOTHING_GONE


def test_a_silent_gateway_books_nothing(
    payment: Payment, sandbox: SandboxGateway, refunded: dict[str, Any], approver: User
) -> None:
    sandbox.take_back(refunded["imp_uid"])
    look(payment, refunded["imp_uid"])
    before = book(payment)
    sandbox.fault("status", status=500)
    assert confirm(payment, approver, day(5)).kind is EventKind.UNKNOWN
    assert book(payment) == before


def test_the_first_second_of_the_day_is_never_before_the_refund(
    payment: Payment, sandbox: SandboxGateway, refunded: dict[str, Any], approver: User
) -> None:
    sandbox.take_back(refunded["imp_uid"])
    look(payment, refunded["imp_uid"])
    confirm(payment, approver, day(2))
    refund, back = payment.movements.order_by("pk")[1:]
    assert back.happened_at == refund.happened_at
    assert back.observed_at - back.happened_at > timedelta(days=1)

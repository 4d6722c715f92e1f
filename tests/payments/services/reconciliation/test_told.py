"""What an answer tells has moved: the same as what its booking stands for, whatever its history."""

from dataclasses import replace
from typing import Any, cast

from hypothesis import given
from hypothesis import strategies as st

from payments.iamport import Cancellation, GatewayPayment
from payments.models import Movement
from payments.services.reconciliation.sides import NEVER, Key, stand, told
from payments.services.verification.movements import Untimed, drafts
from payments.states import MovementKind

PAID_AT = 1_775_000_000
PAID = GatewayPayment(
    imp_uid="imp_1",
    merchant_uid="order",
    status="paid",
    amount=100_000,
    cancel_amount=0,
    currency="KRW",
    sandbox=False,
    paid_at=PAID_AT,
)
ids = st.sampled_from(["", "A", "B", "C"])
times = st.sampled_from([0, *range(PAID_AT, PAID_AT + 4)])
entries = st.builds(Cancellation, amount=st.integers(1, 3), cancelled_at=times, cancellation_id=ids)


@st.composite
def cancelled(draw: st.DrawFn) -> GatewayPayment:
    """An answer after some refunds, of which it tells no time, no id, or only the sum."""
    history = tuple(draw(st.lists(entries, min_size=1, max_size=5)))
    return replace(
        PAID,
        status="cancelled",
        cancel_amount=sum(int(entry.amount) for entry in history),
        cancelled_at=max(entry.cancelled_at for entry in history),
        cancel_history=history if draw(st.booleans()) else (),
    )


def booked(answer: GatewayPayment) -> list[Movement]:
    """What stands after it was booked; nothing where it can't be."""
    try:
        return cast(list[Movement], list(drafts(answer=answer, standing=(), is_own=True)))
    except Untimed:
        return []


@given(cancelled())
def test_what_was_booked_of_an_answer_is_what_it_tells(answer: GatewayPayment) -> None:
    standing = booked(answer)
    if standing:
        assert told(answer=answer, standing=standing) == told(answer=answer) == stand(standing)


@given(cancelled(), cancelled())
def test_beside_an_older_booking_it_tells_its_own_won(
    before: GatewayPayment, answer: GatewayPayment
) -> None:
    # Whatever stands, what went back by this answer is what it says, or the timed part of it.
    side = told(answer=answer, standing=booked(before))
    refunds = -sum(moved.won for key, moved in side.items() if key.kind == MovementKind.REFUND)
    timed = sum(int(entry.amount) for entry in answer.cancel_history if entry.cancelled_at)
    assert refunds in {int(answer.cancel_amount), timed}
    assert side[Key("imp_1", MovementKind.APPROVAL, PAID_AT)].won == 100_000


def test_money_without_a_time_is_on_no_day() -> None:
    (key,) = told(answer=replace(PAID, paid_at=0))
    assert key.second == NEVER


def test_what_moved_no_won_is_nothing() -> None:
    changes: list[dict[str, Any]] = [
        {"sandbox": True},
        {"currency": "USD"},
        {"status": "failed"},
        {"status": "ready"},
    ]
    assert not any(told(answer=replace(PAID, **change)) for change in changes)

"""Reading the history of cancels: strict on every won of it."""

import pytest

from payments.iamport import Cancellation
from payments.iamport.parsing import payment as read
from payments.iamport.values import ShapeError
from tests.payments.iamport.scripted import cancelled, payment


def test_cancels_come_oldest_first() -> None:
    answer = read(
        payment(
            status="cancelled",
            cancel_amount=3000,
            cancel_history=[
                cancelled(amount=2000, cancelled_at=30, cancellation_id="B", receipt_url=None),
                cancelled(),
            ],
        )
    )
    assert answer.cancel_history == (
        Cancellation(1000, 20, "", "변심", "t", ""),
        Cancellation(2000, 30, "B", "변심", "t", ""),
    )
    assert answer.remaining == 9000


@pytest.mark.parametrize("absent", [None, [], {}])
def test_no_cancels_may_be_written_in_many_ways(absent: object) -> None:
    assert read(payment(cancel_history=absent)).cancel_history == ()


@pytest.mark.parametrize(
    "history",
    ["x", {"0": cancelled()}, [None], [cancelled(amount=None)], [cancelled(amount=1.5)], [[]]],
)
def test_money_in_the_history_is_never_guessed(history: object) -> None:
    with pytest.raises(ShapeError, match="cancel_history"):
        read(payment(cancel_history=history))

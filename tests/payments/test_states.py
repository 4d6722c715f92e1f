"""The table of allowed moves."""

import itertools

import pytest

from payments.states import EventKind, PaymentStatus, is_late_approval, may_move

MOVES = {
    ("ready", "paid"),
    ("ready", "failed"),
    ("ready", "cancelled"),
    ("paid", "cancelled"),
    ("cancelled", "cancelled"),
    ("failed", "paid"),
}


@pytest.mark.parametrize(
    ("before", "after"), list(itertools.product(PaymentStatus.values, repeat=2))
)
def test_only_the_moves_of_the_contract_are_allowed(before: str, after: str) -> None:
    assert may_move(before, after, kind=EventKind.CONFIRMED) is ((before, after) in MOVES)


def test_all_of_a_refund_is_taken_back_by_a_confirmed_change_alone() -> None:
    allowed = [kind for kind in EventKind if may_move("cancelled", "paid", kind=kind)]
    assert allowed == [EventKind.REFUND_CHANGED]


def test_an_unknown_status_moves_nowhere() -> None:
    assert not may_move("ready", "await", kind=EventKind.CONFIRMED)
    assert not may_move("await", "paid", kind=EventKind.CONFIRMED)


def test_money_for_a_closed_order_is_flagged() -> None:
    assert is_late_approval("failed", "paid")
    assert not is_late_approval("ready", "paid")

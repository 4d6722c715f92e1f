"""Both sides as they are read: whatever an answer holds, no page breaks over it."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.admin.shared.compared_value import compared_value
from payments.compared_fields import BY_NAME, ROWS
from payments.comparing import (
    differing_values,
    due_of,
    is_same,
    is_told,
    kept_values,
    our_values,
)
from payments.iamport import GatewayPayment
from payments.ledger.kept_answer import kept
from payments.models import Payment

NOON = datetime(2026, 4, 1, 3, tzinfo=UTC)
PAYMENT = Payment(
    imp_uid="imp_1",
    merchant_uid="order-1",
    status="cancelled",
    amount=1_000,
    cancelled_amount=300,
    requested_at=NOON,
    paid_at=NOON,
    cancelled_at=NOON,
    apply_num="30012345",
    card_quota=0,
    is_test=True,
)
NAMES = [row.theirs for row in ROWS] + ["card_number", "deposit_history", "nobody_knows"]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=4,
)
ENTRY = st.dictionaries(
    st.sampled_from(["amount", "cancelled_at", "pg_tid", "reason", "cancellation_id"]), JSON
)
ANSWERS = st.dictionaries(
    st.sampled_from(NAMES), JSON | st.lists(ENTRY, max_size=3) | st.integers(0, 253_402_300_799)
)


@given(answer=ANSWERS)
def test_any_json_can_be_compared_and_shown(answer: dict[str, Any]) -> None:
    theirs = kept_values(json.loads(kept(answer)))
    ours = our_values(PAYMENT, refunds=((300, int(NOON.timestamp())),))
    for row in differing_values(ours, theirs):
        assert is_told(ours[row.name])
        assert is_told(theirs[row.name])
    for row in ROWS:
        for side in (ours, theirs):
            assert str(compared_value(row.name, side.get(row.name), side))


def test_nothing_told_is_no_difference() -> None:
    assert differing_values(our_values(PAYMENT), kept_values({})) == ()


@pytest.mark.parametrize(
    ("name", "one", "other", "expected"),
    [
        ("vbank_num", "110-123", "110123", True),
        ("vbank_num", "110-123", "110124", False),
        ("card_first6", "4330", "433028", True),
        ("card_first6", "4330", "4340", False),
        ("card_last4", "4", "9694", True),
        ("pay_method", "samsungpay", "samsung", True),
        ("pg_tid", "A-1", "A1", False),
        ("paid_at", NOON, NOON + timedelta(milliseconds=900), True),
        ("paid_at", NOON, NOON + timedelta(seconds=1), False),
        ("card_quota", 0, 3, False),
    ],
)
def test_the_same_is_written_in_two_ways(
    name: str, one: object, other: object, *, expected: bool
) -> None:
    assert is_same(BY_NAME[name], one, other) is expected
    assert is_same(BY_NAME[name], other, one) is expected


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (timedelta(days=3), True),
        (timedelta(days=3_000), True),
        (timedelta(minutes=-5), True),
        (timedelta(days=-1), False),
        (datetime(9999, 1, 1, tzinfo=UTC) - NOON, False),
    ],
)
def test_a_deposit_is_waited_for_until_a_day_that_can_be(
    after: timedelta, *, expected: bool
) -> None:
    due = NOON + after
    answer = GatewayPayment(
        imp_uid="imp_1",
        merchant_uid="order-1",
        status="ready",
        amount=1_000,
        cancel_amount=0,
        currency="KRW",
        sandbox=False,
        vbank_date=int(due.timestamp()),
    )
    assert due_of(answer, ordered_at=NOON) == (due if expected else None)

"""Won are whole numbers, or an error."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.core.money import MAX_WON, as_won, with_separators


@pytest.mark.parametrize(
    ("value", "won"),
    [
        (1000, 1000),
        (1000.0, 1000),
        ("1,000", 1000),
        (" 1000 ", 1000),
        (Decimal("10.0"), 10),
        (0, 0),
    ],
)
def test_whole_amounts_are_taken_in_any_spelling(value: object, won: int) -> None:
    assert as_won(value) == won


@pytest.mark.parametrize(
    "value",
    [
        True,
        None,
        "",
        "abc",
        "10.5",
        10.5,
        -1,
        MAX_WON + 1,
        float("nan"),
        float("inf"),
        [1000],
        b"1",
    ],
)
def test_anything_else_is_an_error_and_never_rounded(value: object) -> None:
    with pytest.raises(ValueError, match="won"):
        as_won(value)


@given(st.integers(min_value=0, max_value=MAX_WON))
def test_an_amount_survives_being_written(amount: int) -> None:
    assert as_won(with_separators(amount)) == amount

"""Whatever a PG sends as a card's number, no more than a receipt shows of it is ever kept."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.iamport.cards import masked_number, shown_digits


@pytest.mark.parametrize(
    ("number", "shown"),
    {
        "465887*********1": ("465887", "1"),
        "4658-87**-****-1234": ("465887", "1234"),
        "43302894****1234": ("433028", "1234"),
        "4330 2894 1234 5678": ("433028", "5678"),
        "************1234": ("", "1234"),
        "123456xxxxxx7890": ("123456", "7890"),
        "123456••••••7890": ("123456", "7890"),
        "12345678901": ("", ""),
        "card 1234567890123456": ("", ""),
        "": ("", ""),
    }.items(),
)
def test_the_two_ends_as_the_pg_tells_them(number: str, shown: tuple[str, str]) -> None:
    assert shown_digits(number) == shown


SIGNS = st.text("0123456789*xX- ", max_size=40)


@given(SIGNS | st.text(max_size=40))
def test_never_more_than_six_and_four_digits(number: str) -> None:
    first, last = shown_digits(number)
    assert (len(first) <= 6, len(last) <= 4) == (True, True)
    assert re.fullmatch("[0-9]*", first + last)
    masked = masked_number(number)
    assert len(re.sub("[^0-9]", "", masked)) <= 10
    assert not re.search(r"\d{7}", masked)
    assert shown_digits(masked) == (first, last)

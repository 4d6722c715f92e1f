"""Which days may be named: one bound, counted from today in Korea."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError

from payments.core.days import FIRST_DAY, last_day, parse_day, read_day, validate_day


@pytest.fixture(autouse=True)
def _evening_of_the_first(time_machine: object) -> None:
    """In Korea it is the second of April already."""
    time_machine.move_to("2026-04-01T15:30:00Z")  # type: ignore[attr-defined]


@pytest.mark.parametrize("text", ["2000-01-01", "2026-04-01", "2024-02-29", "2027-04-03"])
def test_a_day_within_the_bounds_is_read(text: str) -> None:
    assert read_day(text) == parse_day(text) == date.fromisoformat(text)


@pytest.mark.parametrize(
    "text",
    [
        "0001-01-01",
        "0026-11-28",
        "1999-12-31",
        "2027-04-04",
        "9999-12-31",
        "2026-02-30",
        "2026-4-1",
        "20260401",
        "2026-W14-3",
        "２０２６-０４-０１",
        "٢٠٢٦-٠٤-٠١",
        "2026-04-01\n",
        "2026-04-01\x00",
        "9" * 5_000,
        "\ud800",
        "",
        None,
    ],
)
def test_anything_else_is_no_day(text: str | None) -> None:
    assert read_day(text) is None


@pytest.mark.parametrize("day", [date.min, date(1999, 12, 31), date(2027, 4, 4), date.max])
def test_a_refusal_says_what_is_allowed(day: date) -> None:
    with pytest.raises(ValidationError) as refusal:
        validate_day(day)
    assert str(FIRST_DAY) in refusal.value.messages[0]
    assert str(last_day()) == "2027-04-03"
    assert "2027-04-03" in refusal.value.messages[0]

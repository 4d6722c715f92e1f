"""Presets are stretches of Korean days, and each has an equally long one before it."""

from datetime import date, timedelta

import pytest

from payments.core.periods import Period, period_bounds, previous

BOUNDS = {
    "today": (date(2026, 3, 31), date(2026, 3, 31)),
    "yesterday": (date(2026, 3, 30), date(2026, 3, 30)),
    "7d": (date(2026, 3, 25), date(2026, 3, 31)),
    "30d": (date(2026, 3, 2), date(2026, 3, 31)),
    "90d": (date(2026, 1, 1), date(2026, 3, 31)),
    "this_month": (date(2026, 3, 1), date(2026, 3, 31)),
    "last_month": (date(2026, 2, 1), date(2026, 2, 28)),
}


@pytest.mark.parametrize(("period", "bounds"), BOUNDS.items(), ids=BOUNDS.keys())
def test_a_period_has_its_first_and_last_day(period: str, bounds: tuple[date, date]) -> None:
    assert period_bounds(period, date(2026, 3, 31)) == bounds


def test_last_month_of_january_is_december() -> None:
    bounds = period_bounds("last_month", date(2026, 1, 31))
    assert bounds == (date(2025, 12, 1), date(2025, 12, 31))


@pytest.mark.parametrize("period", Period.values)
def test_the_span_before_is_as_long_and_ends_the_day_before(period: str) -> None:
    first, last = period_bounds(period, date(2028, 2, 29))
    before_first, before_last = previous((first, last))
    assert before_last == first - timedelta(days=1)
    assert before_last - before_first == last - first


def test_a_period_that_there_is_not_is_refused() -> None:
    with pytest.raises(ValueError, match="fortnight"):
        period_bounds("fortnight", date(2026, 3, 31))

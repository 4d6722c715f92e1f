"""A day is a day in Korea, whatever the server's zone is."""

from datetime import UTC, date, datetime

import pytest

from payments.core import kst

NOON = datetime(2022, 11, 29, 3, 15, 57, tzinfo=UTC)
FIRST_OF_APRIL = datetime(2026, 3, 31, 15, 30, tzinfo=UTC)


@pytest.mark.usefixtures("server_zone")
class TestWithTheServerInAnyZone:
    def test_the_gateways_second_shows_as_korean_time(self) -> None:
        moment = kst.from_unix(1669691757)
        assert moment == NOON
        assert kst.iso(moment) == "2022-11-29T12:15:57+09:00"
        assert kst.stamp(NOON) == "2022-11-29 12:15:57 KST"

    def test_half_past_three_utc_on_the_last_of_march_is_in_april(self) -> None:
        assert kst.day_of(FIRST_OF_APRIL) == date(2026, 4, 1)
        assert kst.start_of(date(2026, 4, 1)) <= FIRST_OF_APRIL < kst.end_of(date(2026, 4, 1))

    def test_a_day_lasts_from_midnight_to_midnight_in_korea(self) -> None:
        assert kst.start_of(date(2026, 4, 1)) == datetime(2026, 3, 31, 15, tzinfo=UTC)
        assert kst.end_of(date(2026, 4, 1)) == datetime(2026, 4, 1, 15, tzinfo=UTC)


def test_the_gateways_zero_is_no_time() -> None:
    assert kst.from_unix(0) is None
    assert kst.iso(None) == ""

"""The days around the close of these tests."""

from datetime import UTC, date, datetime

MARCH_30, MARCH_31, APRIL_1 = date(2026, 3, 30), date(2026, 3, 31), date(2026, 4, 1)
# Six in the morning of 2 April in Korea, still 1 April in UTC.
NOW = datetime(2026, 4, 1, 21, tzinfo=UTC)

"""Times come from the database as they went there."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from django.db import DataError, connection

pytestmark = pytest.mark.django_db


def read_back(moment: str) -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::timestamptz", [moment])
        found: datetime = cursor.fetchone()[0]
    return found


@pytest.mark.postgresql
@pytest.mark.parametrize(
    "moment",
    [
        datetime(2026, 4, 1, 3, tzinfo=UTC),
        datetime(2026, 4, 1, 3, 0, 0, 100_000, tzinfo=UTC),
        datetime(1970, 1, 1, 0, 0, 0, 1, tzinfo=UTC),
        datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
        datetime(1, 1, 1, tzinfo=UTC),
        datetime(2026, 4, 1, 3, tzinfo=timezone(timedelta(hours=9))),
    ],
)
def test_to_the_microsecond_and_in_utc(moment: datetime) -> None:
    found = read_back(moment.isoformat())
    assert (found, found.tzinfo) == (moment, UTC)


@pytest.mark.postgresql
@pytest.mark.parametrize("moment", ["infinity", "0044-03-15 12:00:00+00 BC"])
def test_what_is_no_time_in_python_says_so(moment: str) -> None:
    with pytest.raises(DataError):
        read_back(moment)

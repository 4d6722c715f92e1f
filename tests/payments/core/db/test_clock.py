"""The clock that all machines share."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.utils import timezone

from payments.core.db.clock import database_now, is_recent

NOW = datetime(2026, 4, 1, 3, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def test_it_is_aware_and_now(db: None) -> None:
    assert database_now().utcoffset() == timedelta()
    assert abs(database_now() - timezone.now()) < MINUTE


@pytest.mark.postgresql
def test_it_does_not_follow_one_machines_wrong_clock(db: None) -> None:
    right = timezone.now()
    with time_machine.travel(right + timedelta(days=3)):
        assert abs(database_now() - right) < MINUTE


@pytest.mark.parametrize(
    ("ago", "expected"),
    [(0, True), (2, True), (3, False), (-2, True), (-3, False), (-5_000, False)],
)
def test_what_lies_far_ahead_is_not_recent(ago: int, expected: bool) -> None:
    assert is_recent(NOW - ago * MINUTE, now=NOW, within=2 * MINUTE) is expected

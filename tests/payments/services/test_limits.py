"""Limits: counted exactly by the database itself, a window at a time."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from payments.models import LimitCount
from payments.services import limits

NOON = datetime(2026, 4, 1, 12, 0, 10, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def hit(key: str = "a", *, scope: str = "test", now: datetime = NOON) -> limits.Hit:
    return limits.hit(scope=scope, key=key, at_most=3, window=MINUTE, now=now)


def test_so_many_are_allowed_and_each_one_more_is_over(db: None) -> None:
    hits = [hit() for _number in range(5)]
    assert [one.count for one in hits] == [1, 2, 3, 4, 5]
    assert [one.is_over for one in hits] == [False, False, False, True, True]
    assert [one.is_first_over for one in hits] == [False, False, False, True, False]
    assert hits[0].ends_at == NOON.replace(minute=1, second=0)


def test_keys_and_scopes_are_counted_apart(db: None) -> None:
    assert (hit("a").count, hit("b").count, hit("a", scope="other").count) == (1, 1, 1)


def test_a_new_window_begins_anew(db: None) -> None:
    hit()
    assert hit(now=NOON + timedelta(seconds=49)).count == 2
    assert hit(now=NOON + timedelta(seconds=50)).count == 1


def test_a_hit_is_one_statement(db: None, django_assert_num_queries: object) -> None:
    with django_assert_num_queries(1):  # type: ignore[operator]
        hit()


def test_what_has_ended_is_swept(db: None) -> None:
    hit("a")
    hit("b")
    hit("a", now=NOON + MINUTE)
    assert limits.sweep(now=NOON + MINUTE) == 2
    assert LimitCount.objects.get().ends_at == NOON.replace(minute=2, second=0)


@pytest.mark.django_db(transaction=True)
def test_none_is_lost_when_many_count_at_once() -> None:
    counts: list[int] = []

    def count() -> None:
        try:
            counts.extend(hit().count for _number in range(5))
        finally:
            connection.close()

    threads = [threading.Thread(target=count) for _number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(counts) == list(range(1, 31))

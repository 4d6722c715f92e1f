"""What one process learns of the gateway is known to the others; each manages alone as well."""

from datetime import datetime

import pytest
from django.db import DatabaseError, connection
from django.test.utils import CaptureQueriesContext

from payments.gateway import shared
from payments.gateway.breaker import PAUSE, SILENCES, Breaker
from payments.gateway.shared import SharedBreaker
from payments.iamport import Busy, NotFound, Unavailable
from payments.models import GatewayState
from tests.payments.iamport.conftest import Clock

pytestmark = pytest.mark.django_db


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    monkeypatch.setattr(shared, "READ_EVERY", 1.0)
    monkeypatch.setattr(shared, "ANSWERS_NOTED_EVERY", 60.0)
    return Clock()


def process(clock: Clock) -> SharedBreaker:
    """What a process has of its own."""
    return SharedBreaker(Breaker(calls_at_once=2, monotonic=clock), monotonic=clock)


def silence(of: SharedBreaker, times: int = SILENCES) -> None:
    for _ in range(times):
        with pytest.raises(Unavailable), of.call():
            raise Unavailable("no answer")


def answer(of: SharedBreaker) -> None:
    with of.call():
        pass


def silent_since() -> datetime | None:
    row = GatewayState.objects.first()
    return row.silent_since if row else None


def test_what_one_finds_silent_no_other_calls(clock: Clock) -> None:
    ours, other = process(clock), process(clock)
    answer(other)
    silence(ours)
    assert silent_since() is not None
    clock.now += 1
    with pytest.raises(Busy), other.call():
        pytest.fail("the call was made")


def test_an_answer_to_one_is_an_answer_to_all(clock: Clock) -> None:
    ours, other = process(clock), process(clock)
    silence(ours)
    with pytest.raises(Busy):
        answer(other)
    clock.now += PAUSE
    answer(ours)
    assert silent_since() is None
    clock.now += 1
    answer(other)
    assert not other.breaker.is_open


def test_whoever_will_not_wait_is_no_probe(clock: Clock) -> None:
    ours, other = process(clock), process(clock)
    silence(ours)
    clock.now += PAUSE
    with ours.slot() as may_call:
        assert not may_call
    with pytest.raises(Busy):
        answer(other)
    clock.now += PAUSE
    answer(other)
    clock.now += 1
    with ours.slot() as may_call:
        assert may_call


def test_a_refusal_is_an_answer(clock: Clock) -> None:
    ours = process(clock)
    silence(ours)
    clock.now += PAUSE
    with pytest.raises(NotFound), ours.call():
        raise NotFound("no such thing")
    assert silent_since() is None


def test_since_when_it_is_silent_stays_while_probes_fail(clock: Clock) -> None:
    ours = process(clock)
    silence(ours)
    first = silent_since()
    for _ in range(3):
        clock.now += PAUSE
        silence(ours, 1)
    assert silent_since() == first is not None


def test_the_row_is_read_at_most_once_a_second(clock: Clock) -> None:
    ours = process(clock)
    answer(ours)
    with CaptureQueriesContext(connection) as captured:
        for _ in range(20):
            answer(ours)
        clock.now += 1
        answer(ours)
    assert len(captured) == 1


def test_when_it_last_answered_is_noted_once_a_minute(clock: Clock) -> None:
    ours = process(clock)
    answer(ours)
    first = GatewayState.objects.get().answered_at
    answer(ours)
    assert GatewayState.objects.get().answered_at == first
    clock.now += 60
    answer(ours)
    later = GatewayState.objects.get().answered_at
    assert first is not None
    assert later is not None
    assert later > first


def test_without_the_database_each_process_manages_alone(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*args: object, **kwargs: object) -> None:
        raise DatabaseError("the server closed the connection")

    monkeypatch.setattr(GatewayState.objects, "filter", away)
    monkeypatch.setattr(GatewayState.objects, "bulk_create", away)
    ours = process(clock)
    silence(ours)
    with pytest.raises(Busy):
        answer(ours)
    clock.now += PAUSE
    answer(ours)
    assert not ours.breaker.is_open

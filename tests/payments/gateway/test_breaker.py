"""How many calls are made at once, and when none are."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from payments.gateway import breaker as module
from payments.gateway.breaker import PAUSE, SILENCES, Breaker
from payments.iamport import Busy, Malformed, NotFound, Refused, Unavailable
from tests.payments.iamport.conftest import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def breaker(clock: Clock) -> Breaker:
    return Breaker(calls_at_once=2, monotonic=clock)


def silence(breaker: Breaker, times: int = 1) -> None:
    for _ in range(times):
        with pytest.raises(Unavailable), breaker.call():
            raise Unavailable("no answer")


def answer(breaker: Breaker) -> None:
    with breaker.call():
        pass


class TestTheBreaker:
    def test_a_few_silences_in_a_row_open_it(self, breaker: Breaker) -> None:
        silence(breaker, SILENCES - 1)
        answer(breaker)
        silence(breaker, SILENCES)
        with pytest.raises(Busy), breaker.call():
            pytest.fail("the call was made")

    @pytest.mark.parametrize(
        "error", [NotFound("no such thing"), Refused("no"), Malformed("<html>")]
    )
    def test_any_answer_in_between_makes_up_for_them(
        self, breaker: Breaker, error: Exception
    ) -> None:
        silence(breaker, SILENCES - 1)
        with pytest.raises(type(error)), breaker.call():
            raise error
        silence(breaker, SILENCES - 1)
        assert not breaker.is_open

    def test_one_probe_a_pause_is_let_through_and_its_answer_closes_it(
        self, breaker: Breaker, clock: Clock
    ) -> None:
        silence(breaker, SILENCES)
        clock.now += PAUSE
        with breaker.call(), pytest.raises(Busy), another_thread_calls(breaker):
            pytest.fail("a second call was made beside the probe")
        assert not breaker.is_open
        answer(breaker)

    def test_a_silent_probe_leaves_it_open_for_another_pause(
        self, breaker: Breaker, clock: Clock
    ) -> None:
        silence(breaker, SILENCES)
        clock.now += PAUSE
        silence(breaker)
        with pytest.raises(Busy), breaker.call():
            pass
        clock.now += PAUSE
        answer(breaker)
        assert not breaker.is_open

    def test_a_call_that_is_not_made_is_no_silence(self, breaker: Breaker, clock: Clock) -> None:
        silence(breaker, SILENCES)
        clock.now += PAUSE / 2
        with pytest.raises(Busy), breaker.call():
            pass
        clock.now += PAUSE / 2
        answer(breaker)

    def test_one_that_only_watches_refuses_nothing(self, clock: Clock) -> None:
        watching = Breaker(calls_at_once=2, refuses=False, monotonic=clock)
        silence(watching, SILENCES + 2)
        assert watching.is_open
        answer(watching)
        assert not watching.is_open


@contextmanager
def another_thread_calls(breaker: Breaker) -> Iterator[None]:
    """Raises here what another thread's call raises."""
    errors: list[BaseException] = []

    def call() -> None:
        try:
            answer(breaker)
        except Busy as error:
            errors.append(error)

    thread = threading.Thread(target=call)
    thread.start()
    thread.join()
    for error in errors:
        raise error
    yield


class TestPlaces:
    def test_no_more_calls_than_allowed_are_under_way(
        self, breaker: Breaker, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(module, "SLOT_WAIT", 0.0)
        with held(breaker, 2), pytest.raises(Busy), breaker.call():
            pytest.fail("a third call was made")
        answer(breaker)

    def test_a_call_waits_a_moment_for_a_place(self, breaker: Breaker) -> None:
        with held(breaker, 2) as release:
            threading.Timer(0.02, release.set).start()
            answer(breaker)

    def test_whoever_will_not_wait_is_told_at_once(self, breaker: Breaker) -> None:
        with held(breaker, 2), breaker.slot() as is_free:
            assert not is_free
        with breaker.slot() as is_free:
            assert is_free

    def test_a_place_that_is_held_serves_the_calls_of_its_thread(self, breaker: Breaker) -> None:
        with held(breaker, 1), breaker.slot() as is_free:
            assert is_free
            answer(breaker)
            answer(breaker)

    def test_a_place_is_free_again_whatever_became_of_the_call(self, breaker: Breaker) -> None:
        for _ in range(5):
            with pytest.raises(KeyError), breaker.call():
                raise KeyError
        with held(breaker, 1):
            answer(breaker)


@contextmanager
def held(breaker: Breaker, number: int) -> Iterator[threading.Event]:
    """So many calls of other threads are under way until the event, or the end of the block."""
    release, begun = threading.Event(), threading.Barrier(number + 1)

    def call() -> None:
        with breaker.call():
            begun.wait()
            release.wait()

    threads = [threading.Thread(target=call) for _ in range(number)]
    for thread in threads:
        thread.start()
    begun.wait()
    try:
        yield release
    finally:
        release.set()
        for thread in threads:
            thread.join()

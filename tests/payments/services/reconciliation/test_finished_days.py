"""A finished day is compared until every payment had an answer, or for a day at the most."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from payments.models import Payment, ReconciliationRun
from payments.services import reconciliation
from payments.services.reconciliation.finished_days import PAUSES, TRY_FOR
from tests.gateway import SandboxGateway
from tests.payments.books import APRIL_FIRST, LOOKUPS, ended

# Six in the morning of 2 April in Korea.
SIX = datetime(2026, 4, 1, 21, tzinfo=UTC)
A_SECOND = timedelta(seconds=1)


@pytest.fixture(autouse=True)
def at_six(time_machine: Any) -> None:
    """The first of April is over in Korea, and it stays six until a test says otherwise."""
    time_machine.move_to(SIX, tick=False)


@pytest.fixture
def unreadable(april_payment: Payment, sandbox: SandboxGateway) -> Payment:
    """A payment whose answer nobody can read."""
    sandbox.control("PATCH", f"payments/{april_payment.imp_uid}", {"amount": "99,000"})
    return april_payment


def asked() -> ReconciliationRun:
    """The run for the first of April, as the clock would ask for it now."""
    return reconciliation.of_finished_day(day=APRIL_FIRST, enqueue=lambda _run_id: None)


def through() -> ReconciliationRun:
    """The run that is asked for now, worked on to its end."""
    return ended(asked())


def test_a_run_with_an_answer_about_everything_is_enough(april_payment: Payment) -> None:
    assert not reconciliation.is_enough(run=asked())
    run = through()
    assert reconciliation.is_enough(run=run)
    assert asked() == run


def test_what_had_no_answer_is_asked_about_again_after_pauses_that_grow(
    unreadable: Payment, time_machine: Any
) -> None:
    now = SIX
    for pause in (*PAUSES, PAUSES[-1]):
        run = through()
        assert not reconciliation.is_enough(run=run)
        time_machine.move_to(now + pause - A_SECOND, tick=False)
        assert asked() == run
        now += pause
        time_machine.move_to(now, tick=False)
        assert asked() != run
    assert [pause.total_seconds() / 60 for pause in PAUSES] == [10, 20, 40, 80, 120]


def test_an_answer_at_last_is_enough(
    april_payment: Payment, sandbox: SandboxGateway, time_machine: Any
) -> None:
    sandbox.control("PATCH", f"payments/{april_payment.imp_uid}", {"amount": 1})
    sandbox.fault("status", status=500, match=LOOKUPS)
    assert through().unknown == [april_payment.imp_uid]
    sandbox.heal()
    time_machine.move_to(SIX + PAUSES[0], tick=False)
    run = through()
    assert run.counts["amount"] == 1
    assert reconciliation.is_enough(run=run)


def test_after_a_day_of_trying_the_last_run_is_enough(
    unreadable: Payment, time_machine: Any
) -> None:
    first = through()
    time_machine.move_to(SIX + TRY_FOR - A_SECOND, tick=False)
    late = through()
    assert late != first
    assert not reconciliation.is_enough(run=late)
    # The last word is asked for when the day of trying is over, whatever the pause.
    time_machine.move_to(SIX + TRY_FOR, tick=False)
    last = through()
    assert last != late
    assert last.unknown == [unreadable.imp_uid]
    assert reconciliation.is_enough(run=last)
    time_machine.move_to(SIX + 2 * TRY_FOR, tick=False)
    assert asked() == last


def test_days_without_a_worker_are_no_days_of_trying(
    unreadable: Payment, time_machine: Any
) -> None:
    first = through()
    time_machine.move_to(SIX + 3 * TRY_FOR, tick=False)
    assert not reconciliation.is_enough(run=first)
    assert asked() != first


def test_one_that_was_stopped_is_no_try(unreadable: Payment, time_machine: Any) -> None:
    for _ in range(3):
        reconciliation.stop(run=asked())
    time_machine.move_to(SIX + TRY_FOR, tick=False)
    run = through()
    assert not reconciliation.is_enough(run=run)
    time_machine.move_to(SIX + TRY_FOR + PAUSES[0], tick=False)
    assert asked() != run


def test_a_run_from_before_the_day_was_over_does_not_count(
    april_payment: Payment, time_machine: Any
) -> None:
    time_machine.move_to(SIX - timedelta(hours=7), tick=False)
    early = through()
    time_machine.move_to(SIX, tick=False)
    assert asked() != early

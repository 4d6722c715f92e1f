"""Where a run stands: counts, speed, what it waits for, page after page of its results."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from benchmarks.datasets import paid_payments
from payments.models import (
    ItemOutcome,
    Payment,
    Product,
    RunStatus,
    VerificationItem,
    VerificationRun,
)
from payments.selectors.payments.totals import totals
from payments.selectors.runs import RunState
from payments.selectors.verification_runs import items as run_items
from payments.selectors.verification_runs.items import first_to_look_at, items, left_over, results
from payments.selectors.verification_runs.progress import (
    Counts,
    calls_needed,
    counts_of,
    open_run_over,
    progress,
)
from payments.services.verification_runs import control
from tests.payments import builders

NOW = timezone.now()


@pytest.fixture
def run(customer: User, product: Product) -> VerificationRun:
    """Ten payments, waiting."""
    list(paid_payments.write(user=customer, product=product, count=10))
    return control.start(
        payments=Payment.objects.all(), query="", actor=None, enqueue=lambda pk: None
    )


def settle(run: VerificationRun, outcome: ItemOutcome, number: int, **fields: Any) -> None:
    """So many of those that wait come out so."""
    waiting = run.items.filter(outcome=ItemOutcome.WAITING).order_by("pk")[:number]
    fields = {"settled_at": NOW} | fields
    VerificationItem.objects.filter(pk__in=[item.pk for item in waiting]).update(
        outcome=outcome, **fields
    )


def change(run: VerificationRun, **fields: Any) -> VerificationRun:
    VerificationRun.objects.filter(pk=run.pk).update(**fields)
    run.refresh_from_db()
    return run


def test_every_payment_is_counted_once_by_what_came_of_it(run: VerificationRun) -> None:
    settle(run, ItemOutcome.AGREES, 4)
    settle(run, ItemOutcome.DIFFERS, 2)
    settle(run, ItemOutcome.NOT_FOUND, 1)
    settle(run, ItemOutcome.PARKED, 1)
    counts = progress(run, now=NOW).counts
    assert sum(counts.by_outcome.values()) == run.total == 10
    assert (counts.settled, counts.waiting, counts.differences, counts.unsure) == (8, 2, 3, 1)
    assert progress(run, now=NOW).part == 0.8
    assert counts_of([run])[run.pk].settled == 8


def test_speed_is_that_of_the_last_seconds_and_tells_how_long_it_takes(
    run: VerificationRun,
) -> None:
    change(run, status=RunStatus.RUNNING, started_at=NOW - timedelta(minutes=5), seen_at=NOW)
    settle(run, ItemOutcome.AGREES, 1, settled_at=NOW - timedelta(minutes=4))
    assert progress(run, now=NOW).rate == 0
    assert progress(run, now=NOW).seconds_left is None
    settle(run, ItemOutcome.AGREES, 6, settled_at=NOW - timedelta(seconds=3))
    result = progress(run, now=NOW)
    assert result.rate == pytest.approx(6 / 15)
    assert result.seconds_left == pytest.approx(3 / (6 / 15))


def test_speed_of_a_run_that_has_ended_is_its_average(run: VerificationRun) -> None:
    settle(run, ItemOutcome.AGREES, 10)
    change(run, status=RunStatus.DONE, started_at=NOW, finished_at=NOW + timedelta(seconds=5))
    result = progress(run, now=NOW + timedelta(days=1))
    assert (result.rate, result.seconds_left, result.has_ended) == (2, None, True)


SOON, LONG_AGO = NOW + timedelta(seconds=30), NOW - timedelta(hours=1)
STATES: dict[RunState, dict[str, Any]] = {
    RunState.FOR_WORKER: {},
    RunState.WORKING: {"status": RunStatus.RUNNING, "seen_at": NOW},
    RunState.FOR_GATEWAY: {"status": RunStatus.RUNNING, "seen_at": LONG_AGO, "not_before": SOON},
    RunState.STALLED: {"status": RunStatus.RUNNING, "seen_at": LONG_AGO},
    RunState.PAUSED: {"status": RunStatus.PAUSED, "not_before": SOON},
    RunState.STOPPED: {"status": RunStatus.STOPPED},
    RunState.DONE: {"status": RunStatus.DONE},
}


@pytest.mark.parametrize(("state", "fields"), STATES.items(), ids=[str(state) for state in STATES])
def test_what_a_run_waits_for(
    run: VerificationRun, state: RunState, fields: dict[str, Any]
) -> None:
    assert progress(change(run, **fields), now=NOW).state is state


def test_a_run_whose_last_payments_are_asked_about_again_later_says_when(
    run: VerificationRun,
) -> None:
    settle(run, ItemOutcome.AGREES, 8)
    run.items.filter(outcome=ItemOutcome.WAITING).update(not_before=SOON)
    result = progress(change(run, status=RunStatus.RUNNING, seen_at=LONG_AGO), now=NOW)
    assert (result.state, result.postponed) == (RunState.FOR_NEXT_ATTEMPT, 2)
    assert result.next_attempt == SOON


def test_trouble_is_shown_before_what_is_fine() -> None:
    assert first_to_look_at(Counts({"agrees": 9, "moved": 1})) is ItemOutcome.MOVED
    assert first_to_look_at(Counts({"agrees": 9, "differs": 1, "unknown": 1})) is (
        ItemOutcome.UNKNOWN
    )
    assert first_to_look_at(Counts({"unknown": 1, "parked": 1})) is ItemOutcome.PARKED
    assert first_to_look_at(Counts()) is ItemOutcome.WAITING


def test_pages_of_results_hold_each_payment_once(
    run: VerificationRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_items, "PAGE", 4)
    settle(run, ItemOutcome.AGREES, 9)
    settle(run, ItemOutcome.DIFFERS, 1)
    seen, after = [], 0
    while True:
        page = items(run, ItemOutcome.AGREES, after=after)
        seen += [item.pk for item in page.rows]
        if page.after is None:
            break
        after = page.after
    assert seen == sorted(set(seen))
    assert len(seen) == 9
    assert results(run, None).count() == 10
    assert results(run, ItemOutcome.DIFFERS).count() == 1


def test_what_a_run_leaves_open_is_what_nothing_is_known_about(run: VerificationRun) -> None:
    settle(run, ItemOutcome.AGREES, 5)
    settle(run, ItemOutcome.DIFFERS, 1)
    settle(run, ItemOutcome.UNKNOWN, 1)
    settle(run, ItemOutcome.PARKED, 1)
    result = progress(change(run, status=RunStatus.STOPPED), now=NOW)
    assert left_over(run).count() == result.left_over == 4


def test_calls_are_estimated_a_hundred_paid_ones_each_and_the_others_alone(
    customer: User, product: Product
) -> None:
    assert calls_needed(totals(Payment.objects.none())) == 0
    list(paid_payments.write(user=customer, product=product, count=150))
    assert calls_needed(totals(Payment.objects.all())) == 2
    builders.ordered(customer, product)
    builders.failed(customer, product)
    assert calls_needed(totals(Payment.objects.all())) == 4


def test_a_run_over_the_same_filter_is_found_until_it_has_ended(run: VerificationRun) -> None:
    assert open_run_over("") == run
    assert open_run_over("status=paid") is None
    change(run, status=RunStatus.DONE)
    assert open_run_over("") is None


def queries(do: Callable[[], object]) -> int:
    with CaptureQueriesContext(connection) as captured:
        do()
    return len(captured)


def test_it_takes_one_query_each_however_many_payments(
    run: VerificationRun, customer: User, product: Product
) -> None:
    settle(run, ItemOutcome.AGREES, 10)
    assert queries(lambda: progress(run, now=NOW)) == 1
    assert queries(lambda: [item.payment.name for item in items(run, ItemOutcome.AGREES).rows]) == 1
    assert queries(lambda: counts_of([run, VerificationRun(pk=run.pk + 1)])) == 1

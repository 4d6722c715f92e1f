"""How far a run is, whatever the order and the times of the gateway's list."""

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from payments.iamport import GatewayPayment, IamportClient
from payments.models import Payment, ReconciliationRun, RunStatus
from payments.services import reconciliation
from payments.services.reconciliation import streams
from tests.gateway import SandboxGateway
from tests.payments import builders
from tests.payments.books import begun, ended, open_by_bucket

NOON = builders.NOON

Rows = list[GatewayPayment]


def in_small_turns(run: ReconciliationRun) -> list[int]:
    """The cursors of a run whose every turn is over as soon as it may be."""
    cursors = []
    for _turn in range(100):
        pause = reconciliation.work(run_id=run.pk, seconds=0)
        run.refresh_from_db()
        assert run.cursor is not None
        cursors.append(run.cursor)
        if pause is None:
            return cursors
    raise AssertionError("the run does not come to an end")


def listed(monkeypatch: pytest.MonkeyPatch, arranged: Callable[[Rows], Rows]) -> None:
    """The gateway's list in another order than its own, which the stand-in never leaves."""
    by_status = IamportClient.by_status

    def other(client: IamportClient, *arguments: Any, **options: Any) -> Iterator[GatewayPayment]:
        return iter(arranged(list(by_status(client, *arguments, **options))))

    monkeypatch.setattr(IamportClient, "by_status", other)


def backwards(rows: Rows) -> Rows:
    return rows[::-1]


def crossed(rows: Rows) -> Rows:
    """Two and two change places."""
    return [row for two in pairs(rows) for row in reversed(two)]


def pairs(rows: Sequence[GatewayPayment]) -> Iterator[Sequence[GatewayPayment]]:
    return (rows[start : start + 2] for start in range(0, len(rows), 2))


def first_one_last(rows: Rows) -> Rows:
    return [*rows[1:], *rows[:1]]


def last_one_first(rows: Rows) -> Rows:
    return [*rows[-1:], *rows[:-1]]


ORDERS = pytest.mark.parametrize(
    "arranged",
    [crossed, backwards, first_one_last, last_one_first],
    ids=lambda order: order.__name__,
)


def figures(run: ReconciliationRun) -> dict[str, int]:
    return {name: number for name, number in run.counts.items() if number}


EVERYTHING = {"ours": 10, "theirs": 10, "agree": 8, "amount": 2, "differ": 2}


@ORDERS
def test_turns_that_end_anywhere_leave_nothing_out_and_count_nothing_twice(
    book: list[Payment], monkeypatch: pytest.MonkeyPatch, arranged: Callable[[Rows], Rows]
) -> None:
    listed(monkeypatch, arranged)
    run = begun()
    cursors = in_small_turns(run)
    assert cursors == sorted(cursors)
    assert len(cursors) == 10
    assert figures(run) == EVERYTHING
    assert open_by_bucket() == {"amount": {book[1].imp_uid, book[8].imp_uid}}


@ORDERS
def test_one_pass_needs_no_order_at_all(
    book: list[Payment], monkeypatch: pytest.MonkeyPatch, arranged: Callable[[Rows], Rows]
) -> None:
    monkeypatch.setattr(streams, "AHEAD", 0)
    listed(monkeypatch, arranged)
    run = ended(begun())
    assert figures(run) == EVERYTHING
    assert open_by_bucket() == {"amount": {book[1].imp_uid, book[8].imp_uid}}


@pytest.mark.parametrize("number", [0, 4, 9])
def test_a_row_without_a_time_is_compared_once_and_moves_no_cursor(
    book: list[Payment], sandbox: SandboxGateway, number: int
) -> None:
    # Listed where it belongs; but half a second is no time that we take.
    time = NOON.timestamp() + 60 * number + 0.5
    sandbox.control("PATCH", f"payments/{book[number].imp_uid}", {"paid_at": time})
    run = begun()
    first, last = run.bounds
    cursors = in_small_turns(run)
    assert cursors == sorted(cursors)
    assert first <= cursors[0] <= cursors[-1] == last
    assert figures(run) == EVERYTHING | ({"agree": 7, "moved": 1})


def test_a_time_past_its_days_moves_no_cursor(
    book: list[Payment], monkeypatch: pytest.MonkeyPatch
) -> None:
    def ahead(rows: Rows) -> Rows:
        years = 100 * 366 * 86_400
        return [dataclasses.replace(rows[0], paid_at=rows[0].paid_at + years), *rows[1:]]

    monkeypatch.setattr(streams, "AHEAD", 0)
    listed(monkeypatch, ahead)
    run = begun()
    cursors = in_small_turns(run)
    assert cursors == sorted(cursors)
    assert cursors[-1] == run.bounds[1]
    assert (run.status, run.counts["ours"], run.counts["theirs"]) == (RunStatus.DONE, 10, 10)

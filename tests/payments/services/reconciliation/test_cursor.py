"""How far a run is, whatever the rows of the gateway's list look like."""

import dataclasses
import json
from collections.abc import Callable
from typing import Any

import pytest

from payments.iamport.transport import Reply, Request, Transport
from payments.models import Payment, ReconciliationRun, RunStatus
from payments.services import reconciliation
from tests.payments import builders
from tests.payments.books import begun, ended, open_by_bucket

NOON = builders.NOON


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


def listed(
    monkeypatch: pytest.MonkeyPatch, change: Callable[[list[dict[str, Any]]], object]
) -> None:
    """Lists of the gateway as the stand-in never has them: their rows are changed on the way."""
    exchange = Transport.exchange

    def other(transport: Transport, request: Request, token: str | None = None) -> Reply:
        reply = exchange(transport, request, token)
        if not request.path.startswith("/payments/status/"):
            return reply
        answer = json.loads(reply.body)
        rows = answer["response"]["list"]
        change(rows)
        answer["response"]["total"] = len(rows)
        return dataclasses.replace(reply, body=json.dumps(answer).encode())

    monkeypatch.setattr(Transport, "exchange", other)


def in_lists(monkeypatch: pytest.MonkeyPatch, payment: Payment, **fields: Any) -> None:
    """The lists say something else of this payment than a look-up does."""

    def change(rows: list[dict[str, Any]]) -> None:
        for row in rows:
            row.update(fields if row["imp_uid"] == payment.imp_uid else {})

    listed(monkeypatch, change)


def figures(run: ReconciliationRun) -> dict[str, int]:
    return {name: number for name, number in run.counts.items() if number}


EVERYTHING = {
    "ours": 10,
    "theirs": 10,
    "agree": 8,
    "differ": 2,
    "discrepancies": 2,
    "amount": 2,
}


def test_turns_that_end_anywhere_leave_nothing_out_and_count_nothing_twice(
    book: list[Payment],
) -> None:
    run = begun()
    cursors = in_small_turns(run)
    assert cursors == sorted(cursors)
    assert len(cursors) == 10
    assert figures(run) == EVERYTHING
    assert open_by_bucket() == {"amount": {book[1].imp_uid, book[8].imp_uid}}


@pytest.mark.parametrize("number", [0, 4, 9])
@pytest.mark.parametrize("late", [0.5, 100 * 366 * 86_400], ids=["half a second", "a century"])
def test_a_row_without_a_time_among_its_days_is_asked_about_and_moves_no_cursor(
    book: list[Payment], monkeypatch: pytest.MonkeyPatch, number: int, late: float
) -> None:
    # Listed where it belongs; but half a second is no time that we take.
    in_lists(monkeypatch, book[number], paid_at=NOON.timestamp() + 60 * number + late)
    run = begun()
    first, last = run.bounds
    cursors = in_small_turns(run)
    assert cursors == sorted(cursors)
    assert first <= cursors[0] <= cursors[-1] == last
    assert run.counts["agree"] + run.counts["amount"] == 10
    assert open_by_bucket() == {"amount": {book[1].imp_uid, book[8].imp_uid}}


def test_a_list_in_another_order_is_unknown_and_says_why(
    book: list[Payment], monkeypatch: pytest.MonkeyPatch
) -> None:
    listed(monkeypatch, lambda rows: rows.reverse())
    run = begun()
    assert reconciliation.work(run_id=run.pk, seconds=60) == 1
    run.refresh_from_db()
    assert (run.status, run.cursor) == (RunStatus.RUNNING, None)
    assert "order" in run.last_error


def test_a_row_that_does_not_say_who_it_is_ends_the_run_as_unknown(
    book: list[Payment], monkeypatch: pytest.MonkeyPatch
) -> None:
    listed(monkeypatch, lambda rows: rows.insert(4, {"amount": 1_000}))
    run = ended(begun())
    assert run.status == RunStatus.DONE
    assert run.unknown == [f"#5 {book[3].imp_uid}"]
    assert figures(run) == EVERYTHING | {"unknown": 1, "only_there": 1, "only_here": 1}

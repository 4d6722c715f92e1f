"""Faults of what an answer says: rows in another order, and answers that contradict themselves.

The call is carried out; then its envelope is changed. A kind acts, and counts, only where it finds
something to change. To add a kind, add it to `CHANGES`: its function changes `response` in place
or returns what stands there instead, and `None` if there is nothing for it.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any

from flask import Response, request

from sandbox.api.envelope import dump
from sandbox.api.payment_object import Document
from sandbox.context import Sandbox

from .registry import Fault


def apply(world: Sandbox, response: Response) -> Response:
    for fault in world.faults.meeting(request, CHANGES):
        envelope = envelope_of(response)
        if envelope is None:
            break
        changed = CHANGES[fault.kind](envelope.get("response"), fault)
        if changed is not None and world.faults.fire(fault):
            response.set_data(dump({**envelope, "response": changed}))
    return response


def envelope_of(response: Response) -> dict[str, Any] | None:
    """None for what is no answer of the gateway: an HTML page, broken JSON."""
    try:
        envelope = json.loads(response.get_data())
    except ValueError:
        return None
    return envelope if isinstance(envelope, dict) else None


def _payments(response: Any) -> list[Document]:
    """One payment's, a batch's, a page's."""
    rows = response.get("list", [response]) if isinstance(response, dict) else response
    return [row for row in rows or [] if isinstance(row, dict) and "imp_uid" in row]


def _histories(response: Any) -> list[list[Document]]:
    return [row["cancel_history"] for row in _payments(response) if row.get("cancel_history")]


def _shuffle(rows: list[Any]) -> None:
    """Into another order than it has."""
    order = list(range(len(rows)))
    while order == sorted(order):
        random.shuffle(order)
    rows[:] = [rows[index] for index in order]


def _batch_shuffled(response: Any, _fault: Fault) -> Any:
    """Contract 2.3: the order of a batch is promised nowhere."""
    if not isinstance(response, list) or len(response) < 2:
        return None
    _shuffle(response)
    return response


def _history_shuffled(response: Any, _fault: Fault) -> Any:
    """Contract 3.4: nor is the order of the refunds."""
    histories = [history for history in _histories(response) if len(history) > 1]
    for history in histories:
        _shuffle(history)
    return response if histories else None


def _history_without_ids(response: Any, _fault: Fault) -> Any:
    """Contract 3.4: refunds from before 2024-02 have no cancellation_id."""
    histories = _histories(response)
    for entry in (entry for history in histories for entry in history):
        entry.pop("cancellation_id", None)
    return response if histories else None


def _history_sum(response: Any, _fault: Fault) -> Any:
    """The refunds of the history are one more than cancel_amount."""
    histories = _histories(response)
    for history in histories:
        history[0]["amount"] += 1
    return response if histories else None


def _doubled_row(response: Any, _fault: Fault) -> Any:
    """The first row of a batch or a page once more at its end, with another amount."""
    rows = response.get("list") if isinstance(response, dict) else response
    if not isinstance(rows, list) or not _payments(rows):
        return None
    first = _payments(rows)[0]
    rows.append({**first, "amount": (first.get("amount") or 0) + 1})
    return response


def _rows_missing(response: Any, fault: Fault) -> Any:
    """A page holds only its first `rows`, by default none, while `total` counts them all."""
    kept = fault.rows or 0
    if not isinstance(response, dict) or len(response.get("list") or []) <= kept:
        return None
    return {**response, "list": response["list"][:kept]}


CHANGES: dict[str, Callable[[Any, Fault], Any]] = {
    "batch_shuffled": _batch_shuffled,
    "history_shuffled": _history_shuffled,
    "history_without_ids": _history_without_ids,
    "history_sum": _history_sum,
    "doubled_row": _doubled_row,
    "rows_missing": _rows_missing,
}

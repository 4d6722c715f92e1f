"""Runs in every state in which a page can find one. To cover another one: a line in `STATES`."""

from datetime import timedelta
from typing import Any

from django.apps import apps

from .sides import LOOKED_AT

_ALL = ("agrees", "moved", "differs", "not_found", "unknown", "parked", "waiting")
_LATELY, _LONG_AGO = LOOKED_AT - timedelta(seconds=4), LOOKED_AT - timedelta(minutes=20)
_TROUBLE = {"silences": 2, "last_error": "no connection"}
_DONE = {"status": "done", "finished_at": LOOKED_AT - timedelta(minutes=1)}
# (filter, outcomes of its payments, what is special about it) of each: a run is `running`, and was
# seen lately, unless it says otherwise.
STATES: tuple[tuple[str, tuple[str, ...], dict[str, Any]], ...] = (
    ("status=paid", ("waiting",), {"status": "waiting", "started_at": None, "seen_at": None}),
    ("attention=any&amount_min=1000", _ALL, {}),
    ("id=1&id=2", _ALL, {"seen_at": _LONG_AGO, **_TROUBLE}),
    ("run=1", _ALL, {"not_before": LOOKED_AT + timedelta(minutes=1), **_TROUBLE}),
    ("q=kim", _ALL, {"status": "paused", **_TROUBLE}),
    ("", _ALL, {**_DONE, "status": "stopped"}),
    ("", ("agrees", "waiting"), {"last_error": "no connection"}),
    ("", ("agrees", "differs"), {"seen_at": _LONG_AGO}),
    ("", ("agrees", "differs"), {**_DONE, "status": "stopped"}),
    ("", ("agrees", "differs"), _DONE),
    ("", ("agrees", "unknown"), _DONE),
    ("", ("agrees",), _DONE),
)


def add_runs() -> None:
    """A verification run and a reconciliation of each state."""
    for number, (query, outcomes, state) in enumerate(STATES):
        row = _row(number) | state
        _add_verification(row, query, outcomes)
        _add_reconciliation(row, is_fine=outcomes == ("agrees",))


def _model(name: str) -> Any:
    return apps.get_model("payments", name).objects


def _row(number: int) -> dict[str, Any]:
    asked = LOOKED_AT - timedelta(minutes=20 * (number + 2))
    return {
        "requested_at": asked,
        "requested_by": apps.get_model("accounts", "User").objects.get(username="root"),
        "requested_name": "root@example.com",
        "status": "running",
        "started_at": asked + timedelta(seconds=3),
        "seen_at": _LATELY,
    }


def _add_verification(row: dict[str, Any], query: str, outcomes: tuple[str, ...]) -> None:
    payments = list(_model("Payment").order_by("pk")[:21])
    run = _model("VerificationRun").create(query=query, total=len(payments), **row)
    for place, payment in enumerate(payments):
        item = _item(outcomes[place % len(outcomes)])
        _model("VerificationItem").create(run=run, payment=payment, **item)


def _item(outcome: str) -> dict[str, Any]:
    if outcome == "waiting":
        return {"outcome": outcome, "not_before": LOOKED_AT + timedelta(minutes=2)}
    return {
        "outcome": outcome,
        "findings": "amount,currency" if outcome == "differs" else "",
        "attempts": 2,
        "error": "ValueError('no such column')" if outcome in {"parked", "unknown"} else "",
        "settled_at": LOOKED_AT - timedelta(minutes=3),
    }


def _add_reconciliation(row: dict[str, Any], *, is_fine: bool) -> None:
    """Over the days of the first one that ended; half-way through them, unless it waits."""
    done = _model("ReconciliationRun").filter(status="done").earliest("pk")
    ids = list(_model("Payment").exclude(imp_uid=None).values_list("imp_uid", flat=True)[:120])
    has_begun = row["status"] != "waiting"
    some = {"moved": 0, "unknown": 0} if is_fine else {"moved": 120, "unknown": 7}
    counts = {**done.counts, **some} if not is_fine else dict.fromkeys(done.counts, 0) | some
    _model("ReconciliationRun").create(
        first_day=done.first_day,
        last_day=done.last_day,
        cursor=int(done.started_at.timestamp()) - 200_000 if has_begun else None,
        counts=counts if has_begun else {},
        moved=ids if has_begun and not is_fine else [],
        unknown=ids[:7] if has_begun and not is_fine else [],
        **row,
    )

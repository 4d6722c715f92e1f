"""Rows that are written directly, in states that no story of `book` leads to.

Columns are stable, so this works on every commit. To cover another state: a row here.
"""

from datetime import timedelta
from typing import Any

from django.apps import apps
from django_tasks_db.models import DBTaskResult

from .sides import LOOKED_AT, say

TASKS = (("READY", 600), ("RUNNING", 30), ("FAILED", 3_000), ("FAILED", 9_000))


def _model(name: str) -> Any:
    return apps.get_model("payments", name).objects


def _codes(model: str, column: str) -> list[str]:
    """The values that a column may have."""
    field: Any = apps.get_model("payments", model)._meta.get_field(column)
    return [code for code, _words in field.choices]


def add_states() -> None:
    """Discrepancies, deliveries, events, closes, workers and tasks in every state."""
    discrepancies()
    deliveries()
    events()
    changed_since_closed()
    broken_close()
    background()


def discrepancies() -> None:
    """One of each kind and one closed for each reason, some of them old."""
    rows = _model("Discrepancy").order_by("pk")
    pattern = next(row for row in rows if "amount" in _buckets(row))
    for number, bucket in enumerate(_all_buckets()):
        pattern.found_at = LOOKED_AT - timedelta(days=5 * number)
        _another(pattern, f"imp_5000000000{number:02}", bucket)
    for number, reason in enumerate(_codes("Discrepancy", "closing_reason")):
        pattern.is_open = False
        pattern.closed_at, pattern.closing_reason = LOOKED_AT - timedelta(hours=number), reason
        _another(pattern, f"imp_6000000000{number:02}", "amount")


def is_missing_here(discrepancy: Any) -> bool:
    """Whether only the gateway has it."""
    return "missing_here" in _buckets(discrepancy)


def _another(pattern: Any, imp_uid: str, bucket: str) -> None:
    """The same of another payment."""
    pattern.pk, pattern.imp_uid, pattern._state.adding = None, imp_uid, True
    if _has_lines():
        pattern.save()
        _model("DiscrepancyLine").create(
            discrepancy_id=pattern.pk, bucket=bucket, ours=pattern.ours, theirs=pattern.theirs
        )
    else:
        pattern.bucket = bucket
        pattern.save()


# Until November 2026 a discrepancy had one bucket and no lines.
def _has_lines() -> bool:
    return "discrepancyline" in apps.get_app_config("payments").models


def _buckets(discrepancy: Any) -> list[str]:
    return list(discrepancy.buckets) if _has_lines() else [discrepancy.bucket]


def _all_buckets() -> list[str]:
    return _codes("DiscrepancyLine" if _has_lines() else "Discrepancy", "bucket")


def deliveries() -> None:
    """One of each outcome; the one that failed was given up."""
    payment = _model("Payment").filter(verification="mismatched").earliest("pk")
    for outcome in _codes("WebhookDelivery", "outcome"):
        _model("WebhookDelivery").create(
            received_at=LOOKED_AT - timedelta(minutes=9),
            imp_uid=payment.imp_uid or "",
            merchant_uid=payment.merchant_uid,
            payment=payment,
            body="{}",
            outcome=outcome,
            attempts=0 if outcome == "received" else 30,
            error="no answer" if outcome == "failed" else "",
        )


def events() -> None:
    """On one payment, one of each kind and source; their hashes are none."""
    payment = _model("Payment").filter(status="paid").earliest("pk")
    sources, kinds = _codes("PaymentEvent", "source"), _codes("PaymentEvent", "kind")
    for number, kind in enumerate(kinds):
        _model("PaymentEvent").create(
            payment=payment,
            sequence=payment.version + number + 1,
            recorded_at=LOOKED_AT - timedelta(minutes=30 - number),
            kind=kind,
            source=sources[number % len(sources)],
            status_before="ready",
            status_after="paid",
            amount=number,
            idempotency_key=f"screens:{kind}",
        )
    version = payment.version + len(kinds)
    _model("Payment").filter(pk=payment.pk).update(version=version)


def changed_since_closed() -> None:
    """Of the last day that was closed, a payment that went to another day and one that changed."""
    closed = _model("DailyClose").latest("day")
    lines = closed.lines.splitlines()[:2]
    codes = [next(word for word in line.split() if word.startswith("imp_")) for line in lines]
    gone, changed = (_model("Payment").filter(imp_uid=code) for code in codes)
    gone.update(paid_at=LOOKED_AT - timedelta(days=40))
    changed.update(pay_method="phone", pg_provider="")


def broken_close() -> None:
    """A day, before all others, whose close does not hold."""
    first = _model("DailyClose").earliest("day")
    first.pk, first.run, first.hash = None, None, "0" * 64
    first.day -= timedelta(days=3)
    first.lines += "imp_0 1 0 paid card x\n"
    first._state.adding = True
    first.save()


def background() -> None:
    """Workers that work, have ended and are dead; tasks in each state; the schedule."""
    for number, (seen, stopped) in enumerate(((5, False), (900, True), (4_000, False))):
        seen_at = LOOKED_AT - timedelta(seconds=seen)
        _model("Worker").create(
            worker_id=f"worker-{number}",
            host="app-1",
            pid=100 + number,
            started_at=LOOKED_AT - timedelta(hours=3),
            seen_at=seen_at,
            stopped_at=seen_at if stopped else None,
        )
    for number, (status, ago) in enumerate(TASKS):
        at = LOOKED_AT - timedelta(seconds=ago)
        DBTaskResult.objects.create(
            status=status,
            args_kwargs={"args": [number], "kwargs": {}},
            task_path="payments.tasks.verify_run",
            queue_name="default",
            backend_name="default",
            exception_class_path="builtins.ValueError" if status == "FAILED" else "",
            traceback="Traceback: no such column" if status == "FAILED" else "",
            enqueued_at=at,
            started_at=None if status == "READY" else at,
            finished_at=at if status == "FAILED" else None,
            worker_ids=[] if status == "READY" else ["worker-0"],
        )
    for name in ("rescue", "sweep_orders", "close_days", "no_longer_there"):
        _model("ScheduledJob").create(name=name, due_at=LOOKED_AT + timedelta(minutes=2))


def report() -> None:
    """How many rows there are of what."""
    for model in apps.get_models():
        if number := model._default_manager.count():
            say(f"{number:>7,} {model._meta.label}")

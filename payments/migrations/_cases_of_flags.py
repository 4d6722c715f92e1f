"""Discrepancies of before had a row for each bucket; now there is one for each attempt.

The old ones are dropped, with their steps and what runs saw; a payment that was flagged keeps an
open one, whose figures come with its next verification or reconciliation. Frozen with its
migration.
"""

from typing import Any

from django.db.models import Q
from django.utils import timezone

_TRIGGER_OFF = {
    "sqlite": ("{table}_no_update", "{table}_no_delete"),
    "postgresql": ("{table}_no_change ON {table}", "{table}_no_truncate ON {table}"),
}
_TABLES = (
    "payments_discrepancystep",
    "payments_discrepancy_seen_by",
    "payments_discrepancy",
)
_BUCKETS = {
    "imp_uid_taken": "order_number",
    "amount": "amount",
    "currency": "currency",
    "test_payment": "test_payment",
    "second_approval": "double_approval",
    "status": "status",
    "unknown_status": "status",
    "refund": "refund",
    "refund_gone": "refund",
    "no_payment_time": "contradiction",
    "no_refund_time": "contradiction",
    "history": "contradiction",
    "time": "contradiction",
}


def drop_old(apps: Any, schema_editor: Any) -> None:
    """Every row of before."""
    vendor = schema_editor.connection.vendor
    for table in _TABLES:
        for trigger in _TRIGGER_OFF[vendor]:
            name = trigger.format(table=table)
            schema_editor.execute(f"DROP TRIGGER IF EXISTS {name}", params=None)
        schema_editor.execute(f"DELETE FROM {table}", params=None)  # noqa: S608
    if vendor == "postgresql":
        # A table with checks that are still to come can't be altered.
        schema_editor.execute("SET CONSTRAINTS ALL IMMEDIATE", params=None)
        schema_editor.execute("SET CONSTRAINTS ALL DEFERRED", params=None)


def open_flagged(apps: Any, schema_editor: Any) -> None:
    """One for each payment that was flagged, by what was found last."""
    payments = apps.get_model("payments", "Payment").objects
    flagged = payments.filter(Q(verification="mismatched") | Q(late_approval=True))
    for payment in flagged.order_by("pk").iterator():
        last = payment.events.filter(kind="discrepancy").order_by("-sequence").first()
        if payment.verification == "mismatched" and last is not None:
            codes = [code for code in last.reason_code.split(",") if code in _BUCKETS]
            _open(apps, payment, last.imp_uid, dict.fromkeys(_BUCKETS[code] for code in codes))
        elif payment.imp_uid:
            _open(apps, payment, payment.imp_uid, ["late_approval"] * payment.late_approval)


def _open(apps: Any, payment: Any, imp_uid: str, buckets: Any) -> None:
    rows = apps.get_model("payments", "Discrepancy").objects
    if not imp_uid or not buckets or rows.filter(imp_uid=imp_uid).exists():
        return
    now = timezone.now()
    row = rows.create(
        imp_uid=imp_uid,
        merchant_uid=payment.merchant_uid,
        payment=payment,
        amount=payment.amount,
        found_at=now,
        seen_at=now,
        version=1,
    )
    for bucket in buckets:
        row.lines.create(bucket=bucket)
    row.steps.create(at=now, kind="found")

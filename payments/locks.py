"""The only place that takes row locks.

A lock lives in a short transaction of its own: nothing inside may call the gateway. `durable=True`
makes Django refuse if somebody wraps it in a longer transaction.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Q, QuerySet

from . import conf
from .core.db.among import among
from .core.db.clock import is_over
from .core.db.instances import read_rows
from .models import LONGEST_WAIT, Discrepancy, ItemOutcome, Payment, VerificationItem


@contextmanager
def locked_payment(pk: int) -> Iterator[Payment]:
    """The payment as it is now, locked until the block ends and commits.

    SQLite has no row locks; its transactions are IMMEDIATE, so the whole block is exclusive.
    """
    with transaction.atomic(durable=True):
        yield _payments().get(pk=pk)


@contextmanager
def locked_payments(pks: Iterable[int]) -> Iterator[dict[int, Payment]]:
    """Many payments by id, as they are now, locked until the block ends and commits.

    Always in the order of their ids: two runs that share payments wait, they do not deadlock.
    """
    with transaction.atomic(durable=True):
        rows = _payments().filter(among("pk", pks))
        yield {payment.pk: payment for payment in read_rows(rows.order_by("pk"))}


def _payments() -> QuerySet[Payment]:
    """Without the key: whoever only refers to a payment with a row of its own need not wait."""
    return Payment.objects.select_for_update(no_key=True)


@contextmanager
def locked_discrepancy(pk: int) -> Iterator[Discrepancy]:
    """The discrepancy as it is now, locked until the block ends and commits."""
    with transaction.atomic(durable=True):
        yield Discrepancy.objects.select_for_update(of=("self",)).get(pk=pk)


def locked_discrepancies(condition: Q) -> list[Discrepancy]:
    """Those as they are now with their lines, in the order of their ids.

    Locked until the caller's transaction ends, which has locked its payments before.
    """
    rows = Discrepancy.objects.select_for_update(of=("self",)).filter(condition)
    return list(rows.order_by("pk").prefetch_related("lines"))


@contextmanager
def unclaimed_items(run_id: int, *, limit: int, now: datetime) -> Iterator[list[VerificationItem]]:
    """Payments of a run that nobody is asking about now, locked; other workers skip them."""
    with transaction.atomic(durable=True):
        rows = VerificationItem.objects.select_for_update(skip_locked=True)
        yield read_rows(waiting_items(run_id, now=now, within=rows).order_by("pk")[:limit])


def waiting_items(
    run_id: int, *, now: datetime, within: QuerySet[VerificationItem] | None = None
) -> QuerySet[VerificationItem]:
    """What is still to do in a run and may be taken up now."""
    rows = VerificationItem.objects.all() if within is None else within
    rows = rows.filter(run_id=run_id, outcome=ItemOutcome.WAITING)
    lease = timedelta(seconds=conf.runs().lease)
    rows = rows.filter(Q(claimed_until=None) | is_over("claimed_until", now=now, at_most=lease))
    return rows.filter(Q(not_before=None) | is_over("not_before", now=now, at_most=LONGEST_WAIT))


@contextmanager
def one_moment() -> Iterator[None]:
    """Whatever is read until the block ends is the book as it was at one moment.

    On PostgreSQL nobody waits for it. SQLite's IMMEDIATE transaction is exclusive: be short.
    """
    # A test's transaction around this one fixed its level with its first query.
    sets_level = connection.vendor == "postgresql" and not connection.in_atomic_block
    with transaction.atomic(), connection.cursor() as cursor:
        if sets_level:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


@contextmanager
def closing_days() -> Iterator[None]:
    """The book as it is at one moment, and nobody else closing a day until the block commits.

    SQLite's IMMEDIATE transaction is both. PostgreSQL takes the snapshot with the first query, so
    the table is locked before it: whoever waited for the lock sees what was closed meanwhile.
    """
    # A test's transaction around this one fixed its level with its first query.
    sets_level = connection.vendor == "postgresql" and not connection.in_atomic_block
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        if sets_level:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        if connection.vendor == "postgresql":
            cursor.execute("LOCK TABLE payments_dailyclose IN SHARE ROW EXCLUSIVE MODE")
        yield

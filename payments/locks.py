"""The only place that takes row locks.

A lock lives in a short transaction of its own: nothing inside may call the gateway. `durable=True`
makes Django refuse if somebody wraps it in a longer transaction.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction

from .models import Payment


@contextmanager
def locked_payment(pk: int) -> Iterator[Payment]:
    """The payment as it is now, locked until the block ends and commits.

    SQLite has no row locks; its transactions are IMMEDIATE, so the whole block is exclusive.
    """
    with transaction.atomic(durable=True):
        yield Payment.objects.select_for_update(of=("self",)).get(pk=pk)

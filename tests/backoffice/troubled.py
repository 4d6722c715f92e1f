"""A database in trouble, for real: somebody holds it, it is only for reading, it can't grow."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

from django.db import connection, connections
from django.utils import timezone

from payments.models import LimitCount


@contextmanager
def held() -> Iterator[None]:
    """Nobody else can write the row of the write trial."""
    if connection.vendor == "sqlite":
        file = str(connection.settings_dict["NAME"])
        with closing(sqlite3.connect(file, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            yield
        return
    other_connection = connections["default"].copy()
    try:
        other_connection.set_autocommit(False)
        with other_connection.cursor() as cursor:
            cursor.execute("LOCK TABLE backoffice_writetrial IN ACCESS EXCLUSIVE MODE")
        yield
    finally:
        other_connection.close()


@contextmanager
def read_only() -> Iterator[None]:
    """Nothing can be written; on PostgreSQL until the transaction ends that the test runs in."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION READ ONLY")
        yield
    else:
        yield from _with_pragma("query_only", 1, 0)


@contextmanager
def unable_to_grow() -> Iterator[None]:
    """SQLite's file has all the pages that it may have: what a full disk does to it."""
    yield from _with_pragma("max_page_count", 1, 1_073_741_823)


def _with_pragma(name: str, meanwhile: int, afterwards: int) -> Iterator[None]:
    # Past Django, which takes nothing more in a transaction that an error has broken.
    driver: Any = connection.connection
    driver.execute(f"PRAGMA {name} = {meanwhile}")
    try:
        yield
    finally:
        driver.execute(f"PRAGMA {name} = {afterwards}")


def write_much() -> list[Any]:
    """Save something that needs room."""
    at = timezone.now()
    LimitCount.objects.bulk_create(
        LimitCount(scope="test", key=f"{n:090}", ends_at=at, count=n) for n in range(5_000)
    )
    return []

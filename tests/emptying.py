"""Empties the database after a test that committed, quicker than Django does.

Django truncates every table, then makes content types, permissions and roles anew: most of the
time of such a test on PostgreSQL. Here only tables that hold rows are emptied, and what the
migrations made stays, unless the test changed it. The ledger's triggers refuse that, so they are
off meanwhile.
"""

from collections.abc import Callable

from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction

from payments.migrations import _append_only_triggers

# Made by the migrations and the same after every test, unless it is about roles.
STAYS = {
    model._meta.db_table for model in (ContentType, Permission, Group, Group.permissions.through)
}

SMALL = 64 * 1024  # bytes

Rights = list[tuple[str, str | None]]


def rights() -> Rights:
    """Every role with its permissions, by name: whether `STAYS` is as it was."""
    named = Group.objects.order_by("name", "permissions__codename")
    return list(named.values_list("name", "permissions__codename"))


def empty(*, rights_before: Rights, by_django: Callable[[], None]) -> None:
    """Leave the database as the migrations made it."""
    tables = set(connection.introspection.django_table_names(only_existing=True)) - STAYS
    if rights() != rights_before or _are_bloated(tables):
        _without_triggers(by_django)
    else:
        _empty_with_rows(tables)


def _are_bloated(tables: set[str]) -> bool:
    """Deleted rows leave their pages behind on PostgreSQL, and what is planned goes by pages."""
    if connection.vendor != "postgresql":
        return False
    with connection.cursor() as cursor:
        sizes = "SELECT max(pg_relation_size(name::regclass)) FROM unnest(%s::text[]) AS name"
        cursor.execute(sizes, [list(tables)])
        return bool(cursor.fetchone()[0] > SMALL)


def _empty_with_rows(tables: set[str]) -> None:
    full = _with_rows(sorted(tables))
    if full & set(_append_only_triggers.TABLES):
        _without_triggers(lambda: _delete(full))
    else:
        _delete(full)


def _with_rows(tables: list[str]) -> set[str]:
    query = " UNION ALL ".join(
        f"SELECT '{table}' WHERE EXISTS (SELECT 1 FROM {table})" for table in tables
    )
    with connection.cursor() as cursor:
        cursor.execute(query)
        return {name for (name,) in cursor.fetchall()}


def _delete(tables: set[str]) -> None:
    """Foreign keys are looked at in the end, so any order will do."""
    with transaction.atomic(), connection.cursor() as cursor:
        for table in sorted(tables):
            cursor.execute(f"DELETE FROM {table}")


def _without_triggers(act: Callable[[], None]) -> None:
    with connection.schema_editor() as editor:
        _append_only_triggers.remove(None, editor)
    try:
        act()
    finally:
        with connection.schema_editor() as editor:
            _append_only_triggers.install(None, editor)

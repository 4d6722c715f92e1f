"""Every index of a growing table serves a query that docs/indexes.md names; no other exists."""

import re
from copy import copy

import pytest
from django.db import connection
from django.db.models import CharField, Model

from payments.models import Discrepancy, Payment, WebhookDelivery
from tests.architecture.code import ROOT

_ROW = re.compile(r"^\| `(\w+)` \| `(\w+)` \| (.+?) \|$", re.MULTILINE)
# Of the queue's table, which is another app's, those that are ours.
_TASKS = "django_tasks_database_dbtaskresult"

pytestmark = pytest.mark.django_db


def described() -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for table, index, _query in _ROW.findall((ROOT / "docs/indexes.md").read_text()):
        assert index not in found.setdefault(table, set())
        found[table].add(index)
    return found


def existing(table: str) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexname FROM pg_indexes WHERE tablename = %s", [table])
        return {name for (name,) in cursor.fetchall()}


def test_each_index_is_described_with_the_query_that_it_serves() -> None:
    tables = described()
    assert len(tables) >= 10
    ours = tables.pop(_TASKS)
    assert ours == {name for name in existing(_TASKS) if name.startswith("task_")}
    assert tables == {table: existing(table) for table in tables}


@pytest.mark.parametrize(
    ("model", "column"),
    [
        (Payment, "imp_uid"),
        (Discrepancy, "imp_uid"),
        (Discrepancy, "merchant_uid"),
        (WebhookDelivery, "imp_uid"),
        (WebhookDelivery, "merchant_uid"),
    ],
)
def test_no_later_change_of_a_column_brings_an_index_of_beginnings(
    model: type[Model], column: str
) -> None:
    table = model._meta.db_table
    before = existing(table)
    old = model._meta.get_field(column)
    new = copy(old)
    assert isinstance(new, CharField)
    new.max_length = 100
    with connection.schema_editor() as editor:
        editor.alter_field(model, old, new)  # type: ignore[arg-type]
    assert existing(table) == before
    assert not any(name.endswith("_like") and column in name for name in before)

"""The rows before and after one: as the list has them, wherever the row stands."""

import pytest
from django.db import connection

from payments.core.db.neighbours import rows_after, rows_before
from payments.models import Discrepancy
from tests.payments.books import missing_here


@pytest.fixture
def rows(db: None) -> list[Discrepancy]:
    """Five, of which some are over the same amount."""
    amounts = (2_000, 1_000, 2_000, 3_000, 2_000)
    return [missing_here(f"imp_{n}", f"order-{n}", won) for n, won in enumerate(amounts)]


@pytest.mark.parametrize("order", [("-pk",), ("pk",), ("amount", "-pk"), ("-amount", "pk")])
def test_before_and_after_are_the_two_parts_of_the_list(
    rows: list[Discrepancy], order: tuple[str, ...]
) -> None:
    ordered = Discrepancy.objects.order_by(*order)
    listed = list(ordered)
    for place, row in enumerate(listed):
        assert list(rows_after(ordered, row)) == listed[place + 1 :]
        assert list(rows_before(ordered, row)) == listed[:place][::-1]


def test_a_row_that_is_on_the_list_no_more_has_a_place_all_the_same(
    rows: list[Discrepancy],
) -> None:
    others = Discrepancy.objects.exclude(pk=rows[2].pk).order_by("amount", "-pk")
    assert rows_after(others, rows[2]).first() == rows[0]
    assert rows_before(others, rows[2]).first() == rows[4]


def test_without_an_order_nothing_comes_after_anything(rows: list[Discrepancy]) -> None:
    assert not rows_after(Discrepancy.objects.order_by(), rows[0]).exists()


def test_an_index_leads_there(rows: list[Discrepancy]) -> None:
    """Nothing is sorted and nothing is read from the beginning."""
    newest_first = Discrepancy.objects.filter(is_open=True).order_by("-pk")
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            for what in ("seqscan", "sort", "bitmapscan"):
                cursor.execute(f"SET LOCAL enable_{what} = off")
    for beside in (rows_after(newest_first, rows[2]), rows_before(newest_first, rows[2])):
        plan = beside.values_list("pk")[:1].explain()
        assert "Index" in plan or "SEARCH" in plan
        assert "Sort" not in plan
        assert "TEMP B-TREE" not in plan

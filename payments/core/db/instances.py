"""Rows as objects of their model, made past the model's constructor: for thousands at once.

The constructor asks each column for its default and for relations, and sends two signals, which
takes longer than reading the row. Nothing of ours listens to those.
"""

from collections.abc import Hashable, Iterator
from functools import lru_cache
from typing import Any, TypeVar

from django.db import DEFAULT_DB_ALIAS
from django.db.models import Model, QuerySet
from django.db.models.base import ModelState
from django.db.models.query import BaseIterable

Row = TypeVar("Row", bound=Model)


def read_rows(rows: QuerySet[Row]) -> list[Row]:
    """What `list(rows)` gives for a query of whole rows of one table."""
    quick = rows.all()
    quick._iterable_class = _Rows
    return list(quick)


class _Rows(BaseIterable[Any]):
    """As Django's `ModelIterable`, for rows without relations, annotations, deferred columns."""

    def __iter__(self) -> Iterator[Any]:
        query, chunks = self.queryset, {"chunked_fetch": self.chunked_fetch}
        compiler = query.query.get_compiler(using=query.db)
        results = compiler.execute_sql(chunk_size=self.chunk_size, **chunks)
        names = [column.target.attname for column, *_sql in compiler.select]
        for values in compiler.results_iter(results):
            yield made(query.model, dict(zip(names, values, strict=True)), is_new=False)


def new_row(model: type[Row], /, **values: Any) -> Row:
    """A row to be inserted, as `model(**values)` makes it; foreign keys are given by their ids."""
    return made(model, {**_defaults(model), **values}, is_new=True)


def made(model: type[Row], values: dict[str, Any], *, is_new: bool) -> Row:
    """The row with these columns, all of them."""
    row = model.__new__(model)
    row.__dict__ = values
    row._state = ModelState()
    row._state.adding, row._state.db = is_new, None if is_new else DEFAULT_DB_ALIAS
    return row


@lru_cache
def _defaults(model: type[Model]) -> dict[str, Any]:
    """Of each column that has one for all rows; a dict of its own has to be given."""
    defaults = {field.attname: field.get_default() for field in model._meta.concrete_fields}
    return {name: value for name, value in defaults.items() if isinstance(value, Hashable)}

"""The cells of a CSV: text that no spreadsheet changes, amounts as numbers, times in Korea.

A cell renders what import-export read from the row, or does without the row: it says what to ask
the database for (`asked`) and what to make of the answer (`plain`). A screen's own cells build on
these, in the module of its columns. What keeps a text a text is in `core.spreadsheet`.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice
from typing import Any

from django.db.models import F, QuerySet
from import_export.resources import Resource
from import_export.widgets import Widget

from payments.core.db.functions import UnixSecond
from payments.core.kst import iso, iso_of_unix
from payments.core.spreadsheet import guarded, unguarded


class Cell(Widget):  # type: ignore[misc]
    """A cell that can do without its payment."""

    def asked(self, attribute: str) -> Any:
        """What to ask the database for, in the place of the payment's attribute."""
        return F(attribute)

    def plain(self, value: Any) -> Any:
        """The cell for what the database answered; what `render` makes of the attribute."""
        return self.render(value)


class TextCell(Cell):
    """Text that stays as it is in any spreadsheet."""

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        return self.plain(value)

    def plain(self, value: Any) -> str:
        return "" if value is None else guarded(str(value))

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> str:
        """The text that a cell of such a file holds, for whoever reads one in."""
        return unguarded(str(value or ""))


class WonCell(Cell):
    """A plain integer."""

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> int:
        return int(value)


class MomentCell(Cell):
    """2022-11-29T12:15:57+09:00."""

    def render(self, value: datetime | None, obj: Any = None, **kwargs: Any) -> str:
        return iso(value)

    def asked(self, attribute: str) -> Any:
        return UnixSecond(attribute)

    def plain(self, value: int | None) -> str:
        return "" if value is None else iso_of_unix(value)


class FlagCell(TextCell):
    """A code for yes, another for no."""

    def __init__(self, yes: str, no: str = "") -> None:
        super().__init__()
        self._codes = {True: yes, False: no}

    def plain(self, value: Any) -> str:
        return self._codes[bool(value)]


class CountCell(Cell):
    """A plain integer, or nothing where none is told."""

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> Any:
        return "" if value is None else int(value)


class PlainResource(Resource):  # type: ignore[misc]
    """Columns whose cells all do without their row: a million rows without one in between."""

    def blocks(self, rows: QuerySet[Any], size: int) -> Iterator[Iterable[tuple[Any, ...]]]:
        """The rows of the file, in blocks of `size`."""
        fields = [(field.attribute, field.widget) for field in self.get_export_fields()]
        asked = (cell.asked(attribute) for attribute, cell in fields)
        answered = iter(rows.values_list(*asked).iterator(chunk_size=size))
        plain = [cell.plain for _attribute, cell in fields]
        while block := list(islice(answered, size)):
            columns = zip(*block, strict=True)
            yield zip(*map(map, plain, columns), strict=True)

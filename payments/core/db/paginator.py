"""Pages of a list that may be long: counting stops where nobody pages any more.

The rows of a page are read by their ids (`page_rows`), so no list reads or sorts a whole table.
Beyond what is counted a page is found by a row beside it (`keyed_page`), never by its number: a
number far out would make the database read everything before it.
"""

from collections.abc import Callable
from typing import Any

from django.core.paginator import EmptyPage, Page, Paginator
from django.db.models import QuerySet
from django.utils.functional import cached_property

from .keyed_page import KeyedPage, has_keys, last_page, page_after, page_before
from .page_rows import page_rows

COUNTED_AT_MOST = 10_000


class BoundedPaginator(Paginator[Any]):
    """Counts at most one row more than `COUNTED_AT_MOST`; further pages exist, without a number.

    Whatever number beyond the counted ones is asked for, the page is the last that has one.

    `keyed` is the page that one of the `go_` methods asked for, whatever number is: None until it
    is read, and where the list is counted, its order has no keys, or the row is not there.
    """

    keyed: KeyedPage | None = None
    _read_keyed: Callable[[], KeyedPage | None] | None = None

    def go_after(self, pk: int) -> None:
        """The page is what comes after this row."""
        self._read_keyed = lambda: self._beside(page_after, pk)

    def go_before(self, pk: int) -> None:
        """The page is what comes before this row; at the front of the list, its first page."""
        self._read_keyed = lambda: self._beside(page_before, pk)

    def go_to_the_end(self) -> None:
        """The page is the last one."""
        self._read_keyed = lambda: last_page(self._rows, self.per_page)

    def is_counted(self, number: int) -> bool:
        """Whether the page after this one still has a number."""
        return number * self.per_page < COUNTED_AT_MOST

    @property
    def has_keys(self) -> bool:
        """Whether a page can be found by a row beside it."""
        return has_keys(self._rows)

    @property
    def _rows(self) -> QuerySet[Any]:
        assert isinstance(self.object_list, QuerySet)
        return self.object_list

    def _beside(self, read: Callable[..., KeyedPage], pk: int) -> KeyedPage | None:
        row = self._rows.model._default_manager.filter(pk=pk).first()
        page = read(self._rows, row, self.per_page) if row else None
        return page if page and page.rows and page.has_previous else None

    @cached_property
    def count(self) -> int:
        return self._rows.order_by()[: COUNTED_AT_MOST + 1].count()

    @property
    def is_capped(self) -> bool:
        """Whether there are more rows than were counted."""
        return self.count > COUNTED_AT_MOST

    @property
    def count_words(self) -> str:
        """The number for a screen: "1,234" or "10,000+"."""
        return f"{COUNTED_AT_MOST:,}+" if self.is_capped else f"{self.count:,}"

    @cached_property
    def num_pages(self) -> int:
        """How many pages have a number."""
        return self.last_number if self.is_capped else super().num_pages

    @property
    def last_number(self) -> int:
        """Of a list that is not counted to its end, the last page with a number."""
        return -(-COUNTED_AT_MOST // self.per_page)

    def validate_number(self, number: Any) -> int:
        """Where more rows exist than were counted, a number past the last one is the last one."""
        try:
            wanted = super().validate_number(number)
        except EmptyPage:
            wanted = int(number)
            if not self.is_capped or wanted < 1:
                raise
        return min(wanted, self.last_number) if self.is_capped else wanted

    def page(self, number: Any) -> Any:
        """As Django's, but the last counted page is not cut short where more rows follow."""
        number = self.validate_number(number)
        if self._read_keyed and self.is_capped and self.has_keys:
            self.keyed = self._read_keyed()
        if self.keyed:
            return Page(self.keyed.rows, number, self)
        start = (number - 1) * self.per_page
        stop = start + self.per_page
        stop = stop if self.is_capped else min(stop, self.count)
        return Page(page_rows(self._rows, start, stop), number, self)

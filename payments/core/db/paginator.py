"""Pages of a list that may be long: counting stops where nobody pages any more.

The rows of a page are read by their ids (`page_rows`), so no list reads or sorts a whole table.
"""

from typing import Any

from django.core.paginator import EmptyPage, Page, Paginator
from django.db.models import QuerySet
from django.utils.functional import cached_property

from .page_rows import page_rows

COUNTED_AT_MOST = 10_000


class BoundedPaginator(Paginator[Any]):
    """Counts at most one row more than `COUNTED_AT_MOST`; further pages exist, uncounted."""

    @cached_property
    def count(self) -> int:
        rows = self.object_list
        assert isinstance(rows, QuerySet)
        return rows.order_by()[: COUNTED_AT_MOST + 1].count()

    @property
    def is_capped(self) -> bool:
        """Whether there are more rows than were counted."""
        return self.count > COUNTED_AT_MOST

    @property
    def count_words(self) -> str:
        """The number for a screen: "1,234" or "10,000+"."""
        return f"{COUNTED_AT_MOST:,}+" if self.is_capped else f"{self.count:,}"

    def validate_number(self, number: Any) -> int:
        """A page past the counted ones is fine while more rows exist than were counted."""
        try:
            return super().validate_number(number)
        except EmptyPage:
            if self.is_capped and int(number) > 0:
                return int(number)
            raise

    def page(self, number: Any) -> Any:
        """As Django's, but the last counted page is not cut short where more rows follow."""
        number = self.validate_number(number)
        start = (number - 1) * self.per_page
        stop = start + self.per_page
        rows = self.object_list
        assert isinstance(rows, QuerySet)
        stop = stop if self.is_capped else min(stop, self.count)
        return Page(page_rows(rows, start, stop), number, self)

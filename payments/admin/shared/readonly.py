"""A screen that only shows: nobody adds, changes or deletes, superusers included.

Counting stops where nobody pages any more, so no list reads a whole table. Screens of rows that the
ledger or the inbox own build on `ReadOnlyAdmin`.
"""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.core.paginator import EmptyPage, Page, Paginator
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.functional import Promise, cached_property
from django.utils.text import capfirst

from payments.core.db.page_rows import page_rows

if TYPE_CHECKING:
    AnyAdmin = admin.ModelAdmin[Any]
    AnyPaginator = Paginator[Any]
else:
    AnyAdmin = admin.ModelAdmin
    AnyPaginator = Paginator

COUNTED_AT_MOST = 10_000


class BoundedPaginator(AnyPaginator):
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


class ReadOnlyAdmin(AnyAdmin):
    """Rows that are looked at and nothing else."""

    paginator = BoundedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    list_per_page = 50
    ordering = ["-pk"]
    # What an empty list says, where there is more to say than that it is empty.
    nothing: str | Promise = ""

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Django's title would ask to "select" something."""
        words = {"title": capfirst(self.opts.verbose_name_plural), "nothing": self.nothing}
        return super().changelist_view(request, words | (extra_context or {}))

    def page_context(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        """What the page of one row shows besides Django's own; for the screens to fill."""
        return {}

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Any = None,
    ) -> HttpResponse:
        if obj is not None:
            context |= self.page_context(request, obj)
        return super().render_change_form(request, context, add, change, form_url, obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

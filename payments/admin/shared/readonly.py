"""A screen that only shows: nobody adds, changes or deletes, superusers included.

Screens of rows that the ledger, a service or a worker owns build on `ReadOnlyAdmin`. What Django's
list and page do not have is a view of the screen's own (`access.staff_view`) in its `get_urls`.
"""

from functools import wraps
from typing import Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.functional import Promise
from django.utils.text import capfirst

from payments.core.db.paginator import BoundedPaginator
from payments.core.db.search import searched
from payments.core.list_pages import PagedChangeList, paginator_of

from .access import StaffView


class ReadOnlyAdmin(admin.ModelAdmin[Any]):
    """Rows that are looked at and nothing else."""

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

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Several ids find any of them; Django would look for a row that has them all."""
        return searched(queryset, search_term, fields=self.get_search_fields(request)), False

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[PagedChangeList]:
        return PagedChangeList

    def get_paginator(self, request: HttpRequest, *args: Any, **kwargs: Any) -> BoundedPaginator:
        return paginator_of(request, *args, **kwargs)

    def screens(self, *table: tuple[str, StaffView[...], str]) -> list[URLPattern]:
        """Addresses beside Django's own: (route, view, what the name of the URL ends with)."""
        names = f"{self.opts.app_label}_{self.opts.model_name}"
        return [
            path(route, self.admin_site.admin_view(self._bound(view)), name=f"{names}_{name}")
            for route, view, name in table
        ]

    def _bound(self, view: StaffView[...]) -> Any:
        @wraps(view)
        def of_this_screen(request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
            return view(self, request, **kwargs)

        return of_this_screen

    def render_page(
        self, request: HttpRequest, template: str, *, title: str | Promise, **context: Any
    ) -> TemplateResponse:
        """A page of this screen in the admin's frame."""
        frame = {**self.admin_site.each_context(request), "opts": self.opts, "title": title}
        return TemplateResponse(request, template, frame | context)

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

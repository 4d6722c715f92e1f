"""Closed days: the list, the page of one, the way to closing the next one and to statements.

A close is only shown; `services.daily_close.close` writes it. What its page says is put together in
`detail`, closing a day is in `close_day`, statements in `statement`. To add a column: its heading
below, its name in `list_display`, its cell in rows.html. To add a button or a page: a function in
this folder under `@staff_view`, its line in `get_urls`.
"""

from functools import partial
from typing import Any, TypeAlias, TypedDict

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import URLPattern
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django_stubs_ext import WithAnnotations

from payments.admin.shared.columns import heading, right
from payments.admin.shared.links import DRIFT, LEARNT
from payments.admin.shared.readonly import ReadOnlyAdmin
from payments.core.list_pages import PagedChangeList
from payments.models import DailyClose
from payments.selectors.daily_close.closes import learnt_lately, learnt_since
from payments.selectors.daily_close.figures import Moved

from .close_day import close_day
from .detail import detail
from .display import drift_badge
from .statement import DAILY, MONTHLY, statement, statement_file


class RowFacts(TypedDict):
    """What was learnt of the day of a row since it was closed, None where it stands; its look."""

    drift: Moved | None
    drift_badge: SafeString


# Quoted: it means something to the type checker alone.
CloseRow: TypeAlias = "WithAnnotations[DailyClose, RowFacts]"


class DriftFilter(admin.SimpleListFilter):
    """Days that would say something else today, among the newest closes: the dashboard's."""

    title = _("since it was closed")
    parameter_name = DRIFT

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return [(LEARNT, _("Money was learnt later"))]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[DailyClose]
    ) -> QuerySet[DailyClose] | None:
        return queryset.filter(day__in=learnt_lately()) if self.value() == LEARNT else None


class DailyCloseList(PagedChangeList):
    """Each row knows what was learnt of its day; asked for the rows of the page alone."""

    result_list: list[CloseRow]

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list = list(self.result_list)
        drifts = learnt_since(self.result_list)
        for row in self.result_list:
            row.drift = drifts.get(row.day)
            row.drift_badge = drift_badge(row.drift)


@admin.register(DailyClose)
class DailyCloseAdmin(ReadOnlyAdmin):
    """Closes, the newest day first."""

    class Media:
        css = {
            "all": ["payments/admin/components/card.css", "payments/admin/screens/daily_close.css"]
        }

    # The names of the columns are classes in the page, too.
    list_display = [
        "closed_day",
        "approved_words",
        "refunded_words",
        "net_words",
        "discrepancies",
        "drift_words",
        "short_hash",
    ]
    list_filter = [DriftFilter]
    date_hierarchy = "day"
    ordering = ["-day"]
    sortable_by = ()
    list_per_page = 31
    fieldsets = ((None, {"fields": ()}),)  # the page is `detail`, not a form

    # Their cells are in templates/admin/payments/dailyclose/rows.html.
    closed_day = heading(_("day"))
    approved_words = heading(pgettext_lazy("figure", "Approved"))
    refunded_words = heading(pgettext_lazy("figure", "Refunded"))
    net_words = heading(_("Net"))
    discrepancies = heading(_("open discrepancies"))
    drift_words = heading(_("since it was closed"))
    short_hash = heading(_("hash"))

    has_close_permission = right("payments.close_day")
    has_export_permission = right("payments.export_payment")  # a statement as a file

    def get_urls(self) -> list[URLPattern]:
        ours = self.screens(
            ("close/", close_day, "close"),
            ("statement/day/", partial(statement, kind=DAILY), "daily"),
            ("statement/day/csv/", partial(statement_file, kind=DAILY), "daily_csv"),
            ("statement/month/", partial(statement, kind=MONTHLY), "monthly"),
            ("statement/month/csv/", partial(statement_file, kind=MONTHLY), "monthly_csv"),
        )
        return [*ours, *super().get_urls()]

    def get_queryset(self, request: HttpRequest) -> QuerySet[DailyClose]:
        """Without the lines, which hold every movement of a day."""
        return super().get_queryset(request).defer("lines")

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[PagedChangeList]:
        return DailyCloseList

    def page_context(self, request: HttpRequest, close: DailyClose) -> dict[str, Any]:
        return detail(close)

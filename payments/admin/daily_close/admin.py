"""Closed days: the list, the page of one, and the door to closing the next one and to statements.

A close is only shown; `services.daily_close.close` writes it. What its page says is put together in
`close_page`, closing a day is in `close_day`, statements in `statement`. To add a column: a method
below, its name in `list_display`.
"""

from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from payments.admin.shared.display import named, won
from payments.admin.shared.readonly import ReadOnlyAdmin
from payments.core.money import with_separators
from payments.models import DailyClose
from payments.selectors.daily_close.closes import moved, moved_lately

from . import detail, statement
from .close_day import close_day_view, may_close
from .display import day_words, drift_badge

DRIFT = "drift"
MOVED, APPROVALS, REFUNDS = "moved", "approvals", "refunds"


class DriftFilter(admin.SimpleListFilter):
    """Days that would say something else today, among the newest closes: the dashboard's."""

    title = _("since it was closed")
    parameter_name = DRIFT

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return [
            (MOVED, _("Moved")),
            (APPROVALS, _("Payments came, went or changed")),
            (REFUNDS, _("Refunds alone")),
        ]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[DailyClose]
    ) -> QuerySet[DailyClose] | None:
        wanted = self.value()
        if wanted not in {MOVED, APPROVALS, REFUNDS}:
            return None
        days = [
            day
            for day, by in moved_lately().items()
            if wanted == MOVED or (wanted == REFUNDS) is by.is_refunds_alone
        ]
        return queryset.filter(day__in=days)


class DailyCloseList(ChangeList):
    """Each row knows by how much its day has moved; asked for the rows of the page alone."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list = list(self.result_list)
        found = moved(self.result_list)
        for close in self.result_list:
            vars(close)["moved"] = found.get(close.day)


@admin.register(DailyClose)
class DailyCloseAdmin(ReadOnlyAdmin):
    """Closes, the newest day first."""

    list_display = [
        "closed_day",
        "number",
        "gross_words",
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
    fieldsets = ((None, {"fields": ()}),)  # the page is `close_page`, not a form

    class Media:
        css = {"all": ["payments/admin/page.css", "payments/admin/close.css"]}

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        name = "payments_dailyclose_{}".format
        ours = [
            path("close/", view(self.close_view), name=name("close")),
            path("statement/day/", view(self.daily_view), name=name("daily")),
            path("statement/day/csv/", view(self.daily_csv_view), name=name("daily_csv")),
            path("statement/month/", view(self.monthly_view), name=name("monthly")),
            path("statement/month/csv/", view(self.monthly_csv_view), name=name("monthly_csv")),
        ]
        return [*ours, *super().get_urls()]

    def get_queryset(self, request: HttpRequest) -> QuerySet[DailyClose]:
        """Without the lines, which hold every payment of a day."""
        return super().get_queryset(request).defer("lines")

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return DailyCloseList

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        response = super().changelist_view(
            request, {"may_close": may_close(request)} | (extra_context or {})
        )
        if isinstance(response, TemplateResponse) and response.context_data:
            shown = response.context_data["cl"].result_list if "cl" in response.context_data else []
            response.context_data["month"] = f"{shown[0].day:%Y-%m}" if shown else ""
        return response

    def page_context(self, request: HttpRequest, close: DailyClose) -> dict[str, Any]:
        return detail.context(close, request)

    def close_view(self, request: HttpRequest) -> HttpResponseBase:
        """See `close_day`."""
        return close_day_view(self, request)

    def daily_view(self, request: HttpRequest) -> HttpResponseBase:
        """See `statement`."""
        return statement.page(self, request, statement.DAILY)

    def monthly_view(self, request: HttpRequest) -> HttpResponseBase:
        """See `statement`."""
        return statement.page(self, request, statement.MONTHLY)

    def daily_csv_view(self, request: HttpRequest) -> HttpResponseBase:
        """See `statement`."""
        return statement.download(self, request, statement.DAILY)

    def monthly_csv_view(self, request: HttpRequest) -> HttpResponseBase:
        """See `statement`."""
        return statement.download(self, request, statement.MONTHLY)

    @admin.display(description=_("day"))
    def closed_day(self, close: DailyClose) -> str:
        return day_words(close.day)

    @admin.display(description=pgettext_lazy("count", "Payments"))
    def number(self, close: DailyClose) -> SafeString:
        return _figure(pgettext_lazy("count", "Payments"), with_separators(close.count))

    @admin.display(description=_("Gross"))
    def gross_words(self, close: DailyClose) -> SafeString:
        return _figure(_("Gross"), won(close.gross))

    @admin.display(description=pgettext_lazy("figure", "Refunded"))
    def refunded_words(self, close: DailyClose) -> SafeString:
        return _figure(pgettext_lazy("figure", "Refunded"), won(close.refunded))

    @admin.display(description=_("Net"))
    def net_words(self, close: DailyClose) -> SafeString:
        return _figure(_("Net"), won(close.net))

    @admin.display(description=_("open discrepancies"))
    def discrepancies(self, close: DailyClose) -> SafeString:
        return _figure(_("open discrepancies"), with_separators(close.open_discrepancies))

    @admin.display(description=_("since it was closed"))
    def drift_words(self, close: DailyClose) -> SafeString:
        return drift_badge(vars(close).get("moved"))

    @admin.display(description=_("hash"))
    def short_hash(self, close: DailyClose) -> SafeString:
        return format_html('<code class="id" title="{}">{}</code>', close.hash, close.hash[:10])


def _figure(name: str | Promise, words: str) -> SafeString:
    return named(name, format_html('<span class="won">{}</span>', words))

"""The queue of discrepancies: both sides' figures side by side, whose each is, how old.

To add a column: a method, its name in `list_display`. Who may do what with one is asked here, by
each of the screens.
"""

from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy, pgettext_lazy

from payments.admin.shared.access import require
from payments.admin.shared.discrepancy_display import (
    BUCKET_LOOKS,
    bucket_badge,
    closing_label,
    difference_label,
    found_ago,
    owner_label,
    state_badge,
)
from payments.admin.shared.display import email_cell, moment
from payments.admin.shared.readonly import ReadOnlyAdmin
from payments.admin.shared.tabs import Presets, preset_tabs
from payments.core.money import with_separators, won
from payments.models import Bucket, Discrepancy
from payments.selectors.discrepancies import possible_owners_called
from payments.selectors.reconciliation import last_done

from .changelist import DiscrepancyChangeList
from .display import named_side
from .filters import PEOPLE, DiscrepancyFilter

COLUMNS = ("order", "what", "ours_words", "theirs_words", "difference", "age", "whose")
# Django names a column of a list by its place (there is none for ticking).
OLDEST_FIRST = f"o=-{COLUMNS.index('age')}"
PEOPLE_A_PAGE = 20
# What everybody looks at every day; others can be shared as an address.
_TABS: Presets = (
    (pgettext_lazy("discrepancies", "Open"), ""),
    (pgettext_lazy("owner", "Mine"), "owner=me"),
    (pgettext_lazy("owner", "Nobody's"), "owner=nobody"),
    (pgettext_lazy("discrepancies", "Closed"), "state=closed"),
    (pgettext_lazy("discrepancies", "Open and closed"), "state=all"),
)


@dataclass(frozen=True, slots=True)
class BucketCount:
    """How many of the set are in this bucket, and the list narrowed to it."""

    words: str
    look: str
    count: str
    href: str
    is_current: bool


class DiscrepancyList(ReadOnlyAdmin):
    """The list."""

    list_display = COLUMNS
    list_select_related = ["owner"]
    search_fields = ["merchant_uid__exact", "imp_uid__exact"]
    sortable_by = ["difference", "age"]

    class Media:
        css = {"all": ["payments/admin/list.css", "payments/admin/discrepancies.css"]}

    def has_work_permission(self, request: HttpRequest) -> bool:
        """Own discrepancies, close them, open them again."""
        return request.user.has_perm("payments.work_discrepancy")

    def has_export_permission(self, request: HttpRequest) -> bool:
        """Take discrepancies out of the house."""
        return request.user.has_perm("payments.export_discrepancy")

    def has_take_in_permission(self, request: HttpRequest) -> bool:
        """Make a payment of what is missing here."""
        return request.user.has_perm("payments.take_in_discrepancy")

    def has_verify_permission(self, request: HttpRequest) -> bool:
        """Ask the gateway about a payment."""
        return request.user.has_perm("payments.verify_payment")

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[DiscrepancyChangeList]:
        return DiscrepancyChangeList

    @admin.display(description=gettext_lazy("order number"))
    def order(self, discrepancy: Discrepancy) -> SafeString:
        """The order, beneath it the attempt."""
        return format_html(
            '<code class="id">{}</code><span class="small"><code>{}</code></span>',
            discrepancy.merchant_uid,
            discrepancy.imp_uid,
        )

    @admin.display(description=gettext_lazy("what differs"))
    def what(self, discrepancy: Discrepancy) -> SafeString:
        return bucket_badge(discrepancy)

    @admin.display(description=pgettext_lazy("side", "Ours"))
    def ours_words(self, discrepancy: Discrepancy) -> SafeString:
        return named_side(discrepancy, ours=True)

    @admin.display(description=pgettext_lazy("side", "Gateway"))
    def theirs_words(self, discrepancy: Discrepancy) -> SafeString:
        return named_side(discrepancy, ours=False)

    @admin.display(description=gettext_lazy("difference"), ordering="amount")
    def difference(self, discrepancy: Discrepancy) -> str:
        return difference_label(discrepancy)

    @admin.display(description=gettext_lazy("age"), ordering="-found_at")
    def age(self, discrepancy: Discrepancy) -> SafeString:
        return found_ago(discrepancy)

    @admin.display(description=gettext_lazy("owner and state"))
    def whose(self, discrepancy: Discrepancy) -> SafeString:
        """The owner, and where it stands."""
        return format_html(
            '<span class="who{}">{}</span>{}<span class="small soft">{}</span>',
            "" if discrepancy.owner_id else " soft",
            email_cell(owner_label(discrepancy)),
            state_badge(discrepancy),
            closing_label(discrepancy),
        )

    def get_urls(self) -> list[URLPattern]:
        people = self.admin_site.admin_view(self.people_view)
        return [path("people/", people, name=PEOPLE), *super().get_urls()]

    def people_view(self, request: HttpRequest) -> HttpResponse:
        """Names for the filter by person: of those who may own one."""
        require(self.has_view_permission(request))
        found = possible_owners_called(request.GET.get("term", "").replace("\x00", "").strip())
        names = [{"id": str(one.pk), "text": str(one)} for one in found[:PEOPLE_A_PAGE]]
        return JsonResponse({"results": names, "pagination": {"more": False}})

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The list, with its totals."""
        context = {
            "media": self.media + DiscrepancyFilter.base_filters["person"].extra["widget"].media,
            "may_export": self.has_export_permission(request),
            "tabs": list(preset_tabs(request, _TABS)),
        }
        response = super().changelist_view(request, context | (extra_context or {}))
        if isinstance(response, TemplateResponse) and response.context_data:
            found = response.context_data.get("cl")
            if isinstance(found, DiscrepancyChangeList):
                response.context_data |= _figures(found) | _compared(found, request)
        return response


def _figures(found: DiscrepancyChangeList) -> dict[str, Any]:
    return {
        "count": with_separators(found.totals.count),
        "at_stake": won(found.totals.amount),
        "buckets": [
            _bucket(found, bucket) for bucket in Bucket if bucket in found.totals.by_bucket
        ],
    }


def _compared(found: DiscrepancyChangeList, request: HttpRequest) -> dict[str, Any]:
    """What an empty queue rests on; not asked for otherwise."""
    if found.result_count or found.chips or found.problems:
        return {}
    run, may = last_done(), request.user.has_perm
    may_see = may("payments.view_reconciliationrun")
    return {
        "last_run": run,
        "last_ended": moment(run.finished_at) if run else "",
        "may_see_runs": may_see,
        "may_reconcile": may_see and may("payments.start_reconciliation"),
    }


def _bucket(found: DiscrepancyChangeList, bucket: Bucket) -> BucketCount:
    selection = {term.value for term in found.terms if term.names == ("bucket",)}
    return BucketCount(
        words=str(bucket.label),
        look=BUCKET_LOOKS[bucket],
        count=with_separators(found.totals.by_bucket[bucket]),
        href=found.within(bucket),
        is_current=selection == {bucket.value},
    )

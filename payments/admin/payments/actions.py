"""What staff can do to the payments they ticked: re-verify, mark failed, export.

Each action names the permission it needs: Django offers it only to who has that, and `staff_view`
asks again when it runs. To add one: a function under `@admin.action` and `@staff_view` here, its
name in `ACTIONS`, and a `has_..._permission` on `PaymentAdmin`.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from payments.admin.shared.access import staff, staff_view
from payments.admin.shared.links import FILTERS
from payments.admin.shared.readonly import ReadOnlyAdmin
from payments.admin.shared.ticked_payments import TICKED
from payments.admin.shared.verify_result import (
    ActionResult,
    Outcome,
    not_asked,
    report,
    verify_one,
)
from payments.models import Payment
from payments.services.verification.silence_limit import SilenceLimit

# So many are asked about while the person waits; more become a run.
ASKED_AT_ONCE = 20
MAX_FAILED = 100
# Ticked by hand, and carried in a URL; for more there is the filter.
MAX_EXPORTED = 100
MAX_IN_A_RUN = 200


def each(
    payments: Iterable[Payment], handle: Callable[[Payment], ActionResult]
) -> Iterator[ActionResult]:
    """Handle one payment after the other; stop asking a gateway that does not answer."""
    limit = SilenceLimit()
    for payment in payments:
        if limit.is_reached:
            yield not_asked(payment)
            continue
        result = handle(payment)
        limit.count(is_answered=result.outcome is not Outcome.UNKNOWN)
        yield result


def ticked(request: HttpRequest, payments: QuerySet[Payment], limit: int) -> list[Payment]:
    """The payments of an action, or none and a message if they are too many or none at all."""
    rows = list(payments[: limit + 1])
    if not rows:
        messages.warning(request, _("No payment matches. Nothing was done."))
    if len(rows) <= limit:
        return rows
    message = _("At most %(limit)s payments at once. Nothing was done; narrow the list first.")
    messages.error(request, message % {"limit": limit})
    return []


@admin.action(permissions=["verify"], description=gettext_lazy("Re-verify at the gateway"))
@staff_view("verify", methods=["POST"])
def reverify(
    model_admin: ReadOnlyAdmin, request: HttpRequest, payments: QuerySet[Payment]
) -> HttpResponseBase:
    """Ask about a few payments now; go on to the page that starts a run over more."""
    if payments[ASKED_AT_ONCE : ASKED_AT_ONCE + 1].exists():
        return _page_about_all(request, payments, "start_run", MAX_IN_A_RUN)
    actor = staff(request)
    if rows := ticked(request, payments, ASKED_AT_ONCE):
        report(request, list(each(rows, lambda payment: verify_one(payment, actor))))
    return _same_page(request)


@admin.action(permissions=["mark_failed"], description=gettext_lazy("Mark failed…"))
@staff_view("mark_failed", methods=["POST"])
def mark_failed(
    model_admin: ReadOnlyAdmin, request: HttpRequest, payments: QuerySet[Payment]
) -> HttpResponseBase:
    """Go on to the page that lists the ticked payments and asks for the reason."""
    return _page_about(request, payments, "mark_failed", MAX_FAILED)


@admin.action(permissions=["export"], description=gettext_lazy("Export as CSV"))
@staff_view("export", methods=["POST"])
def export_selected(
    model_admin: ReadOnlyAdmin, request: HttpRequest, payments: QuerySet[Payment]
) -> HttpResponseBase:
    """Go on to the page that asks what the file is for: the whole filter, or the ticked rows."""
    return _page_about_all(request, payments, "export", MAX_EXPORTED)


def _page_about_all(
    request: HttpRequest, payments: QuerySet[Payment], name: str, limit: int
) -> HttpResponseBase:
    """A page about the whole filter, or about the ticked rows: see `selection`."""
    if request.POST.get("select_across") == "1":
        return HttpResponseRedirect(f"{_url(name)}?{request.GET.urlencode()}")
    return _page_about(request, payments, name, limit)


def _page_about(
    request: HttpRequest, payments: QuerySet[Payment], name: str, limit: int
) -> HttpResponseBase:
    """A page about at most `limit` payments, named one by one."""
    rows = ticked(request, payments, limit)
    if not rows:
        return _same_page(request)
    query = [*((TICKED, str(payment.pk)) for payment in rows), (FILTERS, request.GET.urlencode())]
    return HttpResponseRedirect(f"{_url(name)}?{urlencode(query)}")


def _url(name: str) -> str:
    return reverse(f"admin:payments_payment_{name}")


def _same_page(request: HttpRequest) -> HttpResponseBase:
    return HttpResponseRedirect(request.get_full_path())


ACTIONS: list[Any] = [reverify, mark_failed, export_selected]

"""What staff can do to the payments they picked: re-verify, mark failed, export.

Each action names the permission it needs; Django offers it only to who has that, and `require` asks
again when it runs. To add one: a function with `@admin.action(permissions=...)` here, its name in
`ACTIONS`, and a `has_..._permission` on `PaymentPermissions`.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from payments.admin.shared.access import require, staff
from payments.admin.shared.links import FILTERS
from payments.admin.shared.verify_result import ActionResult, Outcome, not_asked, report, verify_one
from payments.models import Payment
from payments.services.verification.silence_limit import SilenceLimit

if TYPE_CHECKING:
    from .permissions import PaymentPermissions

# So many are asked about while the person waits; more become a run.
ASKED_AT_ONCE = 20
MAX_FAILED = 100
# Ticked by hand, and carried in an address; for more there is the filter.
MAX_EXPORTED = 100
MAX_IN_A_RUN = 200


def each(
    payments: Iterable[Payment], handle: Callable[[Payment], ActionResult]
) -> Iterator[ActionResult]:
    """Handle one payment after the other; stop asking a gateway that stays silent."""
    limit = SilenceLimit()
    for payment in payments:
        if limit.is_reached:
            yield not_asked(payment)
            continue
        result = handle(payment)
        limit.count(is_answered=result.outcome is not Outcome.UNKNOWN)
        yield result


def picked(request: HttpRequest, payments: QuerySet[Payment], limit: int) -> list[Payment]:
    """The payments of an action, or none and a message if they are too many or none at all."""
    found = list(payments[: limit + 1])
    if not found:
        messages.warning(request, _("No payment matches. Nothing was done."))
    if len(found) <= limit:
        return found
    words = _("At most %(limit)s payments at once. Nothing was done; narrow the list first.")
    messages.error(request, words % {"limit": limit})
    return []


@admin.action(permissions=["verify"], description=gettext_lazy("Re-verify at the gateway"))
def reverify(
    model_admin: "PaymentPermissions", request: HttpRequest, payments: QuerySet[Payment]
) -> HttpResponseBase | None:
    """Ask about a few payments now; go on to the page that starts a run over more."""
    require(model_admin.has_verify_permission(request))
    if payments[ASKED_AT_ONCE : ASKED_AT_ONCE + 1].exists():
        return _page_about(request, payments, "start_run", MAX_IN_A_RUN)
    actor = staff(request)
    if found := picked(request, payments, ASKED_AT_ONCE):
        report(request, list(each(found, lambda payment: verify_one(payment, actor))))
    return None


@admin.action(permissions=["mark_failed"], description=gettext_lazy("Mark failed…"))
def mark_failed(
    model_admin: "PaymentPermissions", request: HttpRequest, payments: QuerySet[Payment]
) -> HttpResponseBase | None:
    """Go on to the page that lists the picked payments and asks for the reason."""
    require(model_admin.has_mark_failed_permission(request))
    found = picked(request, payments, MAX_FAILED)
    if not found:
        return None
    query = [("id", str(payment.pk)) for payment in found]
    query.append((FILTERS, request.GET.urlencode()))
    return HttpResponseRedirect(
        f"{reverse('admin:payments_payment_mark_failed')}?{urlencode(query)}"
    )


@admin.action(permissions=["export"], description=gettext_lazy("Export as CSV"))
def export_selected(
    model_admin: "PaymentPermissions", request: HttpRequest, payments: QuerySet[Payment]
) -> HttpResponseBase | None:
    """Go on to the page that asks what the file is for: the whole filter, or the ticked rows."""
    require(model_admin.has_export_permission(request))
    return _page_about(request, payments, "export", MAX_EXPORTED)


def _page_about(
    request: HttpRequest, payments: QuerySet[Payment], name: str, limit: int
) -> HttpResponseBase | None:
    """A page about the whole filter or about the ticked rows: see `chosen`."""
    address = reverse(f"admin:payments_payment_{name}")
    filters = request.GET.urlencode()
    if request.POST.get("select_across") == "1":
        return HttpResponseRedirect(f"{address}?{filters}")
    found = picked(request, payments, limit)
    if not found:
        return None
    query = [*(("id", str(payment.pk)) for payment in found), (FILTERS, filters)]
    return HttpResponseRedirect(f"{address}?{urlencode(query)}")


ACTIONS: list[Any] = [reverify, mark_failed, export_selected]

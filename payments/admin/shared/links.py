"""Where a person goes back to: the list with its filter and page, or the payment.

The list's query string travels as Django's own `_changelist_filters`. Both targets are pages of the
admin, so nothing that is posted can lead away from it.
"""

from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import urlencode

from payments.core.periods import Days

FILTERS = "_changelist_filters"
BACK = "back"
TO_LIST = "list"
# The list of closes narrowed to the days that have moved since they were closed, and by what.
DRIFT = "drift"
MOVED, APPROVALS, REFUNDS = "moved", "approvals", "refunds"


def filters_of(request: HttpRequest) -> str:
    """The query string of the list that the person came from, "" if unknown."""
    return request.POST.get(FILTERS) or request.GET.get(FILTERS) or ""


def payment_list(query: str = "") -> str:
    """The URL of the list of payments, narrowed by a query string."""
    return reverse("admin:payments_payment_changelist") + (f"?{query}" if query else "")


def payment_list_of_days(days: Days, **filters: str) -> str:
    """The same for Korean days, by payment date or another `basis`.

    Days, not a preset: what the link was made from must still be true tomorrow.
    """
    bounds = {"from": days[0].isoformat(), "to": days[1].isoformat()}
    return payment_list(urlencode({"basis": "paid"} | filters | bounds))


def list_url(request: HttpRequest) -> str:
    """The list as the person left it."""
    return payment_list(filters_of(request))


def page_url(request: HttpRequest, pk: int) -> str:
    """The page of one payment, from which the way back leads to the list as it was."""
    filters = filters_of(request)
    url = reverse("admin:payments_payment_change", args=[pk])
    return url + (f"?{urlencode({FILTERS: filters})}" if filters else "")


def back_url(request: HttpRequest, pk: int) -> str:
    """Where a button was pressed: the list's rows say `back=list`, the payment's page nothing."""
    if request.POST.get(BACK) == TO_LIST:
        return list_url(request)
    return page_url(request, pk)

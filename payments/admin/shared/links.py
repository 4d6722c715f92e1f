"""Where a person goes back to: the list with its filter and page, or the payment.

The list's query string travels as Django's own `_changelist_filters`. Both targets are pages of the
admin, so nothing that is posted can lead away from it.
"""

from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import urlencode

FILTERS = "_changelist_filters"
BACK = "back"
TO_LIST = "list"


def filters_of(request: HttpRequest) -> str:
    """The query string of the list that the person came from, "" if unknown."""
    return request.POST.get(FILTERS) or request.GET.get(FILTERS) or ""


def list_address(request: HttpRequest) -> str:
    """The list as the person left it."""
    filters = filters_of(request)
    return reverse("admin:payments_payment_changelist") + (f"?{filters}" if filters else "")


def page_address(request: HttpRequest, pk: int) -> str:
    """The page of one payment, from which the way back leads to the list as it was."""
    filters = filters_of(request)
    address = reverse("admin:payments_payment_change", args=[pk])
    return address + (f"?{urlencode({FILTERS: filters})}" if filters else "")


def back_address(request: HttpRequest, pk: int) -> str:
    """Where a button was pressed: the list's rows say `back=list`, the payment's page nothing."""
    if request.POST.get(BACK) == TO_LIST:
        return list_address(request)
    return page_address(request, pk)

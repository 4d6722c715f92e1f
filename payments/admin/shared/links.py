"""Where links between the screens lead, and where a person goes back to: a list as it was, a page.

The list's query string travels as Django's own `_changelist_filters`. Both ways back are pages
of the admin, so nothing that is posted can lead away from it.
"""

from datetime import date
from functools import lru_cache

from django.http import HttpRequest, QueryDict
from django.urls import get_script_prefix, get_urlconf, reverse
from django.utils.http import urlencode

from payments.filters.base import SEARCH
from payments.filters.fields import RealOrTest
from payments.models import DeliveryOutcome

FILTERS = "_changelist_filters"
BACK = "back"
TO_LIST = "list"
# What an address says of a list's looks, besides what narrows it. The number of the panel of
# filters that is open:
OPENED = "_filters"
# The list of payments is shown although the search is an id, which leads whoever types one on to
# its payment; so ways back from there arrive:
SHOW_LIST = "_list"
# The list of closes narrowed to the days of which something was learnt since they were closed.
DRIFT = "drift"
LEARNT = "learnt"
# The queue of discrepancies by its column `age`, which Django names by its place after the boxes.
OLDEST_FIRST = "o=-6"


def filters_of(request: HttpRequest) -> str:
    """The query string of the list that the person came from, "" if unknown."""
    return request.POST.get(FILTERS) or request.GET.get(FILTERS) or ""


def taken_out(request: HttpRequest, name: str) -> str | None:
    """What the address says of the list's looks, None for nothing.

    From here on it is no parameter: nothing that is made of those narrows by it or keeps it.
    """
    if name not in request.GET:
        return None
    params = request.GET.copy()
    [*_others, value] = params.pop(name)
    request.GET = params  # type: ignore[assignment]
    return str(value)


def payment_list(query: str = "") -> str:
    """The URL of the list of payments, narrowed by a query string."""
    return _list_of("payment") + (f"?{query}" if query else "")


def payment_list_again(query: str) -> str:
    """The same for a way back, which arrives at the list whatever was searched for."""
    is_search = SEARCH in QueryDict(query)
    return payment_list(f"{query}&{SHOW_LIST}=1" if is_search else query)


def payment_list_of_days(first: date, last: date, **filters: str) -> str:
    """The same for Korean days, by payment date or another `basis`.

    Days, not a preset: what the link was made from must still be true tomorrow.
    """
    bounds = {"from": first.isoformat(), "to": last.isoformat()}
    return payment_list(urlencode({"basis": "paid"} | filters | bounds))


def discrepancy_list(query: str = "") -> str:
    """The URL of the queue of discrepancies, narrowed by a query string."""
    return _list_of("discrepancy") + (f"?{query}" if query else "")


def movement_list(query: str = "") -> str:
    """The URL of the list of movements, narrowed by a query string."""
    return _list_of("movement") + (f"?{query}" if query else "")


def movement_list_of_days(first: date | None, last: date | None, **filters: str) -> str:
    """The same for Korean days, with an end open or both; an empty filter is left out."""
    days = {"from": first and first.isoformat(), "to": last and last.isoformat()}
    said = {name: value for name, value in (days | filters).items() if value}
    return movement_list(urlencode(said))


def real_movements_of_days(first: date, last: date, **filters: str) -> str:
    """The same without test payments, as in every sum."""
    return movement_list_of_days(first, last, **({"test": RealOrTest.REAL.value} | filters))


def failed_webhook_list() -> str:
    """The URL of the list of webhooks that could not be processed."""
    query = urlencode({"outcome__exact": DeliveryOutcome.FAILED.value})
    return f"{_list_of('webhookdelivery')}?{query}"


def list_url(request: HttpRequest, model: str = "payment") -> str:
    """The list as the person left it."""
    filters = filters_of(request)
    if model == "payment":
        return payment_list_again(filters)
    return _list_of(model) + (f"?{filters}" if filters else "")


def page_url(request: HttpRequest, pk: int, model: str = "payment") -> str:
    """The page of one row, from which the way back leads to the list as it was."""
    return page_from(filters_of(request), pk, model)


def page_from(filters: str, pk: int, model: str = "payment") -> str:
    """The same from the list with this query string."""
    url = row_page(pk, model)
    return url + (f"?{urlencode({FILTERS: filters})}" if filters else "")


def row_page(pk: int, model: str = "payment") -> str:
    """The page of one row."""
    return f"{_list_of(model)}{pk}/change/"


def _list_of(model: str) -> str:
    """A list of ours; reversed once, for lists ask for it in each of their rows."""
    return _reversed(f"admin:payments_{model}_changelist", get_urlconf(), get_script_prefix())


@lru_cache
def _reversed(name: str, urlconf: str | None, script_prefix: str) -> str:
    return reverse(name, urlconf)


def back_url(request: HttpRequest, pk: int) -> str:
    """Where a button was pressed: the list's rows say `back=list`, the payment's page nothing."""
    if request.POST.get(BACK) == TO_LIST:
        return list_url(request)
    return page_url(request, pk)

"""Names for the filter by customer and for the forms that ask whose a payment is."""

from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.utils.http import urlencode

from payments.admin.shared.access import staff_view
from payments.admin.shared.personal_data import email, on_record
from payments.admin.shared.readonly import ReadOnlyAdmin
from payments.core.text import whole_number
from payments.selectors.payments.search import customers

CUSTOMERS_A_PAGE = 20
# Deeper than anybody scrolls; a bound, because each page is an OFFSET.
MAX_PAGE = 50
# From here on a number is no page that anything asked for: the first is shown.
NO_PAGE = 10_000


@staff_view("view")
def find_customers(model_admin: ReadOnlyAdmin, request: HttpRequest) -> HttpResponseBase:
    """One page of them (JSON, as select2 reads it): no right on accounts needed."""
    number = whole_number(request.GET.get("page")) or 1
    page = number if number < NO_PAGE else 1
    term = request.GET.get("term", "").strip()
    unmasked = on_record(request, query=urlencode([("customers", term), ("page", page)]))
    people, more = customers(
        term, page=min(page, MAX_PAGE), size=CUSTOMERS_A_PAGE, unmasked=unmasked
    )
    names = [{"id": str(pk), "text": email(person, unmasked=unmasked)} for pk, person in people]
    pagination = {"more": more and page < MAX_PAGE}
    return JsonResponse({"results": names, "pagination": pagination})

"""Names for the filter by person: of those who may own a discrepancy."""

from django.http import HttpRequest, HttpResponseBase, JsonResponse

from payments.admin.shared.access import staff_view
from payments.admin.shared.readonly import ReadOnlyAdmin
from payments.selectors.discrepancies import possible_owners_called
from payments.selectors.payments.customers import called

PEOPLE_A_PAGE = 20


@staff_view("view")
def find_people(model_admin: ReadOnlyAdmin, request: HttpRequest) -> HttpResponseBase:
    """The first of them (JSON, as select2 reads it)."""
    term = request.GET.get("term", "").strip()
    people = possible_owners_called(term)[:PEOPLE_A_PAGE]
    names = [{"id": str(person.pk), "text": called(person, unmasked=True)} for person in people]
    return JsonResponse({"results": names, "pagination": {"more": False}})

"""The CSV of exactly the movements that the list shows, its reason on record before it leaves.

A GET shows the page, a POST records and streams. The set and its order are the list's own for the
filter in the URL; the columns are in `resource`. The file holds no personal data.
"""

from itertools import chain

from django.contrib.admin.options import IncorrectLookupParameters
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from payments.admin.shared import personal_data
from payments.admin.shared.access import staff, staff_view
from payments.admin.shared.csv_file import CHUNK, streamed
from payments.admin.shared.export_page import ReasonForm
from payments.admin.shared.links import movement_list
from payments.admin.shared.readonly import ReadOnlyAdmin
from payments.core.db.paginator import BoundedPaginator
from payments.core.kst import day_of
from payments.filters.labels import by_label
from payments.models import AccessKind, Movement
from payments.services.access_log import record_access

from .changelist import MovementChangeList
from .resource import MovementResource

TEMPLATE = "admin/payments/movement/export.html"


@staff_view("view", "export")
def export(model_admin: ReadOnlyAdmin, request: HttpRequest) -> HttpResponseBase:
    """The page (GET) or the file (POST); the list if its filter makes no sense."""
    list_url = movement_list(request.GET.urlencode())
    try:
        changelist = model_admin.get_changelist_instance(request)
    except IncorrectLookupParameters:
        return HttpResponseRedirect(list_url)
    assert isinstance(changelist, MovementChangeList)
    if not changelist.is_understood:
        return HttpResponseRedirect(list_url)
    form = ReasonForm(request.POST or None)
    if form.is_valid():
        return _file(request, changelist.queryset, form.cleaned_data["reason"])
    return model_admin.render_page(
        request,
        TEMPLATE,
        title=_("Export movements"),
        form=form,
        labels=by_label(changelist.terms),
        number=BoundedPaginator(changelist.queryset, 1),
        columns=_columns(),
        list_url=list_url,
    )


def _columns() -> list[str]:
    return [capfirst(name) for name in MovementResource().get_export_headers()]


def _file(request: HttpRequest, movements: QuerySet[Movement], reason: str) -> HttpResponseBase:
    """Record first: the file must not leave unless the record is there."""
    access = record_access(
        actor=staff(request),
        kind=AccessKind.EXPORTED,
        reason=reason,
        unmasked=False,
        query=f"movements?{request.GET.urlencode()}",
        rows=BoundedPaginator(movements, 1).count,
        remote_address=personal_data.remote_address(request),
    )
    name = f"movements-{day_of(timezone.now()):%Y-%m-%d}.csv"
    rows = chain.from_iterable(MovementResource().blocks(movements, CHUNK))
    return streamed(name=name, header=_columns(), rows=rows, access=access)

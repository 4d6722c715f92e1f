"""The page before an export: what will be in the file, why it is taken, personal data or not.

A GET shows, a POST records and streams. Which payments it is about is the `selection`, the file's
columns are in `resource`.
"""

from itertools import chain
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from payments.admin.shared import personal_data
from payments.admin.shared.access import staff, staff_view
from payments.admin.shared.csv_file import CHUNK, streamed
from payments.admin.shared.export_page import ReasonForm
from payments.admin.shared.links import payment_list
from payments.admin.shared.readonly import ReadOnlyAdmin
from payments.core.db.paginator import BoundedPaginator
from payments.core.kst import day_of
from payments.models import AccessKind
from payments.services.access_log import record_access

from .actions import MAX_EXPORTED
from .resource import PaymentResource
from .selection import Selection, selection

TEMPLATE = "admin/payments/payment/export.html"
MASKED, UNMASKED = "masked", "unmasked"


class ExportForm(ReasonForm):
    """Why, and how much of it."""

    personal = forms.ChoiceField(
        label=gettext_lazy("personal data"), widget=forms.RadioSelect, initial=MASKED
    )

    def __init__(self, *args: Any, may_unmask: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(MASKED, _("Masked: ho***@example.com"))]
        if may_unmask:
            choices.append((UNMASKED, _("In full: hong@example.com")))
        self.fields["personal"].choices = choices  # type: ignore[attr-defined]


@staff_view("export")
def export(model_admin: ReadOnlyAdmin, request: HttpRequest) -> HttpResponseBase:
    """The page (GET) or the file (POST); the list if its filter makes no sense."""
    personal_data.on_record(request)
    selected = selection(model_admin, request, limit=MAX_EXPORTED)
    if selected is None:
        return HttpResponseRedirect(payment_list(request.META["QUERY_STRING"]))
    may_unmask = request.user.has_perm(personal_data.MAY_UNMASK)
    form = ExportForm(request.POST or None, may_unmask=may_unmask)
    if request.method == "POST" and form.is_valid():
        return _file(request, selected, form)
    return model_admin.render_page(
        request,
        TEMPLATE,
        title=_("Export payments"),
        form=form,
        selection=selected,
        number=BoundedPaginator(selected.payments, 1),
        columns=_columns(),
    )


def _file(request: HttpRequest, selected: Selection, form: ExportForm) -> HttpResponseBase:
    """Record first: the file must not leave unless the record is there."""
    access = record_access(
        actor=staff(request),
        kind=AccessKind.EXPORTED,
        reason=form.cleaned_data["reason"],
        unmasked=form.cleaned_data["personal"] == UNMASKED,
        query=selected.query,
        rows=BoundedPaginator(selected.payments, 1).count,
        remote_address=personal_data.remote_address(request),
    )
    resource = PaymentResource(unmasked=access.unmasked)
    name = f"payments-{day_of(timezone.now()):%Y-%m-%d}.csv"
    rows = chain.from_iterable(resource.blocks(selected.payments, CHUNK))
    return streamed(name=name, header=_columns(), rows=rows, access=access)


def _columns() -> list[str]:
    """The header of the file, in the reader's language."""
    return [capfirst(name) for name in PaymentResource().get_export_headers()]

"""Resolving a discrepancy: assigned, closed with a reason, opened again, re-verified.

Each view calls one service. Who comes too late is told so and keeps what they wrote. To add a
button: a view here, its line in the `get_urls` of the screen.
"""

from collections.abc import Callable
from dataclasses import dataclass

from django import forms
from django.contrib import messages
from django.contrib.auth.models import AbstractBaseUser
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from payments.admin.shared.access import staff, staff_view
from payments.admin.shared.links import page_url
from payments.admin.shared.readonly import ReadOnlyAdmin
from payments.admin.shared.verify_result import report, verify_one
from payments.errors import Conflict, NotAllowed
from payments.models import Discrepancy
from payments.services.discrepancies import queue

from .detail import head
from .forms import CloseForm, OwnerForm, TextForm
from .neighbours import go_on

TEMPLATE = "admin/payments/discrepancy/words.html"


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person decides with a text, about one that is open or one that is not.

    `leads_on`: to the next of the list, because nothing is left to do here.
    """

    form: type[TextForm]
    of_open: bool
    too_late: str | Promise
    title: str | Promise
    button: str | Promise
    done: str | Promise
    service: Callable[..., Discrepancy]
    leads_on: bool = False


_CLOSE = Decision(
    form=CloseForm,
    of_open=True,
    too_late=queue.CLOSED_ALREADY,
    title=gettext_lazy("Close the discrepancy"),
    button=pgettext_lazy("discrepancy button", "Close"),
    done=gettext_lazy("The discrepancy is closed."),
    service=queue.close,
    leads_on=True,
)
_REOPEN = Decision(
    form=TextForm,
    of_open=False,
    too_late=queue.OPEN_ALREADY,
    title=gettext_lazy("Open the discrepancy again"),
    button=pgettext_lazy("discrepancy button", "Open again"),
    done=gettext_lazy("The discrepancy is open again."),
    service=queue.reopen,
)


@staff_view("view", "work", methods=["POST"])
def assign(model_admin: ReadOnlyAdmin, request: HttpRequest, pk: int) -> HttpResponseBase:
    """Take it over, hand it to somebody, let it go."""
    discrepancy = get_object_or_404(Discrepancy, pk=pk)
    form = OwnerForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Choose somebody who may work on discrepancies."))
        return _back(request, pk)
    owner = form.cleaned_data["owner"]
    try:
        queue.assign(
            discrepancy=discrepancy,
            actor=staff(request),
            owner=owner,
            expected_version=form.cleaned_data["version"],
        )
    except (Conflict, NotAllowed) as refusal:
        messages.warning(request, str(refusal.message))
    else:
        messages.success(request, _assigned(owner, request))
    return _back(request, pk)


def _assigned(owner: AbstractBaseUser | None, request: HttpRequest) -> str:
    if owner is None:
        return _("Nobody's now.")
    if owner.pk == request.user.pk:
        return _("It is yours now.")
    return _("Handed to %(owner)s.") % {"owner": owner}


@staff_view("view", "work")
def close(model_admin: ReadOnlyAdmin, request: HttpRequest, pk: int) -> HttpResponseBase:
    """Close it with a reason, then the next; a page of its own while something is missing."""
    return _decide(model_admin, request, pk, _CLOSE)


@staff_view("view", "work")
def reopen(model_admin: ReadOnlyAdmin, request: HttpRequest, pk: int) -> HttpResponseBase:
    """Open it again, with a text."""
    return _decide(model_admin, request, pk, _REOPEN)


def _decide(
    model_admin: ReadOnlyAdmin, request: HttpRequest, pk: int, decision: Decision
) -> HttpResponseBase:
    discrepancy = get_object_or_404(Discrepancy, pk=pk)
    if discrepancy.is_open is not decision.of_open:
        messages.warning(request, str(decision.too_late))
        return _back(request, pk)
    form = decision.form(request.POST or None, initial={"version": discrepancy.version})
    if not form.is_valid():
        return _form_page(model_admin, request, pk, decision, form)
    try:
        row = decision.service(discrepancy=discrepancy, actor=staff(request), **form.arguments)
    except (Conflict, NotAllowed) as refusal:
        _refuse(form, refusal, discrepancy)
        return _form_page(model_admin, request, pk, decision, form)
    if decision.leads_on:
        return HttpResponseRedirect(go_on(model_admin, request, row, str(decision.done)))
    messages.success(request, str(decision.done))
    return _back(request, pk)


def _refuse(form: forms.Form, refusal: Conflict | NotAllowed, discrepancy: Discrepancy) -> None:
    """What was written stays, with the refusal, for the state that is shown now."""
    discrepancy.refresh_from_db()
    form.add_error(None, str(refusal.message))
    form.data = form.data.copy()  # type: ignore[attr-defined]
    form.data["version"] = str(discrepancy.version)  # type: ignore[index]


def _form_page(
    model_admin: ReadOnlyAdmin, request: HttpRequest, pk: int, decision: Decision, form: forms.Form
) -> HttpResponseBase:
    """The page that asks for a text, with what was written already."""
    discrepancy = model_admin.get_object(request, str(pk))
    assert discrepancy is not None
    context = head(discrepancy, request) | {"form": form, "button": decision.button}
    return model_admin.render_page(request, TEMPLATE, title=decision.title, **context)


@staff_view("view", "verify", methods=["POST"])
def verify(model_admin: ReadOnlyAdmin, request: HttpRequest, pk: int) -> HttpResponseBase:
    """Ask the gateway about the payment; if the facts agree, this closes by itself."""
    discrepancy = get_object_or_404(Discrepancy.objects.select_related("payment"), pk=pk)
    if discrepancy.payment is None:
        messages.warning(request, _("There is no payment here that could be re-verified."))
        return _back(request, pk)
    was_open = discrepancy.is_open
    report(request, [verify_one(discrepancy.payment, staff(request))])
    discrepancy.refresh_from_db()
    if was_open and not discrepancy.is_open:
        messages.success(request, _("The facts agree again: this has closed by itself."))
    return _back(request, pk)


def _back(request: HttpRequest, pk: int) -> HttpResponseBase:
    return HttpResponseRedirect(page_url(request, pk, "discrepancy"))

"""Working a discrepancy off: taken over, handed on, closed with words, opened again, re-verified.

Each address takes a POST, asks for its permission once more, and calls one service. Who comes too
late is told so and keeps what they wrote. To add a button: a view here, its line in `get_urls`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import (
    HttpRequest,
    HttpResponseBase,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
)
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from payments.admin.shared.access import require, staff
from payments.admin.shared.verify_result import report, verify_one
from payments.errors import Conflict, NotAllowed
from payments.models import Discrepancy
from payments.services.discrepancies import queue

from . import detail as page
from .forms import CloseForm, OwnerForm, TextForm
from .list import DiscrepancyList

WORDS = "admin/payments/discrepancy/words.html"


@dataclass(frozen=True, slots=True)
class Decision:
    """Something that needs words: `do` is the service, for one that is open or one that is not."""

    form: type[TextForm]
    of_open: bool
    too_late: str | Promise
    title: str | Promise
    button: str | Promise
    done: str | Promise
    do: Callable[..., Discrepancy]


_CLOSE = Decision(
    form=CloseForm,
    of_open=True,
    too_late=queue.CLOSED_ALREADY,
    title=gettext_lazy("Close the discrepancy"),
    button=pgettext_lazy("discrepancy button", "Close"),
    done=gettext_lazy("The discrepancy is closed."),
    do=queue.close,
)
_REOPEN = Decision(
    form=TextForm,
    of_open=False,
    too_late=queue.OPEN_ALREADY,
    title=gettext_lazy("Open the discrepancy again"),
    button=pgettext_lazy("discrepancy button", "Open again"),
    done=gettext_lazy("The discrepancy is open again."),
    do=queue.reopen,
)


class DiscrepancyWork(DiscrepancyList):
    """The page of one discrepancy and its buttons."""

    fieldsets = ((None, {"fields": ()}),)  # the page is `discrepancy_page`, not a form

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        name = "payments_discrepancy_{}".format
        ours = [
            path("<int:pk>/own/", view(self.own_view), name=name("own")),
            path("<int:pk>/close/", view(self.close_view), name=name("close")),
            path("<int:pk>/reopen/", view(self.reopen_view), name=name("reopen")),
            path("<int:pk>/verify/", view(self.verify_view), name=name("verify")),
        ]
        return [*ours, *super().get_urls()]

    # --- The page ----------------------------------------------------------------------------

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Discrepancy | None:
        """With everything that its page names, in one query."""
        if not object_id.isdecimal() or len(object_id) > 18:
            return None
        related = ("owner", "payment", "run")
        return Discrepancy.objects.select_related(*related).filter(pk=object_id).first()

    def page_context(self, request: HttpRequest, discrepancy: Discrepancy) -> dict[str, Any]:
        shown = page.head(discrepancy, request) | page.body(discrepancy, request)
        return {"title": str(discrepancy)} | shown | self._may_context(request, discrepancy)

    def _may_context(self, request: HttpRequest, discrepancy: Discrepancy) -> dict[str, Any]:
        """What this person may do now, and the forms for it."""
        may_work, seen = self.has_work_permission(request), {"version": discrepancy.version}
        may_take_in = self.has_take_in_permission(request)
        is_mine = discrepancy.owner_id == request.user.pk
        return page.taking_in(discrepancy, may_work=may_work, may=may_take_in) | {
            "may_work": may_work,
            "may_own": may_work and discrepancy.is_open,
            "is_mine": is_mine,
            "may_close": may_work and discrepancy.is_open,
            "may_reopen": may_work and not discrepancy.is_open,
            "may_verify": bool(discrepancy.payment) and self.has_verify_permission(request),
            "owner_form": OwnerForm(
                initial=seen | {"owner": discrepancy.owner_id}, auto_id="own_%s"
            ),
            "close_form": CloseForm(initial=seen, auto_id="close_%s"),
            "reopen_form": TextForm(initial=seen, auto_id="reopen_%s"),
        }

    # --- Buttons ------------------------------------------------------------------------------

    def own_view(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """Take it over, hand it to somebody, let it go."""
        require(self.has_view_permission(request) and self.has_work_permission(request))
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        discrepancy = get_object_or_404(Discrepancy, pk=pk)
        form = OwnerForm(request.POST)
        if not form.is_valid():
            messages.error(request, _("Choose somebody who may work on discrepancies."))
            return self._back(request, pk)
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
            messages.success(request, _owned(owner, request))
        return self._back(request, pk)

    def close_view(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """Close it with a reason; a page of its own while something is missing."""
        return self._decided(request, pk, _CLOSE)

    def reopen_view(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """Open it again, with words."""
        return self._decided(request, pk, _REOPEN)

    def _decided(self, request: HttpRequest, pk: int, decision: Decision) -> HttpResponseBase:
        require(self.has_view_permission(request) and self.has_work_permission(request))
        discrepancy = get_object_or_404(Discrepancy, pk=pk)
        if discrepancy.is_open is not decision.of_open:
            messages.warning(request, str(decision.too_late))
            return self._back(request, pk)
        form = decision.form(request.POST or None, initial={"version": discrepancy.version})
        if not form.is_valid():
            return self._words_page(request, pk, decision, form)
        try:
            decision.do(discrepancy=discrepancy, actor=staff(request), **form.arguments)
        except (Conflict, NotAllowed) as refusal:
            _refuse(form, refusal, discrepancy)
            return self._words_page(request, pk, decision, form)
        messages.success(request, str(decision.done))
        return self._back(request, pk)

    def verify_view(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """Ask the gateway about the payment; if the facts agree, this closes by itself."""
        require(self.has_view_permission(request) and self.has_verify_permission(request))
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        discrepancy = get_object_or_404(Discrepancy.objects.select_related("payment"), pk=pk)
        if discrepancy.payment is None:
            messages.warning(request, _("There is no payment here that could be re-verified."))
            return self._back(request, pk)
        was_open = discrepancy.is_open
        report(request, [verify_one(discrepancy.payment, staff(request))])
        discrepancy.refresh_from_db()
        if was_open and not discrepancy.is_open:
            messages.success(request, _("The facts agree again: this has closed by itself."))
        return self._back(request, pk)

    def _back(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        return HttpResponseRedirect(page.page_address(request, pk))

    def _words_page(
        self, request: HttpRequest, pk: int, decision: Decision, form: forms.Form
    ) -> HttpResponseBase:
        """The page that asks for words, with what was written already."""
        discrepancy = self.get_object(request, str(pk))
        assert discrepancy is not None
        context = {
            **self.admin_site.each_context(request),
            **page.head(discrepancy, request),
            "opts": self.opts,
            "form": form,
            "title": decision.title,
            "button": decision.button,
        }
        return TemplateResponse(request, WORDS, context)


def _owned(owner: Any, request: HttpRequest) -> str:
    if owner is None:
        return _("Nobody's now.")
    if owner.pk == request.user.pk:
        return _("It is yours now.")
    return _("Handed to %(owner)s.") % {"owner": owner}


def _refuse(form: forms.Form, refusal: Conflict | NotAllowed, seen: Discrepancy) -> None:
    """What was written stays, with the refusal, for the state that is shown now."""
    seen.refresh_from_db()
    form.add_error(None, str(refusal.message))
    form.data = form.data.copy()  # type: ignore[attr-defined]
    form.data["version"] = str(seen.version)  # type: ignore[index]

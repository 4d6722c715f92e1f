"""The form that starts a reconciliation: Korean days, with the ones that are asked for most.

A preset fills in the days, so that whoever presses the button sees them. What may be asked for is
decided in `services.reconciliation`; a refusal names the field.
"""

from datetime import date
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from payments import tasks
from payments.admin.shared.access import require, staff
from payments.core.kst import day_of
from payments.core.periods import Period, period_bounds
from payments.errors import NotAllowed
from payments.filters.fields import FIRST_DAY
from payments.models import ReconciliationRun
from payments.selectors.reconciliation import under_way
from payments.services import reconciliation
from payments.services.reconciliation import control

from .list import ReconciliationList

TEMPLATE = "admin/payments/reconciliationrun/start.html"
PRESETS = (Period.YESTERDAY, Period.WEEK, Period.THIS_MONTH, Period.LAST_MONTH)
# Which field a refusal is about.
_FIELDS = (
    (control.ORDER, "last_day"),
    (control.FUTURE, "last_day"),
    (control.TOO_LONG, "first_day"),
)


class _Day(forms.DateField):
    """A Korean day: 2026-04-01 and nothing else."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
        super().__init__(input_formats=["%Y-%m-%d"], widget=widget, **kwargs)

    def clean(self, value: Any) -> Any:
        day = super().clean(value)
        if day and day < FIRST_DAY:
            raise forms.ValidationError(_("The gateway knows no day as early as this."))
        return day


class DaysForm(forms.Form):
    """Which days, both included."""

    first_day: Any = _Day(label=pgettext_lazy("date", "from"))
    last_day: Any = _Day(
        label=pgettext_lazy("date", "until"),
        help_text=gettext_lazy("Days in Korea, both included. Of today, what has happened so far."),
    )

    def refuse(self, refusal: NotAllowed) -> None:
        """Say it at the field that it is about."""
        field = next((name for words, name in _FIELDS if words is refusal.message), None)
        self.add_error(field, str(refusal.message))


class ReconciliationStart(ReconciliationList):
    """Asking for a reconciliation."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.start_view)
        return [path("start/", view, name="payments_reconciliationrun_start"), *super().get_urls()]

    def start_view(self, request: HttpRequest) -> HttpResponseBase:
        """The form (GET), or the run (POST)."""
        require(self.has_view_permission(request) and self.has_start_permission(request))
        today = day_of(timezone.now())
        chosen = _preset(request)
        bounds = period_bounds(chosen, today)
        initial = dict(zip(("first_day", "last_day"), bounds, strict=True))
        form = DaysForm(request.POST or None, initial=initial)
        if form.is_valid():
            try:
                return HttpResponseRedirect(_started(request, form.cleaned_data))
            except NotAllowed as refusal:
                form.refuse(refusal)
        return self._form_page(request, form, chosen, today)

    def _form_page(
        self, request: HttpRequest, form: DaysForm, chosen: Period, today: date
    ) -> HttpResponseBase:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Reconcile"),
            "form": form,
            "presets": [
                (one.label, f"?period={one.value}", one is chosen and not form.is_bound)
                for one in PRESETS
            ],
            "today": today.isoformat(),
            "under_way": self._under_way(form, chosen, today),
        }
        return TemplateResponse(request, TEMPLATE, context)

    def _under_way(
        self, form: DaysForm, chosen: Period, today: date
    ) -> tuple[ReconciliationRun, str] | None:
        """A run over some of the days on the form that has not ended, with its page."""
        said = form.cleaned_data if form.is_bound and form.is_valid() else {}
        first, last = period_bounds(chosen, today)
        run = under_way(said.get("first_day", first), said.get("last_day", last))
        page = "admin:payments_reconciliationrun_change"
        return (run, reverse(page, args=[run.pk])) if run else None


def _preset(request: HttpRequest) -> Period:
    wanted = request.GET.get("period")
    return next((one for one in PRESETS if one.value == wanted), Period.YESTERDAY)


def _started(request: HttpRequest, days: dict[str, Any]) -> str:
    """Start it; the address of its page."""
    run = reconciliation.start(
        first_day=days["first_day"],
        last_day=days["last_day"],
        actor=staff(request),
        enqueue=tasks.queue_reconciliation,
    )
    return reverse("admin:payments_reconciliationrun_change", args=[run.pk])

"""The form that starts a reconciliation: Korean days, with the ones that are asked for most.

A preset fills in the days, so that whoever presses the button sees them. What may be asked for is
decided in `services.reconciliation.control`; a refusal names the field.
"""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from payments import tasks
from payments.admin.shared.access import staff, staff_view
from payments.admin.shared.readonly import ReadOnlyAdmin
from payments.admin.shared.run_display import run_url
from payments.core.kst import day_of
from payments.core.periods import Days, Period, period_bounds
from payments.filters.fields import DayField
from payments.models import ReconciliationRun
from payments.selectors.reconciliation import under_way
from payments.services.reconciliation import control
from payments.services.reconciliation.control import DaysRefused

TEMPLATE = "admin/payments/reconciliationrun/start.html"
PRESETS = (Period.YESTERDAY, Period.WEEK, Period.THIS_MONTH, Period.LAST_MONTH)
FIELDS = ("first_day", "last_day")


class DaysForm(forms.Form):
    """Which days, both included."""

    first_day: Any = DayField(label=pgettext_lazy("date", "from"))
    last_day: Any = DayField(
        label=pgettext_lazy("date", "until"),
        help_text=gettext_lazy("Days in Korea, both included. Of today, what has happened so far."),
    )


@staff_view("view", "control")
def start(model_admin: ReadOnlyAdmin, request: HttpRequest) -> HttpResponseBase:
    """The form (GET), or the run (POST)."""
    today = day_of(timezone.now())
    preset = _preset(request)
    days = period_bounds(preset, today)
    form = DaysForm(request.POST or None, initial=dict(zip(FIELDS, days, strict=True)))
    if form.is_valid():
        try:
            run = control.start(
                first_day=form.cleaned_data["first_day"],
                last_day=form.cleaned_data["last_day"],
                actor=staff(request),
                enqueue=tasks.queue_reconciliation,
            )
            return HttpResponseRedirect(run_url(run))
        except DaysRefused as refusal:
            form.add_error(refusal.field, str(refusal.message))
    return model_admin.render_page(
        request,
        TEMPLATE,
        title=_("Reconcile"),
        form=form,
        presets=[
            (each.label, f"?period={each.value}", each is preset and not form.is_bound)
            for each in PRESETS
        ],
        today=today.isoformat(),
        under_way=_under_way(form, days),
    )


def _preset(request: HttpRequest) -> Period:
    wanted = request.GET.get("period")
    return next((preset for preset in PRESETS if preset.value == wanted), Period.YESTERDAY)


def _under_way(form: DaysForm, days: Days) -> ReconciliationRun | None:
    """A run over some of the days on the form that has not ended."""
    given = form.cleaned_data if form.is_bound and form.is_valid() else {}
    return under_way(*(given.get(name, day) for name, day in zip(FIELDS, days, strict=True)))

"""The results of a run as a CSV without personal data, its reason on record before it leaves.

A GET shows the page, a POST records and streams. The file is written as the payments' own is
(`payments.export`); its columns are in `RunResource`.
"""

from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils.text import capfirst
from django.utils.translation import get_language, gettext_lazy, override
from django.utils.translation import gettext as _
from import_export.fields import Field
from import_export.resources import Resource

from payments import gateway
from payments.admin.shared import personal_data
from payments.admin.shared.access import staff, staff_view
from payments.admin.shared.cells import MomentCell, TextCell, WonCell
from payments.admin.shared.csv_file import CHUNK, streamed
from payments.admin.shared.export_page import ReasonForm
from payments.admin.shared.readonly import ReadOnlyAdmin
from payments.admin.shared.run_display import run_url
from payments.core.money import with_separators
from payments.models import AccessKind, ItemOutcome, VerificationItem, VerificationRun
from payments.selectors.verification_runs.items import ItemRow, results
from payments.services.access_log import record_access

from .display import finding_labels, outcome_label

TEMPLATE = "admin/payments/verificationrun/export.html"


class _Findings(TextCell):
    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        return super().render(finding_labels(value))


class _Trouble(TextCell):
    """Why there was no answer, as the screen says it; what a developer needs stays in the log."""

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        return super().render(str(gateway.in_words(value)) if value else "")


class RunResource(Resource):  # type: ignore[misc]
    """One payment of a run as one row."""

    merchant_uid = Field("payment__merchant_uid", gettext_lazy("order number"), TextCell())
    imp_uid = Field("payment__imp_uid", gettext_lazy("PortOne payment id"), TextCell())
    outcome = Field("outcome", gettext_lazy("outcome"), TextCell())
    outcome_words = Field(column_name=gettext_lazy("outcome in words"))
    became = Field("became", gettext_lazy("became"), TextCell())
    moved_amount = Field("moved_amount", gettext_lazy("won that moved"), WonCell())
    findings = Field("findings", gettext_lazy("differences"), TextCell())
    findings_words = Field("findings", gettext_lazy("differences in words"), _Findings())
    status = Field("payment__status", gettext_lazy("status now"), TextCell())
    verification_now = Field("verification_now", gettext_lazy("verification now"), TextCell())
    amount = Field("payment__amount", gettext_lazy("amount"), WonCell())
    attempts = Field("attempts", gettext_lazy("attempts"), WonCell())
    error = Field("error", gettext_lazy("error"), _Trouble())
    settled_at = Field("settled_at", gettext_lazy("settled"), MomentCell())

    def dehydrate_outcome_words(self, item: VerificationItem) -> str:
        """It depends on the run as well, so no cell can say it."""
        return outcome_label(ItemOutcome(item.outcome), item.run)


@staff_view("view", "export")
def export(model_admin: ReadOnlyAdmin, request: HttpRequest, pk: int) -> HttpResponseBase:
    """The page (GET) or the file (POST)."""
    run = get_object_or_404(VerificationRun, pk=pk)
    wanted = request.GET.get("outcome", "")
    outcome = ItemOutcome(wanted) if wanted in ItemOutcome.values else None
    rows = results(run, outcome)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        return _file(request, run, rows, form.cleaned_data["reason"])
    return model_admin.render_page(
        request,
        TEMPLATE,
        title=_("Export results"),
        run=run,
        run_url=run_url(run),
        outcome=outcome_label(outcome, run) if outcome else _("Every outcome"),
        number=with_separators(rows.count()),
        columns=_columns(),
        form=form,
    )


def _columns() -> list[str]:
    return [capfirst(name) for name in RunResource().get_export_headers()]


def _rows(rows: QuerySet[ItemRow], language: str) -> Iterator[list[Any]]:
    resource = RunResource()
    for item in rows.iterator(chunk_size=CHUNK):
        # While a file streams, the reader's language is no longer active.
        with override(language):
            row = resource.export_resource(item)
        yield row


def _file(
    request: HttpRequest, run: VerificationRun, rows: QuerySet[ItemRow], reason: str
) -> HttpResponseBase:
    """Record first: the file must not leave unless the record is there."""
    access = record_access(
        actor=staff(request),
        kind=AccessKind.EXPORTED,
        reason=reason,
        unmasked=False,
        query=f"run={run.pk}&{request.GET.urlencode()}",
        rows=rows.count(),
        remote_address=personal_data.remote_address(request),
    )
    name = f"verification-run-{run.pk}.csv"
    lines = _rows(rows, get_language() or "")
    return streamed(name=name, header=_columns(), rows=lines, access=access)

"""The page of one discrepancy, in plain values: both sides field by field, and what happened to it.

What is read is decided in `selectors.discrepancies`. Another kind of step gets its look in `_LOOKS`
and, if its text is no person's, its words in `_step`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from payments.admin.shared.compared_value import Value
from payments.admin.shared.discrepancy_display import (
    bucket_badge,
    closing_label,
    difference_label,
    found_ago,
    owner_label,
    state_badge,
)
from payments.admin.shared.display import badge, moment
from payments.admin.shared.links import filters_of, list_url, page_url
from payments.core.money import WON
from payments.models import Bucket, ClosingReason, Discrepancy, DiscrepancyStep, StepKind
from payments.selectors import discrepancies as selector
from payments.selectors.payments.detail import Agreement, ComparedField

from . import display

_LOOKS = {
    StepKind.FOUND: "bad",
    StepKind.CHANGED: "wait",
    StepKind.OWNED: "note",
    StepKind.CLOSED: "good",
    StepKind.REOPENED: "bad",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One field of both sides in words."""

    label: str | Promise
    ours: Value
    theirs: Value
    verdict: SafeString | str
    differs: bool


@dataclass(frozen=True, slots=True)
class StepRow:
    """One step of the timeline. `by` is "" for the system's own."""

    what: SafeString
    when: SafeString | str
    by: str
    reason: str
    text: str
    changes: list[str]


def head(discrepancy: Discrepancy, request: HttpRequest) -> dict[str, object]:
    """What stands above everything, here and on the pages that ask for a text."""
    return {
        "subtitle": None,
        "discrepancy": discrepancy,
        "filters": filters_of(request),
        "list_url": list_url(request, "discrepancy"),
        "page_url": page_url(request, discrepancy.pk, "discrepancy"),
        "bucket": bucket_badge(discrepancy),
        "state": state_badge(discrepancy),
        "closing": closing_label(discrepancy),
        "difference": difference_label(discrepancy),
        "amount_at_risk": display.amount_at_risk_label(discrepancy),
        "found": found_ago(discrepancy),
        "seen": moment(discrepancy.seen_at),
        "closed": moment(discrepancy.closed_at) if discrepancy.closed_at else "",
        "owner": owner_label(discrepancy) if discrepancy.owner else "",
        "ours": display.side_cell(discrepancy, ours=True),
        "theirs": display.side_cell(discrepancy, ours=False),
    }


def import_button(
    discrepancy: Discrepancy, *, may_work: bool, may_import: bool
) -> dict[str, object]:
    """The button that makes a payment of it, or in words why it is not there."""
    if not discrepancy.is_open or discrepancy.bucket != Bucket.MISSING_HERE:
        return {}
    currency = selector.currency_of(selector.figures(discrepancy.theirs))
    if currency != WON:
        refusal = _("Only payments in won can be taken in. This one is in %(currency)s.")
        why = refusal % {"currency": currency} if may_work or may_import else ""
        return {"why_no_import": why}
    hint = _("An approver can take it in as a payment. Hand it to one.")
    return {"may_import": may_import, "why_no_import": hint if may_work and not may_import else ""}


def detail(discrepancy: Discrepancy, request: HttpRequest) -> dict[str, object]:
    """With both sides field by field, the steps, and where the payment and the runs are."""
    fields = selector.compared(discrepancy)
    may_open = request.user.has_perm("payments.view_payment")
    may_see_runs = request.user.has_perm("payments.view_reconciliationrun")
    return head(discrepancy, request) | {
        "rows": [_row(discrepancy, field) for field in fields],
        "ours_absent": not discrepancy.ours,
        "theirs_absent": not discrepancy.theirs,
        "payment": discrepancy.payment if may_open else None,
        "runs": _runs(discrepancy) if may_see_runs else [],
        "steps": list(_steps(selector.steps(discrepancy))),
    }


def _row(discrepancy: Discrepancy, field: ComparedField) -> Row:
    ours, theirs = selector.figures(discrepancy.ours), selector.figures(discrepancy.theirs)
    verdicts = {
        Agreement.SAME: badge("good", _("same")),
        Agreement.DIFFERENT: badge("bad", _("differs")),
        Agreement.ONLY_THERE: _("only at the gateway"),
        Agreement.ONLY_HERE: _("only here"),
    }
    # Only ours knows what was ordered, only the gateway who bought: nothing to compare.
    is_comparable = ours is not None and theirs is not None and field.name in ours
    return Row(
        label=field.label,
        ours=display.value_label(field.name, field.ours, ours),
        theirs=display.value_label(field.name, field.theirs, theirs),
        verdict=verdicts[field.agreement] if is_comparable else "",
        differs=field.agreement is Agreement.DIFFERENT,
    )


def _runs(discrepancy: Discrepancy) -> list[tuple[str, str, str]]:
    """(what it did, its name, its page) of the run that found it and of the last to see it."""
    runs = [(_("Found by"), discrepancy.run)]
    last = selector.last_run(discrepancy)
    if last != discrepancy.run:
        runs.append((_("Last seen by"), last))
    page = "admin:payments_reconciliationrun_change"
    return [(what, f"#{run.pk} {run}", reverse(page, args=[run.pk])) for what, run in runs if run]


def _steps(newest_first: list[DiscrepancyStep]) -> Iterator[StepRow]:
    earlier = [*(before for _after, before in pairwise(newest_first)), None]
    for step, before in zip(newest_first, earlier, strict=bool(newest_first)):
        yield _step(step, before)


def _step(step: DiscrepancyStep, before: DiscrepancyStep | None) -> StepRow:
    kind = StepKind(step.kind)
    text = step.text
    if kind is StepKind.OWNED:
        text = _("Now with %(owner)s.") % {"owner": text} if text else _("Now with nobody.")
    return StepRow(
        what=badge(_LOOKS[kind], kind.label),
        when=moment(step.at),
        by=step.actor_name,
        reason=str(ClosingReason(step.reason_code).label) if step.reason_code else "",
        text=text,
        changes=[_change(step, before, change) for change in selector.changes(before, step)]
        if before
        else [],
    )


def _change(step: DiscrepancyStep, before: DiscrepancyStep | None, change: selector.Change) -> str:
    old = (before.ours if change.is_ours else before.theirs) if before else ""
    new = step.ours if change.is_ours else step.theirs
    return _("%(side)s, %(what)s: %(was)s → %(now)s") % {
        "side": pgettext("side", "Ours") if change.is_ours else pgettext("side", "Gateway"),
        "what": change.label,
        "was": display.plain_label(change.name, change.was, selector.figures(old)),
        "now": display.plain_label(change.name, change.now, selector.figures(new)),
    }

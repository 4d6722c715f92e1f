"""The page of one discrepancy: both sides field by field, what happened to it, how to work on it.

What is read is decided in `selectors.discrepancies`; how it looks is in
`shared.discrepancy_display`, and in the template.
"""

from collections.abc import Iterator

from django.http import HttpRequest
from django.utils.translation import gettext as _

from payments.admin.shared.compared_value import Value
from payments.admin.shared.discrepancy_display import value_label
from payments.admin.shared.links import filters_of, list_url, page_url
from payments.core.money import WON
from payments.models import Bucket, Discrepancy
from payments.selectors import discrepancies as selector
from payments.selectors.payments.detail import ComparedField


def head(discrepancy: Discrepancy, request: HttpRequest) -> dict[str, object]:
    """What stands above everything, here and on the pages that ask for a text."""
    return {
        "subtitle": None,
        "discrepancy": discrepancy,
        "filters": filters_of(request),
        "list_url": list_url(request, "discrepancy"),
        "page_url": page_url(request, discrepancy.pk, "discrepancy"),
    }


def import_button(
    discrepancy: Discrepancy, *, may_work: bool, may_import: bool
) -> dict[str, object]:
    """The button that makes a payment of it, or in words why it is not there."""
    if not discrepancy.is_open or Bucket.MISSING_HERE not in discrepancy.buckets:
        return {}
    currency = selector.currency_of(selector.figures(discrepancy.theirs))
    if currency != WON:
        refusal = _("Only payments in won can be taken in. This one is in %(currency)s.")
        why = refusal % {"currency": currency} if may_work or may_import else ""
        return {"why_no_import": why}
    hint = _("An approver can take it in as a payment. Hand it to one.")
    return {"may_import": may_import, "why_no_import": hint if may_work and not may_import else ""}


def detail(discrepancy: Discrepancy, request: HttpRequest) -> dict[str, object]:
    """With both sides field by field, the steps, and the run that saw it last."""
    may_see_runs = request.user.has_perm("payments.view_reconciliationrun")
    return head(discrepancy, request) | {
        "rows": list(_rows(discrepancy)),
        "last_run": selector.last_run(discrepancy) if may_see_runs else None,
        "steps": selector.steps(discrepancy),
    }


def _rows(discrepancy: Discrepancy) -> Iterator[tuple[ComparedField, Value, Value, bool]]:
    """Each field with both sides in words, and whether the two can be compared."""
    ours, theirs = selector.figures(discrepancy.ours), selector.figures(discrepancy.theirs)
    for field in selector.compared(discrepancy):
        our_label = value_label(field.name, field.ours, ours)
        their_label = value_label(field.name, field.theirs, theirs)
        # Only ours knows what was ordered, only the gateway who bought: nothing to compare.
        is_comparable = ours is not None and theirs is not None and field.name in ours
        yield field, our_label, their_label, is_comparable

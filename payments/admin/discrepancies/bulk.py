"""The ticked rows of the queue: assigned or closed at once, with a result for each.

The bar above the list posts the rows with the version that the page showed (`with_version`), so a
row that changed meanwhile is left alone and says so. What is missing, such as a reason, is asked
for on a page that keeps the ticks. All of a filter is shown there, too, before anything is done:
the list has shown a part. To let something else be done to many: a `Task` below, a function under
`@admin.action` that names it, its line in `ACTIONS` and in the bar's template.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet, prefetch_related_objects
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy, pgettext_lazy

from payments.admin.shared.access import staff, staff_view
from payments.admin.shared.display import badge
from payments.admin.shared.links import list_url, page_url
from payments.admin.shared.readonly import ReadOnlyAdmin
from payments.core.money import with_separators
from payments.core.text import whole_number
from payments.errors import NotAllowed
from payments.models import Discrepancy
from payments.services.discrepancies import bulk
from payments.services.discrepancies.bulk import Outcome, Result, Seen

from .forms import CloseAllForm, OwnerOfAllForm

FORM, RESULTS = (f"admin/payments/discrepancy/{name}.html" for name in ("bulk", "bulk_results"))
# What the page showed of each row: "number:version".
SEEN = "seen"
# No version that a row can have: a row without one is never as it was seen.
_NEVER = -1


@dataclass(frozen=True, slots=True)
class Task:
    """What is done to all of them. `done` is said of a row for which it was."""

    name: str
    form: type[forms.Form]
    service: Callable[..., list[Result]]
    title: Any
    button: str | Promise
    done: str | Promise


_ASSIGN = Task(
    name="assign_ticked",
    form=OwnerOfAllForm,
    service=bulk.assign_each,
    title=gettext_lazy("Assign the ticked discrepancies"),
    button=gettext_lazy("Assign"),
    done=pgettext_lazy("bulk", "Assigned"),
)
_CLOSE = Task(
    name="close_ticked",
    form=CloseAllForm,
    service=bulk.close_each,
    title=gettext_lazy("Close the ticked discrepancies"),
    button=pgettext_lazy("discrepancy button", "Close"),
    done=pgettext_lazy("bulk", "Closed"),
)
_OTHERWISE: dict[Outcome, tuple[str, Promise]] = {
    Outcome.CHANGED: ("wait", pgettext_lazy("bulk", "Changed meanwhile")),
    Outcome.CLOSED: ("quiet", pgettext_lazy("bulk", "Closed already")),
    Outcome.REFUSED: ("bad", pgettext_lazy("bulk", "Refused")),
}


def with_version(discrepancy: Discrepancy, box: SafeString) -> SafeString:
    """The box to tick, beside it what the page shows of the row."""
    seen = f"{discrepancy.pk}:{discrepancy.version}"
    return format_html('{}<input type="hidden" name="{}" value="{}">', box, SEEN, seen)


@admin.action(permissions=["work"], description=_ASSIGN.title)
@staff_view("view", "work", methods=["POST"])
def assign_ticked(
    model_admin: ReadOnlyAdmin, request: HttpRequest, rows: QuerySet[Discrepancy]
) -> HttpResponseBase:
    """Make somebody the owner of all that are ticked, or nobody."""
    return _all(model_admin, request, _ASSIGN, rows)


@admin.action(permissions=["work"], description=_CLOSE.title)
@staff_view("view", "work", methods=["POST"])
def close_ticked(
    model_admin: ReadOnlyAdmin, request: HttpRequest, rows: QuerySet[Discrepancy]
) -> HttpResponseBase:
    """Close all that are ticked for one reason, with one text."""
    return _all(model_admin, request, _CLOSE, rows)


ACTIONS: list[Any] = [assign_ticked, close_ticked]


def bar(request: HttpRequest) -> dict[str, Any]:
    """The forms of the bar above the list. Who fills in one does not have to fill in the other."""
    me = {"owner": request.user.pk}
    return {
        "owner_form": OwnerOfAllForm(initial=me, auto_id="all_%s", use_required_attribute=False),
        "close_form": CloseAllForm(auto_id="all_%s", use_required_attribute=False),
        "most": bulk.MAX_ROWS,
    }


def _all(
    model_admin: ReadOnlyAdmin, request: HttpRequest, task: Task, rows: QuerySet[Discrepancy]
) -> HttpResponseBase:
    """What is ticked, whether the list's filter still lets it through or not; or all of `rows`."""
    is_whole = request.POST.get("select_across") == "1"
    seen, form = _whole(rows) if is_whole else _seen(request), task.form(request.POST)
    if len(seen) > bulk.MAX_ROWS:
        messages.error(request, str(bulk.TOO_MANY))
        return HttpResponseRedirect(list_url(request, "discrepancy"))
    if is_whole or not form.is_valid():
        return _form_page(model_admin, request, task, form, seen)
    try:
        results = task.service(seen=seen, actor=staff(request), **form.arguments)  # type: ignore[attr-defined]
    except NotAllowed as refusal:
        form.add_error(None, str(refusal.message))
        return _form_page(model_admin, request, task, form, seen)
    return _results_page(model_admin, request, task, results)


def _seen(request: HttpRequest) -> list[Seen]:
    """The ticked rows, each with the version that the page showed."""
    pairs = (text.partition(":") for text in request.POST.getlist(SEEN))
    versions = {whole_number(pk): whole_number(version) for pk, _colon, version in pairs}
    ticked = map(whole_number, request.POST.getlist(ACTION_CHECKBOX_NAME))
    pks = dict.fromkeys(pk for pk in ticked if pk is not None)
    return [Seen(pk, _NEVER if (seen := versions.get(pk)) is None else seen) for pk in pks]


def _whole(rows: QuerySet[Discrepancy]) -> list[Seen]:
    """All that can be worked on of a filter, each as the page will show it; one too many tells."""
    found = rows.filter(is_open=True).values_list("pk", "version")
    return [Seen(pk, version) for pk, version in found[: bulk.MAX_ROWS + 1]]


def _form_page(
    model_admin: ReadOnlyAdmin,
    request: HttpRequest,
    task: Task,
    form: forms.Form,
    seen: Sequence[Seen],
) -> HttpResponseBase:
    """Asks for what is missing; the ticks and what was written stay."""
    rows = Discrepancy.objects.filter(pk__in=[one.pk for one in seen])
    context = {
        "form": form,
        "task": task,
        "rows": list(rows.prefetch_related("lines").order_by("-pk")),
        "seen": [(one.pk, f"{one.pk}:{one.version}") for one in seen],
        "ticked_name": ACTION_CHECKBOX_NAME,
        "list_url": list_url(request, "discrepancy"),
    }
    return model_admin.render_page(request, FORM, title=task.title, **context)


def _results_page(
    model_admin: ReadOnlyAdmin, request: HttpRequest, task: Task, results: Sequence[Result]
) -> HttpResponseBase:
    prefetch_related_objects([result.discrepancy for result in results], "lines")
    looks = {Outcome.DONE: ("good", task.done), **_OTHERWISE}
    context = {
        "results": [
            (
                result.discrepancy,
                page_url(request, result.discrepancy.pk, "discrepancy"),
                badge(*looks[result.outcome]),
                result.why,
            )
            for result in results
        ],
        "summary": _summary(looks, (result.outcome for result in results)),
        "list_url": list_url(request, "discrepancy"),
    }
    return model_admin.render_page(request, RESULTS, title=task.title, **context)


def _summary(looks: dict[Outcome, Any], outcomes: Iterable[Outcome]) -> list[tuple[Any, str]]:
    """How many ended how, each with its badge."""
    counts = Counter(outcomes)
    return [
        (badge(*looks[outcome]), with_separators(counts[outcome]))
        for outcome in Outcome
        if counts[outcome]
    ]

"""The page of one verification run: progress and counts.

What the numbers mean is defined in `selectors.verification_runs.progress`, the sentences are in
`display`, the results beneath in `results`. Another figure beside the bar goes to the template.
"""

from typing import Any

from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from payments.admin.shared import runs
from payments.admin.shared.runs import BAR_WIDTH, news
from payments.models import ItemOutcome
from payments.selectors.verification_runs.changes import Change, changes_of
from payments.selectors.verification_runs.progress import ORDER, Counts, Progress

from .display import (
    OUTCOME_LOOKS,
    change_news,
    change_sentence,
    outcome_label,
    rate_display,
    sentence,
)

EVERY_FOR_RESULTS = "every 5s"


def live(progress: Progress, outcome: ItemOutcome) -> dict[str, Any]:
    """What changes while it works: the part of the page that is fetched again and again."""
    counts, run = progress.counts, progress.run
    changes = changes_of([run])[run.pk]
    return {
        **runs.live(run, part=progress.part, awaits_answers=progress.awaits_answers),
        "progress": progress,
        "outcome": outcome,
        "every_results": every_results(progress),
        "changes": [change_sentence(change) for change in changes],
        "sentence": sentence(progress),
        "bar": _bar(counts, run.total),
        "rate": rate_display(progress.rate),
        "outcomes": [
            (each, OUTCOME_LOOKS[each], outcome_label(each, run), counts.of(each))
            for each in ORDER
            if _may_come(progress, each)
        ],
        "news": _news(progress, changes),
    }


def _news(progress: Progress, changes: list[Change]) -> str:
    """What changed goes before how far it is."""
    words = _("%(percent)s%% done, %(differences)s do not agree.")
    differences = progress.counts.differences
    how_far = news(progress.state, words, part=progress.part, differences=differences)
    return f"{change_news(changes)} {how_far}".strip()


def every_results(progress: Progress) -> str:
    """How often a browser asks for the results, which only grow while answers come in."""
    return EVERY_FOR_RESULTS if progress.run.is_open or progress.awaits_answers else ""


def _bar(counts: Counts, total: int) -> SafeString:
    """A stripe for each outcome, what is fine first. Widths are attributes: no inline style.

    A stripe that exists is never narrower than one part of the bar.
    """
    stripes, start = [], 0
    for outcome in reversed(ORDER):
        number = counts.of(outcome)
        if outcome is ItemOutcome.WAITING or not number or not total:
            continue
        width = max(round(number * BAR_WIDTH / total), 1)
        stripes.append((str(start), str(width), OUTCOME_LOOKS[outcome], outcome.value))
        start += width
    return format_html_join(
        "", '<rect x="{}" width="{}" height="10" class="{} {}"></rect>', stripes
    )


def _may_come(progress: Progress, outcome: ItemOutcome) -> bool:
    """Nothing is still to do in a run that is done."""
    is_to_do = outcome is ItemOutcome.WAITING
    return not is_to_do or not progress.has_ended or progress.counts.waiting > 0

"""The page of one verification run, in plain values for the template: progress and counts.

What the numbers mean is defined in `selectors.verification_runs.progress`, the sentences are in
`display`, the results beneath in `results`. Another figure under the bar goes to `_facts`.
"""

from dataclasses import dataclass
from typing import Any

from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from payments.admin.shared import runs
from payments.admin.shared.display import NOTHING, duration, moment
from payments.admin.shared.run_display import run_url
from payments.admin.shared.runs import BAR_WIDTH, news
from payments.core.money import with_separators
from payments.models import ItemOutcome
from payments.selectors.verification_runs.progress import ORDER, Counts, Progress

from .display import OUTCOME_LOOKS, outcome_label, rate_display, sentence

EVERY_FOR_RESULTS = "every 5s"
# In the place of its status, while the last answers of a stopped run still come in.
LANDING = "landing"


@dataclass(frozen=True, slots=True)
class OutcomeCount:
    """How many payments came out so; `url` is the list of them."""

    name: str
    label: str
    look: str
    number: str
    url: str
    is_current: bool
    is_empty: bool


def live(progress: Progress, outcome: ItemOutcome) -> dict[str, Any]:
    """What changes while it works: the part of the page that is fetched again and again."""
    counts, run = progress.counts, progress.run
    return {
        **runs.live(run, part=progress.part, awaits_answers=progress.awaits_answers),
        "state": LANDING if progress.awaits_answers else run.status,
        "outcome": outcome,
        "every_results": every_results(progress),
        "sentence": sentence(progress),
        "bar": _bar(counts, run.total),
        "settled": with_separators(counts.settled),
        "total": with_separators(run.total),
        "facts": _facts(progress),
        "outcomes": [
            _outcome_count(progress, each, is_current=each is outcome)
            for each in ORDER
            if _may_come(progress, each)
        ],
        "news": news(
            progress.state,
            _("%(percent)s%% done, %(differences)s do not agree."),
            part=progress.part,
            differences=counts.differences,
        ),
    }


def every_results(progress: Progress) -> str:
    """How often a browser asks for the results, which only grow while answers come in."""
    return EVERY_FOR_RESULTS if progress.run.is_open or progress.awaits_answers else ""


def _facts(progress: Progress) -> list[tuple[str, SafeString | str]]:
    run, left = progress.run, progress.seconds_left
    if run.finished_at is not None:
        taken = run.finished_at - (run.started_at or run.finished_at)
        return [
            (_("Took"), duration(taken.total_seconds())),
            (_("On average"), rate_display(progress.rate)),
            (_("Ended"), moment(run.finished_at)),
        ]
    return [
        (_("Speed"), rate_display(progress.rate)),
        (_("Time left"), duration(left) if left is not None else NOTHING),
        (_("Started"), moment(run.started_at)),
    ]


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


def _outcome_count(progress: Progress, outcome: ItemOutcome, *, is_current: bool) -> OutcomeCount:
    number = progress.counts.of(outcome)
    return OutcomeCount(
        name=outcome.value,
        label=outcome_label(outcome, progress.run),
        look=OUTCOME_LOOKS[outcome],
        number=with_separators(number),
        url=f"{run_url(progress.run)}?outcome={outcome.value}#results",
        is_current=is_current,
        is_empty=not number,
    )

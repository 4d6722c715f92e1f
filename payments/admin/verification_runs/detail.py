"""The page of one verification run, in plain values for the template: progress, counts, results.

What the numbers mean is defined in `selectors.verification_runs.progress`, the sentences are in
`run_words`. Another figure under the bar goes to `_facts`, another column of the results to
`ResultRow`.
"""

from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from payments.admin.shared.display import NOTHING, moment, status_badge, won
from payments.core.money import with_separators
from payments.models import ItemOutcome, RunStatus, VerificationItem, VerificationRun
from payments.selectors.verification_runs.items import Items, first_to_look_at
from payments.selectors.verification_runs.progress import ORDER, Counts, Progress, Standing

from .display import (
    OUTCOME_LOOKS,
    asker,
    duration,
    filter_words,
    finding_words,
    outcome_badge,
    outcome_words,
    rate_words,
    run_badge,
    sentence,
)

# The bar is so many parts wide; a part that exists is never narrower than one of them.
WIDTH = 1_000
# How often a browser asks again (htmx).
EVERY, EVERY_WHILE_PAUSED, EVERY_FOR_RESULTS = "every 2s", "every 10s", "every 5s"
LANDING = "landing"


@dataclass(frozen=True, slots=True)
class OutcomeCount:
    """How many payments came out so; `address` is the list of them."""

    name: str
    label: str
    look: str
    number: str
    address: str
    is_current: bool
    is_empty: bool


@dataclass(frozen=True, slots=True)
class ResultRow:
    """What came of one payment."""

    pk: int
    payment: str
    address: str
    status: SafeString
    amount: str
    findings: str
    attempts: str
    error: str
    when: SafeString | str
    next_attempt: SafeString | str


def head(run: VerificationRun) -> dict[str, object]:
    """What does not change while it works."""
    return {
        "title": str(run),
        "subtitle": None,
        "badge": run_badge(run),
        "asker": asker(run),
        "asked": moment(run.requested_at),
        "words": filter_words(run.query),
    }


def live(found: Progress, shown: ItemOutcome) -> dict[str, object]:
    """What does: the part of the page that is fetched again and again."""
    percent = int(found.part * 100)
    return {
        "run": found.run,
        "shown": shown,
        "state": state(found),
        "every": _every(found),
        "every_results": every_results(found),
        "sentence": sentence(found),
        "trouble": found.run.last_error if found.run.silences and found.run.is_open else "",
        "percent": percent,
        "bar": _bar(found.counts, found.run.total),
        "settled": with_separators(found.counts.settled),
        "total": with_separators(found.run.total),
        "facts": _facts(found),
        "outcomes": [_outcome_count(found, one, shown) for one in ORDER if _may_come(found, one)],
        "news": _news(found, percent),
    }


def state(found: Progress) -> str:
    """What buttons and results hang on: its status, or that the last answers still come in."""
    return LANDING if found.is_landing else str(found.run.status)


def _every(found: Progress) -> str:
    """How often a browser asks again; "" once nothing can change any more."""
    if found.run.is_open or found.is_landing:
        return EVERY
    return EVERY_WHILE_PAUSED if found.run.status == RunStatus.PAUSED else ""


def every_results(found: Progress) -> str:
    """The same for the results, which only grow while answers come in."""
    return EVERY_FOR_RESULTS if found.run.is_open or found.is_landing else ""


def _facts(found: Progress) -> list[tuple[str, SafeString | str]]:
    run, left = found.run, found.seconds_left
    if run.finished_at is not None:
        taken = run.finished_at - (run.started_at or run.finished_at)
        return [
            (_("Took"), duration(taken.total_seconds())),
            (_("On average"), rate_words(found.rate)),
            (_("Ended"), moment(run.finished_at)),
        ]
    return [
        (_("Speed"), rate_words(found.rate)),
        (_("Time left"), duration(left) if left is not None else NOTHING),
        (_("Started"), moment(run.started_at)),
    ]


def _news(found: Progress, percent: int) -> str:
    """For ears: only what is worth interrupting for, so it changes every tenth of the way."""
    if found.standing is Standing.FOR_GATEWAY:
        return _("The gateway does not answer.")
    words = _("%(percent)s%% done, %(differences)s do not agree.")
    differences = with_separators(found.counts.differences)
    return words % {"percent": percent // 10 * 10, "differences": differences}


def _bar(counts: Counts, total: int) -> SafeString:
    """A stripe for each outcome, what is fine first. Widths are attributes: no inline style."""
    stripes, start = [], 0
    for one in reversed(ORDER):
        number = counts.by_outcome.get(one, 0)
        if one is ItemOutcome.WAITING or not number or not total:
            continue
        width = max(round(number * WIDTH / total), 1)
        stripes.append((str(start), str(width), OUTCOME_LOOKS[one], one.value))
        start += width
    return format_html_join(
        "", '<rect x="{}" width="{}" height="10" class="{} {}"></rect>', stripes
    )


def _may_come(found: Progress, outcome: ItemOutcome) -> bool:
    """Nothing is still to do in a run that is done."""
    return outcome is not ItemOutcome.WAITING or not found.has_ended or found.counts.waiting > 0


def _outcome_count(found: Progress, outcome: ItemOutcome, shown: ItemOutcome) -> OutcomeCount:
    number = found.counts.by_outcome.get(outcome, 0)
    page = reverse("admin:payments_verificationrun_change", args=[found.run.pk])
    return OutcomeCount(
        name=outcome.value,
        label=outcome_words(outcome, found.run),
        look=OUTCOME_LOOKS[outcome],
        number=with_separators(number),
        address=f"{page}?outcome={outcome.value}#results",
        is_current=outcome is shown,
        is_empty=not number,
    )


def shown_outcome(request: HttpRequest, counts: Counts) -> ItemOutcome:
    """Which results the address asks for; without a word of it, trouble before what is fine."""
    wanted = request.GET.get("outcome", "")
    return ItemOutcome(wanted) if wanted in ItemOutcome.values else first_to_look_at(counts)


def results(run: VerificationRun, found: Items, request: HttpRequest) -> dict[str, object]:
    """One page of the results."""
    may_open = request.user.has_perm("payments.view_payment")
    return {
        "shown": found.outcome,
        "shown_badge": outcome_badge(found.outcome, run),
        "rows": [_result(item, may_open=may_open) for item in found.rows],
        "after": found.after,
        "is_later": bool(after_of(request)),
    }


def after_of(request: HttpRequest) -> int:
    """The key before the page that the address asks for, 0 for the first."""
    text = request.GET.get("after", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


def _result(item: VerificationItem, *, may_open: bool) -> ResultRow:
    address = reverse("admin:payments_payment_change", args=[item.payment_id])
    is_waiting = item.outcome == ItemOutcome.WAITING
    return ResultRow(
        pk=item.pk,
        payment=item.payment.merchant_uid,
        address=address if may_open else "",
        status=status_badge(item.payment),
        amount=won(item.payment.amount),
        findings=finding_words(item.findings),
        attempts=with_separators(item.attempts),
        error=item.error,
        when=moment(item.settled_at),
        next_attempt=moment(item.not_before) if is_waiting and item.not_before else "",
    )

"""A verification run in words: which filter it was asked for with, what it does, how long it takes.

Another `Standing` gets its sentence in `_SENTENCES`. What somebody else wrote into the search box
may name a customer, so it is masked as everything personal is.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from django.http import QueryDict
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from payments.admin.shared.display import NOTHING, badge
from payments.admin.shared.ticked_payments import TICKED, ticked_label
from payments.core.money import with_separators
from payments.filters import search
from payments.filters.base import SEARCH
from payments.filters.labels import FilterTerm, by_label
from payments.filters.payment_query import PaymentQuery
from payments.models import NOT_ENDED, ItemOutcome, Run, RunStatus
from payments.selectors.verification_runs.progress import Progress, Standing
from payments.states import Finding

# A run over what another run left open has this in the place of a filter.
OF_RUN = "run"

RUN_LOOKS = {
    RunStatus.WAITING: "wait",
    RunStatus.RUNNING: "note",
    RunStatus.PAUSED: "wait",
    RunStatus.STOPPED: "quiet",
    RunStatus.DONE: "good",
}
OUTCOME_LOOKS = {
    ItemOutcome.WAITING: "quiet",
    ItemOutcome.AGREES: "good",
    ItemOutcome.MOVED: "note",
    ItemOutcome.DIFFERS: "bad",
    ItemOutcome.NOT_FOUND: "bad",
    ItemOutcome.UNKNOWN: "wait",
    ItemOutcome.PARKED: "wait",
}


def filter_words(query: str) -> list[tuple[str, str]]:
    """(what, its value) of the filter that a run was asked for with; nothing for all payments."""
    given = QueryDict(query)
    if TICKED in given:
        return ticked_label(len(given.getlist(TICKED)))
    if number := given.get(OF_RUN):
        return [(_("Selection"), _("What run %(number)s left open") % {"number": number})]
    asked = PaymentQuery.of(query, unmasked=False)
    labels = by_label(map(_masked, asked.terms))
    return [*labels, *((name, ", ".join(values)) for name, values in asked.other_params.items())]


def _masked(term: FilterTerm) -> FilterTerm:
    return replace(term, display=search.masked(term.display)) if SEARCH in term.names else term


def asker(run: Run) -> str:
    """Who asked for it: a person, a command of the server, or the schedule, which has no name."""
    if run.requested_by_id:
        return run.requested_name
    return _("Command line") if run.requested_name else pgettext("run", "By the clock")


def run_badge(run: Run) -> SafeString:
    """Its status."""
    status = RunStatus(run.status)
    return badge(RUN_LOOKS[status], status.label)


def outcome_words(outcome: ItemOutcome, run: Run) -> str:
    """What came of payments of a run; of one that has ended, nothing is to do any more."""
    has_ended = run.status not in NOT_ENDED
    if outcome is ItemOutcome.WAITING and has_ended:
        return pgettext("run item", "Not known")
    return str(outcome.label)


def outcome_badge(outcome: ItemOutcome, run: Run) -> SafeString:
    """The same with its look."""
    return badge(OUTCOME_LOOKS[outcome], outcome_words(outcome, run))


def finding_words(findings: str) -> str:
    """Codes of differences in words; one that is not known any more stays as it is."""
    codes = [code for code in findings.split(",") if code]
    known = Finding.values
    return "; ".join(str(Finding(code).label) if code in known else code for code in codes)


def duration(seconds: float) -> str:
    """How long: "3 min 20 s"."""
    whole = max(round(seconds), 0)
    minutes, rest = divmod(whole, 60)
    hours, left = divmod(minutes, 60)
    if hours:
        return _("%(hours)s h %(minutes)s min") % {"hours": hours, "minutes": left}
    if minutes:
        return _("%(minutes)s min %(seconds)s s") % {"minutes": minutes, "seconds": rest}
    return _("%(seconds)s s") % {"seconds": rest}


def clock(moment: datetime | None) -> str:
    """A time of today, in the reader's zone."""
    return f"{timezone.localtime(moment):%H:%M:%S %Z}" if moment else NOTHING


def rate_words(rate: float | None) -> str:
    """How fast."""
    if not rate:
        return NOTHING
    number = with_separators(round(rate)) if rate >= 10 else f"{rate:.1f}"
    return _("%(number)s a second") % {"number": number}


def sentence(found: Progress) -> str:
    """What it is doing now, or waits for."""
    return _SENTENCES[found.standing](found)


def _for_gateway(found: Progress) -> str:
    words = _("The gateway does not answer. It is asked again at %(time)s.")
    return words % {"time": clock(found.run.not_before)}


def _for_next_attempt(found: Progress) -> str:
    words = ngettext(
        "%(number)s payment had no answer. It is asked about again at %(time)s.",
        "%(number)s payments had no answer. They are asked about again from %(time)s on.",
        found.postponed,
    )
    return words % {
        "number": with_separators(found.postponed),
        "time": clock(found.next_attempt),
    }


def _untouched(found: Progress) -> str:
    since = found.run.seen_at or found.run.requested_at
    words = _("No worker has touched it for %(time)s. It goes on where it stood when one does.")
    return words % {"time": duration((found.at - since).total_seconds())}


def _stopped(found: Progress) -> str:
    left = found.counts.waiting
    if not left:
        # The last answers came in after it was stopped.
        return _done(found)
    words = ngettext(
        "Nothing is known about %(number)s payment: it was stopped before its answer came.",
        "Nothing is known about %(number)s payments: it was stopped before their answers came.",
        left,
    )
    return words % {"number": with_separators(left)}


def _done(found: Progress) -> str:
    counts = found.counts
    if counts.unsure:
        words = ngettext(
            "Nothing is known about %(number)s payment. It can be asked about again.",
            "Nothing is known about %(number)s payments. They can be asked about again.",
            counts.unsure,
        )
        return words % {"number": with_separators(counts.unsure)}
    if counts.differences:
        words = ngettext(
            "%(number)s payment does not agree with the gateway. All others do.",
            "%(number)s payments do not agree with the gateway. All others do.",
            counts.differences,
        )
        return words % {"number": with_separators(counts.differences)}
    return _("Every payment agrees with the gateway.")


_SENTENCES: dict[Standing, Callable[[Progress], str]] = {
    Standing.FOR_WORKER: lambda found: _("It starts as soon as a worker is free."),
    Standing.WORKING: lambda found: _("The gateway is being asked."),
    Standing.FOR_GATEWAY: _for_gateway,
    Standing.FOR_NEXT_ATTEMPT: _for_next_attempt,
    Standing.UNTOUCHED: _untouched,
    Standing.PAUSED: lambda found: _("Nothing new is asked until somebody resumes it."),
    Standing.STOPPED: _stopped,
    Standing.DONE: _done,
}

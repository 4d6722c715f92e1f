"""A reconciliation in words: its days, what it does, what it found.

Another `Stage` gets its sentence in `_SENTENCES`, another figure of a run its word in `FIGURES`.
"""

from collections.abc import Callable
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from payments.admin.verification_runs.display import clock, duration
from payments.core import kst
from payments.core.money import with_separators
from payments.models import ReconciliationRun, RunStatus
from payments.selectors.reconciliation import Stage, differences_of, figure, stage
from payments.services.reconciliation.counters import VERDICTS

# Name, word, and what it means where the word alone would not say.
FIGURES: tuple[tuple[str, str | Promise, str | Promise], ...] = (
    ("ours", gettext_lazy("Read here"), ""),
    (
        "only_there",
        gettext_lazy("Only in the gateway's list"),
        gettext_lazy("Missing here, without money, approved twice, or ours is of other days."),
    ),
    ("theirs", gettext_lazy("Read at the gateway"), ""),
    (
        "only_here",
        gettext_lazy("Only in our list"),
        gettext_lazy("Missing at the gateway, or the gateway lists them under other days."),
    ),
    ("agree", gettext_lazy("Agree"), ""),
    (
        "moved",
        pgettext_lazy("reconciliation", "Moved"),
        gettext_lazy("They agree, but the gateway lists them under another time by now."),
    ),
    (
        "moneyless",
        gettext_lazy("Without money"),
        gettext_lazy("Attempts at the gateway that were given up or declined."),
    ),
    (
        "differ",
        pgettext_lazy("reconciliation", "Differ"),
        gettext_lazy("Payments with a discrepancy; one payment may have several."),
    ),
    (
        "changed",
        gettext_lazy("Changed meanwhile"),
        gettext_lazy("They changed while the run was at it; the next run looks at them."),
    ),
    ("unknown", gettext_lazy("No answer"), ""),
    (
        "closed",
        gettext_lazy("Closed by itself"),
        gettext_lazy("Open discrepancies of any day whose facts agree again."),
    ),
)


def sentence(run: ReconciliationRun, *, now: datetime) -> str:
    """What it is doing now, or waits for."""
    return _SENTENCES[stage(run, now=now)](run, now)


def sums(run: ReconciliationRun) -> str:
    """How both sides come to the same number of payments; "" if they don't, or not yet."""
    numbers = {name: figure(run, name) for name, *_words in FIGURES}
    verdicts = [numbers[name] for name in VERDICTS if numbers[name]]
    here = numbers["ours"] + numbers["only_there"]
    there = numbers["theirs"] + numbers["only_here"]
    if run.status != RunStatus.DONE or not here == there == sum(verdicts) > 0:
        return ""
    words = _(
        "Each payment is counted once. Here: %(here)s. At the gateway: %(there)s. What became of "
        "them: %(verdicts)s."
    )
    return words % {
        "here": _sum(numbers["ours"], numbers["only_there"]),
        "there": _sum(numbers["theirs"], numbers["only_here"]),
        "verdicts": _sum(*verdicts),
    }


def _sum(*numbers: int) -> str:
    parts = " + ".join(with_separators(number) for number in numbers)
    return f"{parts} = {with_separators(sum(numbers))}" if len(numbers) > 1 else parts


def reached(run: ReconciliationRun) -> str:
    """Up to which moment both books are compared."""
    moment = kst.from_unix(run.cursor or 0)
    return f"{moment.astimezone(kst.KST):%Y-%m-%d %H:%M KST}" if moment else ""


def _comparing(run: ReconciliationRun, now: datetime) -> str:
    if until := reached(run):
        return _("Both books are compared up to %(time)s.") % {"time": until}
    return _("Both books are being read.")


def _for_gateway(run: ReconciliationRun, now: datetime) -> str:
    words = _("The gateway does not answer. The run waits for it until %(time)s, then goes on.")
    return words % {"time": clock(run.not_before)}


def _untouched(run: ReconciliationRun, now: datetime) -> str:
    since = run.seen_at or run.requested_at
    words = _("No worker has touched it for %(time)s. It goes on where it stood when one does.")
    return words % {"time": duration((now - since).total_seconds())}


def _stopped(run: ReconciliationRun, now: datetime) -> str:
    if until := reached(run):
        return _("It was stopped. What came after %(time)s is not compared.") % {"time": until}
    return _("It was stopped before anything was compared.")


def _done(run: ReconciliationRun, now: datetime) -> str:
    found = sum(differences_of(run).values())
    parts = []
    if found:
        words = ngettext("%(number)s discrepancy.", "%(number)s discrepancies.", found)
        parts.append(words % {"number": with_separators(found)})
    if unknown := without_answer(run):
        parts.append(unknown)
    return " ".join(parts) or _("Both books agree.")


def without_answer(run: ReconciliationRun) -> str:
    """How many payments it knows nothing about; "" if there is none."""
    if not (unknown := figure(run, "unknown")):
        return ""
    words = ngettext(
        "Nothing is known about %(number)s payment, because the gateway gave no answer.",
        "Nothing is known about %(number)s payments, because the gateway gave no answer.",
        unknown,
    )
    return words % {"number": with_separators(unknown)}


_SENTENCES: dict[Stage, Callable[[ReconciliationRun, datetime], str]] = {
    Stage.FOR_WORKER: lambda run, now: _("It starts as soon as a worker is free."),
    Stage.COMPARING: _comparing,
    Stage.LAST_LOOK: lambda run, now: _(
        "Both books are compared. What is open is looked at once more."
    ),
    Stage.FOR_GATEWAY: _for_gateway,
    Stage.UNTOUCHED: _untouched,
    Stage.PAUSED: lambda run, now: _("Nothing new is asked until somebody resumes it."),
    Stage.STOPPED: _stopped,
    Stage.DONE: _done,
}

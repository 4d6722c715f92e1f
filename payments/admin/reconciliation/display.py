"""A reconciliation in words: what it does, what it found.

Another `RunState` gets its sentence in `_SENTENCES`, another figure of a run its word in `FIGURES`.
"""

from collections.abc import Callable
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from payments.admin.shared.display import clock
from payments.admin.shared.run_display import state_sentence, without_answer
from payments.core import kst
from payments.core.money import with_separators
from payments.models import ReconciliationRun, RunStatus
from payments.selectors.reconciliation import discrepancies_of, figure, won_of_run
from payments.selectors.runs import RunState
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
        gettext_lazy("Payments with a discrepancy; one may differ in several things."),
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


def sentence(run: ReconciliationRun, state: RunState, now: datetime) -> str:
    """What it is doing now, or waits for."""
    own = _SENTENCES.get(state)
    return own(run) if own else state_sentence(run, state, now)


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


def _compared_until(run: ReconciliationRun) -> str:
    """Up to which moment both books are compared; "" if nothing is yet."""
    moment = kst.from_unix(run.cursor or 0)
    return f"{moment.astimezone(kst.KST):%Y-%m-%d %H:%M KST}" if moment else ""


def _comparing(run: ReconciliationRun) -> str:
    if until := _compared_until(run):
        return _("Both books are compared up to %(time)s.") % {"time": until}
    return _("Both books are being read.")


def _for_gateway(run: ReconciliationRun) -> str:
    words = _("The gateway does not answer. The run waits for it until %(time)s, then goes on.")
    return words % {"time": clock(run.not_before)}


def _stopped(run: ReconciliationRun) -> str:
    if until := _compared_until(run):
        return _("It was stopped. What came after %(time)s is not compared.") % {"time": until}
    return _("It was stopped before anything was compared.")


def _done(run: ReconciliationRun) -> str:
    number = discrepancies_of(run)
    parts = []
    if number:
        words = ngettext("%(number)s discrepancy.", "%(number)s discrepancies.", number)
        parts.append(words % {"number": with_separators(number)})
    if unknown := without_answer(run):
        parts.append(unknown)
    return " ".join(parts) or _without_case(run)


def _without_case(run: ReconciliationRun) -> str:
    """What has come and gone of another attempt is money of its days, and nobody's case."""
    table = won_of_run(run)
    if table and table.net.difference.number:
        return _("Payment by payment both books agree; in won some days differ.")
    return _("Both books agree.")


_SENTENCES: dict[RunState, Callable[[ReconciliationRun], str]] = {
    RunState.WORKING: _comparing,
    RunState.RECHECKING: lambda run: _(
        "Both books are compared. What is open is looked at once more."
    ),
    RunState.FOR_GATEWAY: _for_gateway,
    RunState.STOPPED: _stopped,
    RunState.DONE: _done,
}

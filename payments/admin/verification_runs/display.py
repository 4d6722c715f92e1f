"""A verification run in words: which filter it was asked for with, what it does, what came of it.

Another `RunState` gets its sentence in `_SENTENCES`. What somebody else wrote into the search box
may name a customer, so it is masked as everything personal is.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from django.http import QueryDict
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from payments.admin.shared.display import (
    NOTHING,
    VERIFICATION_LOOKS,
    badge,
    clock,
    signed_won,
)
from payments.admin.shared.run_display import state_sentence
from payments.admin.shared.ticked_payments import TICKED, ticked_label
from payments.core.money import with_separators
from payments.filters import search
from payments.filters.base import SEARCH
from payments.filters.labels import FilterTerm, by_label
from payments.filters.payment_query import PaymentQuery
from payments.models import NOT_ENDED, ItemChange, ItemOutcome, VerificationItem, VerificationRun
from payments.selectors.payments.flags import Shown
from payments.selectors.runs import RunState
from payments.selectors.verification_runs.changes import Change
from payments.selectors.verification_runs.items import ItemRow, is_accepted_now
from payments.selectors.verification_runs.progress import Progress
from payments.states import Finding

# A run over what another run left open has this in the place of a filter.
OF_RUN = "run"

OUTCOME_LOOKS = {
    ItemOutcome.WAITING: "quiet",
    ItemOutcome.AGREES: "good",
    ItemOutcome.MOVED: "note",
    ItemOutcome.DIFFERS: "bad",
    ItemOutcome.NOT_FOUND: "bad",
    ItemOutcome.UNKNOWN: "wait",
    ItemOutcome.PARKED: "wait",
}


def filter_labels(query: str) -> list[tuple[str, str]]:
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


def outcome_label(outcome: ItemOutcome, run: VerificationRun) -> str:
    """What came of payments of a run; of one that has ended, nothing is to do any more."""
    has_ended = run.status not in NOT_ENDED
    if outcome is ItemOutcome.WAITING and has_ended:
        return pgettext("run item", "Not known")
    return str(outcome.label)


def outcome_badge(outcome: ItemOutcome, run: VerificationRun) -> SafeString:
    """The same with its look."""
    return badge(OUTCOME_LOOKS[outcome], outcome_label(outcome, run))


def finding_labels(findings: str) -> str:
    """Codes of differences in words; one that is not known any more stays as it is."""
    codes = [code for code in findings.split(",") if code]
    known = Finding.values
    return "; ".join(str(Finding(code).label) if code in known else code for code in codes)


def item_labels(item: VerificationItem) -> str:
    """In what it differs, or what it became and the won that moved by it."""
    if not item.became:
        return finding_labels(item.findings)
    amount = f" ({signed_won(item.moved_amount)})" if item.moved_amount else ""
    return f"{ItemChange(item.became).label}{amount}"


def accepted_badge(item: ItemRow) -> SafeString | str:
    """That people have accepted the difference, as the payment's own badge says it; else ""."""
    if not is_accepted_now(item):
        return ""
    return badge(VERIFICATION_LOOKS[Shown.ACCEPTED], Shown.ACCEPTED.label)


def rate_display(rate: float | None) -> str:
    """How fast."""
    if not rate:
        return NOTHING
    number = with_separators(round(rate)) if rate >= 10 else f"{rate:.1f}"
    return _("%(number)s a second") % {"number": number}


def change_sentence(change: Change) -> str:
    """What became of how many payments, and the won that moved by it."""
    number = with_separators(change.number)
    if change.became is None:
        words = ngettext(
            "%(number)s payment was brought up to date; its status stayed.",
            "%(number)s payments were brought up to date; their status stayed.",
            change.number,
        )
        return words % {"number": number}
    words = ngettext(
        "%(number)s payment became %(status)s%(amount)s.",
        "%(number)s payments became %(status)s%(amount)s.",
        change.number,
    )
    status, amount = str(change.became.label).lower(), signed_won(change.amount)
    return words % {
        "number": number,
        "status": status,
        "amount": f" ({amount})" if change.amount else "",
    }


def change_in_brief(change: Change) -> str:
    """The same where a row of the list has no room for a sentence."""
    label = change.became.label if change.became else ItemOutcome.MOVED.label
    amount = f" ({signed_won(change.amount)})" if change.amount else ""
    return f"{label} {with_separators(change.number)}{amount}"


def change_news(changes: Sequence[Change]) -> str:
    """All of it in a breath, to be read out; "" while nothing has changed."""
    return " ".join(map(change_sentence, changes))


def sentence(progress: Progress) -> str:
    """What it is doing now, or waits for."""
    own = _SENTENCES.get(progress.state)
    return own(progress) if own else state_sentence(progress.run, progress.state, progress.at)


def _for_gateway(progress: Progress) -> str:
    words = _("The gateway does not answer. It is asked again at %(time)s.")
    return words % {"time": clock(progress.run.not_before)}


def _for_next_attempt(progress: Progress) -> str:
    words = ngettext(
        "%(number)s payment had no answer. It is asked about again at %(time)s.",
        "%(number)s payments had no answer. They are asked about again from %(time)s on.",
        progress.postponed,
    )
    return words % {
        "number": with_separators(progress.postponed),
        "time": clock(progress.next_attempt),
    }


def _stopped(progress: Progress) -> str:
    left = progress.counts.waiting
    if not left:
        # The last answers came in after it was stopped.
        return _done(progress)
    words = ngettext(
        "Nothing is known about %(number)s payment: it was stopped before its answer came.",
        "Nothing is known about %(number)s payments: it was stopped before their answers came.",
        left,
    )
    return words % {"number": with_separators(left)}


def _done(progress: Progress) -> str:
    counts = progress.counts
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
    if not counts.of(ItemOutcome.MOVED):
        return _("Every payment agrees with the gateway.")
    if counts.of(ItemOutcome.AGREES):
        return _("All others agree with the gateway.")
    return _("All of them agree with the gateway now.")


_SENTENCES: dict[RunState, Callable[[Progress], str]] = {
    RunState.WORKING: lambda progress: _("The gateway is being asked."),
    RunState.FOR_GATEWAY: _for_gateway,
    RunState.FOR_NEXT_ATTEMPT: _for_next_attempt,
    RunState.STOPPED: _stopped,
    RunState.DONE: _done,
}

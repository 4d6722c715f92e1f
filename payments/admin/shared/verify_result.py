"""What came of a request to the gateway, in words for the person who asked.

`told` turns one result into an `Outcome`; `report` shows one or many. To give a new kind of result
its words, add a branch to `_words`.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib import messages
from django.db.models import TextChoices
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from payments.errors import GatewayUnavailable
from payments.models import Payment
from payments.services.verification.settle import Result
from payments.states import EventKind


class Ending(TextChoices):
    """How one request ended; the label is its word in a count."""

    UNCHANGED = "unchanged", gettext_lazy("agrees, nothing changed")
    CHANGED = "changed", gettext_lazy("changed")
    MISMATCH = "mismatch", gettext_lazy("does not agree")
    UNKNOWN = "unknown", gettext_lazy("no answer")
    REFUSED = "refused", gettext_lazy("refused")
    NOT_ASKED = "not_asked", gettext_lazy("not asked")


FINE = {Ending.UNCHANGED, Ending.CHANGED}

_LEVELS = {
    Ending.UNCHANGED: messages.SUCCESS,
    Ending.CHANGED: messages.SUCCESS,
    Ending.MISMATCH: messages.ERROR,
    Ending.UNKNOWN: messages.WARNING,
    Ending.REFUSED: messages.ERROR,
    Ending.NOT_ASKED: messages.WARNING,
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the request about one payment ended, in words."""

    merchant_uid: str
    ending: Ending
    words: str

    @property
    def line(self) -> str:
        """The order number and what came of it."""
        return f"{self.merchant_uid}: {self.words}"


def told(before: Payment, result: Result) -> Outcome:
    """The result of a verification. `before` is the payment as the person saw it."""
    ending, words = _words(before, result)
    return Outcome(result.payment.merchant_uid, ending, words)


def _words(before: Payment, result: Result) -> tuple[Ending, str]:
    if result.kind is EventKind.UNKNOWN:
        return Ending.UNKNOWN, str(GatewayUnavailable.message)
    if result.kind is EventKind.NOT_FOUND:
        return Ending.MISMATCH, _("The gateway knows no such payment. Nothing was changed.")
    if result.kind is EventKind.DISCREPANCY:
        found = "; ".join(str(finding.label) for finding in result.findings)
        return Ending.MISMATCH, _("The gateway's answer does not agree: %(found)s.") % {
            "found": found
        }
    if result.kind is EventKind.CONFIRMED:
        return Ending.UNCHANGED, _("The gateway agrees. Nothing has changed.")
    return Ending.CHANGED, _change(before, result.payment)


def _change(before: Payment, after: Payment) -> str:
    words = {"before": before.status_words, "after": after.status_words}
    if words["before"] == words["after"]:
        return _("Updated from the gateway; still %(after)s.") % words
    return _("%(before)s → %(after)s, as the gateway says.") % words


def not_asked(payment: Payment) -> Outcome:
    """For what was left out because the gateway is silent."""
    words = _("The gateway was not asked, because it did not answer about the ones before.")
    return Outcome(payment.merchant_uid, Ending.NOT_ASKED, words)


def report(request: HttpRequest, outcomes: Sequence[Outcome]) -> None:
    """Show one outcome as it is; of many, the counts and a list of those that are not fine."""
    if len(outcomes) == 1:
        messages.add_message(request, _LEVELS[outcomes[0].ending], outcomes[0].line)
        return
    troubled = [outcome for outcome in outcomes if outcome.ending not in FINE]
    level = messages.WARNING if troubled else messages.SUCCESS
    messages.add_message(request, level, _summary(outcomes, troubled))


def _summary(outcomes: Sequence[Outcome], troubled: Sequence[Outcome]) -> SafeString:
    counts = Counter(outcome.ending for outcome in outcomes)
    parts = ", ".join(
        _("%(ending)s %(count)s") % {"ending": ending.label, "count": f"{counts[ending]:,}"}
        for ending in Ending
        if counts[ending]
    )
    head = ngettext("%(count)s payment", "%(count)s payments", len(outcomes)) % {
        "count": f"{len(outcomes):,}"
    }
    rows = format_html_join("", "<li>{}</li>", ((outcome.line,) for outcome in troubled))
    listed = format_html("<ul>{}</ul>", rows) if troubled else ""
    return format_html("{}: {}{}", head, parts, listed)

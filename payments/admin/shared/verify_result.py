"""What came of asking the gateway about payments, in words for the person who asked.

`verify_one` asks about one payment, `report` shows what came of one or many. To give a new kind of
result its words, add a branch to `_described`.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib import messages
from django.contrib.auth.models import AbstractBaseUser
from django.db.models import TextChoices
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from payments import gateway
from payments.models import Payment
from payments.services.verification.settle import Result
from payments.services.verification.verify import verify
from payments.states import EventKind, Source


class Outcome(TextChoices):
    """How one request ended; the label is its word in a count."""

    UNCHANGED = "unchanged", gettext_lazy("agrees, nothing changed")
    CHANGED = "changed", gettext_lazy("changed")
    MISMATCH = "mismatch", gettext_lazy("does not agree")
    UNKNOWN = "unknown", gettext_lazy("no answer")
    REFUSED = "refused", gettext_lazy("refused")
    NOT_ASKED = "not_asked", gettext_lazy("not asked")


FINE = {Outcome.UNCHANGED, Outcome.CHANGED}

_LEVELS = {
    Outcome.UNCHANGED: messages.SUCCESS,
    Outcome.CHANGED: messages.SUCCESS,
    Outcome.MISMATCH: messages.ERROR,
    Outcome.UNKNOWN: messages.WARNING,
    Outcome.REFUSED: messages.ERROR,
    Outcome.NOT_ASKED: messages.WARNING,
}


@dataclass(frozen=True, slots=True)
class ActionResult:
    """How a request about one payment ended, in words."""

    merchant_uid: str
    outcome: Outcome
    message: str
    in_brief: str = ""  # where a row has no room for the message

    @property
    def line(self) -> str:
        """The order number and what came of it."""
        return f"{self.merchant_uid}: {self.message}"

    @property
    def in_row(self) -> str:
        """The same where there is little room."""
        return self.in_brief or self.message


def verify_one(payment: Payment, actor: AbstractBaseUser) -> ActionResult:
    """Ask the gateway about one payment, which is given as the person saw it."""
    return in_words(payment, verify(payment=payment, source=Source.ADMIN, actor=actor))


def in_words(payment: Payment, result: Result) -> ActionResult:
    """What came of a question about this payment, which is given as it was before."""
    outcome, message = _described(payment, result)
    brief = str(gateway.in_brief(result.why)) if outcome is Outcome.UNKNOWN else ""
    return ActionResult(result.payment.merchant_uid, outcome, message, brief)


def _described(before: Payment, result: Result) -> tuple[Outcome, str]:
    if result.kind is EventKind.UNKNOWN:
        return Outcome.UNKNOWN, str(gateway.in_words(result.why))
    if result.kind is EventKind.NOT_FOUND:
        return Outcome.MISMATCH, _("The gateway knows no such payment. Nothing was changed.")
    findings = "; ".join(str(finding.label) for finding in result.findings)
    if EventKind.REFUND_CHANGED in result.kinds and findings:
        # Of another attempt: it is booked, and what it opened is still to be settled.
        words = _("Booked as the gateway tells it now. Still to be settled: %(found)s.")
        return Outcome.CHANGED, words % {"found": findings}
    if result.kind is EventKind.DISCREPANCY:
        differs = _("The gateway's answer does not agree: %(found)s.") % {"found": findings}
        # Money may have moved beside what differs.
        moved = f"{_change(before, result.payment)} " if result.moved_amount else ""
        return Outcome.MISMATCH, moved + differs
    if result.kind is EventKind.CONFIRMED and EventKind.REFUND_CHANGED not in result.kinds:
        return Outcome.UNCHANGED, _("The gateway agrees. Nothing has changed.")
    return Outcome.CHANGED, _change(before, result.payment)


def _change(before: Payment, after: Payment) -> str:
    labels = {"before": before.status_label, "after": after.status_label}
    if labels["before"] == labels["after"]:
        return _("Updated from the gateway; still %(after)s.") % labels
    return _("%(before)s → %(after)s, as the gateway says.") % labels


def not_asked(payment: Payment) -> ActionResult:
    """For what was left out because the gateway does not answer."""
    message = _("The gateway was not asked, because it did not answer about the ones before.")
    return ActionResult(payment.merchant_uid, Outcome.NOT_ASKED, message)


def report(request: HttpRequest, results: Sequence[ActionResult]) -> None:
    """Show one result as it is; of many, the counts and a list of those that are not fine."""
    if len(results) == 1:
        messages.add_message(request, _LEVELS[results[0].outcome], results[0].line)
        return
    troubled = [result for result in results if result.outcome not in FINE]
    level = messages.WARNING if troubled else messages.SUCCESS
    messages.add_message(request, level, _summary(results, troubled))


def _summary(results: Sequence[ActionResult], troubled: Sequence[ActionResult]) -> SafeString:
    counts = Counter(result.outcome for result in results)
    parts = ", ".join(
        _("%(ending)s %(count)s") % {"ending": outcome.label, "count": f"{counts[outcome]:,}"}
        for outcome in Outcome
        if counts[outcome]
    )
    head = ngettext("%(count)s payment", "%(count)s payments", len(results)) % {
        "count": f"{len(results):,}"
    }
    rows = format_html_join("", "<li>{}</li>", ((result.line,) for result in troubled))
    listed = format_html("<ul>{}</ul>", rows) if troubled else ""
    return format_html("{}: {}{}", head, parts, listed)

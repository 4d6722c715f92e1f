"""The page of one webhook: what it claimed beside what the gateway said, and what came of it.

A body proves nothing, so its claim always stands beside the gateway's own answer. To compare
another claim, add it to `_claims`; an outcome's next step is in `_NEXT`.
"""

import json
from dataclasses import dataclass

from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from payments.admin.shared.display import NOTHING, badge, code, moment, outcome_badge
from payments.admin.shared.gateway_answer import gateway_answer
from payments.models import DeliveryOutcome, Payment, PaymentEvent, WebhookDelivery
from payments.selectors.payments.timeline import answer_to
from payments.states import PaymentStatus

Value = str | SafeString

# What it means, and what to do now.
_NEXT: dict[str, str | Promise] = {
    DeliveryOutcome.RECEIVED: gettext_lazy("It is stored and waits for its turn."),
    DeliveryOutcome.APPLIED: gettext_lazy("The gateway was asked, and its answer was recorded."),
    DeliveryOutcome.HARMLESS: gettext_lazy(
        "The gateway was asked and said what was known already. There is nothing to do."
    ),
    DeliveryOutcome.MISMATCHED: gettext_lazy(
        "The gateway's answer does not agree with the order. Open the payment to see how."
    ),
    DeliveryOutcome.FORGED: gettext_lazy(
        "The gateway does not confirm what it says. Nothing was changed because of it. If there "
        "are many, look at where they come from."
    ),
    DeliveryOutcome.UNKNOWN_ORDER: gettext_lazy(
        "The gateway knows the payment, but the order is not ours. Another system may use the same "
        "account."
    ),
    DeliveryOutcome.TEST_CALL: gettext_lazy("Sent with the test button of the gateway's console."),
    DeliveryOutcome.INVALID: gettext_lazy("It could not be read, so nobody was asked."),
    DeliveryOutcome.FAILED: gettext_lazy(
        "It could not be processed, and is tried again by itself until it is given up. If it can't "
        "wait: Re-verify the payment, which asks the gateway the same question."
    ),
}


@dataclass(frozen=True, slots=True)
class Claim:
    """One thing that the body says, beside the gateway's answer."""

    label: str | Promise
    claimed: Value
    answered: Value
    verdict: SafeString | str
    differs: bool


def detail(delivery: WebhookDelivery, request: HttpRequest) -> dict[str, object]:
    """Everything that the page shows; the gateway's answer only to who may see the history."""
    event = answer_to(delivery) if request.user.has_perm("payments.view_paymentevent") else None
    may_open = request.user.has_perm("payments.view_payment")
    return {
        "title": _("Webhook"),
        "subtitle": None,
        "outcome": outcome_badge(delivery),
        "meaning": _NEXT.get(delivery.outcome, ""),
        "received": moment(delivery.received_at),
        "processed": moment(delivery.processed_at),
        "next_attempt": _next_attempt(delivery),
        "claims": _claims(delivery, event),
        "answered_at": moment(event.recorded_at) if event else "",
        "answer": gateway_answer(event) if event else None,
        "body": pretty(delivery.body),
        "payment": delivery.payment if may_open else None,
    }


def _next_attempt(delivery: WebhookDelivery) -> Value:
    if delivery.is_given_up:
        return badge("bad", _("given up"))
    return moment(delivery.next_attempt_at) if delivery.next_attempt_at else ""


def _claims(delivery: WebhookDelivery, event: PaymentEvent | None) -> list[Claim]:
    answer = event.answer_data if event else {}
    fields = (
        (Payment.label("merchant_uid"), delivery.merchant_uid, answer.get("merchant_uid")),
        (Payment.label("imp_uid"), delivery.imp_uid, answer.get("imp_uid")),
        (Payment.label("status"), delivery.claimed_status, answer.get("status")),
    )
    return [
        _claim(label, claimed, str(answered or ""), has_answer=event is not None)
        for label, claimed, answered in fields
    ]


def _claim(label: str | Promise, claimed: str, answered: str, *, has_answer: bool) -> Claim:
    differs = has_answer and bool(claimed) and claimed != answered
    verdict: Value = ""
    if has_answer and claimed:
        verdict = badge("bad", _("differs")) if differs else badge("good", _("same"))
    return Claim(label, _display(claimed), _display(answered), verdict, differs)


def _display(value: str) -> Value:
    return claimed_status(value) if value in PaymentStatus.values else code(value)


def claimed_status(value: str) -> str:
    """A status as a body spells it, with its label where it is one of the gateway's four."""
    if value in PaymentStatus.values:
        return f"{PaymentStatus(value).label} ({value})"
    return value or NOTHING


def pretty(body: str) -> str:
    """The body with its lines broken, if it is JSON; otherwise as it came."""
    try:
        return json.dumps(json.loads(body), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return body

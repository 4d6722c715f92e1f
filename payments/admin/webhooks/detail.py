"""The page of one webhook: what it claimed beside what the gateway said, and what came of it.

A body proves nothing, so its claim always stands beside the gateway's own answer. To compare
another claim, add it to `_claims`; an outcome's next step is in `_NEXT`.
"""

import json
from collections.abc import Iterator

from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from payments.admin.shared.display import NOTHING, code
from payments.admin.shared.gateway_answer import gateway_answer
from payments.models import DeliveryOutcome, Payment, PaymentEvent, WebhookDelivery
from payments.selectors.payments.timeline import answer_to
from payments.states import PaymentStatus

# The newest of them; a page can't hold any number.
REPLAYS = 20

# What it means, and what to do now.
_NEXT: dict[str, str | Promise] = {
    DeliveryOutcome.RECEIVED: gettext_lazy("It is stored and waits for its turn."),
    DeliveryOutcome.NOT_YET: gettext_lazy(
        "The gateway does not know this payment yet; it may show a moment later. The gateway is "
        "asked again by itself, and only in the end is it taken for an invention."
    ),
    DeliveryOutcome.APPLIED: gettext_lazy("The gateway was asked, and its answer was recorded."),
    DeliveryOutcome.BODY_DISAGREED: gettext_lazy(
        "The gateway was asked, and its answer was recorded for the order that it names. What was "
        "posted named another order."
    ),
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
        "wait: process it again here."
    ),
}


def detail(delivery: WebhookDelivery, request: HttpRequest) -> dict[str, object]:
    """Everything that the page shows; the gateway's answer only to who may see the history."""
    event = answer_to(delivery) if request.user.has_perm("payments.view_paymentevent") else None
    return {
        "title": _("Webhook"),
        "subtitle": None,
        "meaning": _NEXT.get(delivery.outcome, ""),
        "claims": list(_claims(delivery, event)),
        "answered_at": event.recorded_at if event else None,
        "answer": gateway_answer(event) if event else None,
        "body": pretty(delivery.body),
        "replays": delivery.replays.select_related("actor").order_by("-pk")[:REPLAYS],
    }


def _claims(delivery: WebhookDelivery, event: PaymentEvent | None) -> Iterator[tuple[object, ...]]:
    """(field, what the body says, what the gateway says, whether that is the same).

    The last is None where one of the two says nothing.
    """
    fields = {
        "merchant_uid": delivery.merchant_uid,
        "imp_uid": delivery.imp_uid,
        "status": delivery.claimed_status,
    }
    for name, claimed in fields.items():
        answered = str(event.answer_data.get(name) or "") if event else ""
        is_same = claimed == answered if event and claimed else None
        yield Payment.label(name), _display(claimed), _display(answered), is_same


def _display(value: str) -> SafeString | str:
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

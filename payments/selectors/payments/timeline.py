"""What happened to a payment: rows of the ledger and webhook deliveries, as one timeline.

Everything is bounded: a payment that was asked about for years must open as quickly as a new one.
To let a third kind of row in, merge it in `timeline` and name where its next page starts in
`Before`.
"""

from dataclasses import dataclass
from datetime import datetime
from heapq import merge

from payments.models import Payment, PaymentEvent, WebhookDelivery

# Rows on one page.
MAX_ENTRIES = 50


@dataclass(frozen=True, slots=True)
class Before:
    """Where a page of the timeline starts: below this event and below this delivery (0: newest)."""

    event: int = 0
    delivery: int = 0


@dataclass(frozen=True, slots=True)
class TimelinePage:
    """Events and deliveries merged by time, newest first; `older` is the next page's start."""

    entries: tuple[PaymentEvent | WebhookDelivery, ...]
    older: Before | None


def timeline(
    payment: Payment, *, before: Before, with_events: bool, with_deliveries: bool
) -> TimelinePage:
    """One page of what happened, of the two kinds that the reader may see."""
    events, deliveries = PaymentEvent.objects.none(), WebhookDelivery.objects.none()
    if with_events:
        events = payment.events.select_related("actor").order_by("-sequence")
    if with_deliveries:
        deliveries = payment.deliveries.order_by("-pk")
    if before.event:
        events = events.filter(sequence__lt=before.event)
    if before.delivery:
        deliveries = deliveries.filter(pk__lt=before.delivery)
    enough = MAX_ENTRIES + 1
    # Each side keeps its own order, so a page always takes the head of both.
    merged = list(merge(events[:enough], deliveries[:enough], key=_when, reverse=True))
    entries = tuple(merged[:MAX_ENTRIES])
    return TimelinePage(entries, _below(before, entries) if len(merged) > MAX_ENTRIES else None)


def _when(entry: PaymentEvent | WebhookDelivery) -> datetime:
    return entry.recorded_at if isinstance(entry, PaymentEvent) else entry.received_at


def _below(before: Before, entries: tuple[PaymentEvent | WebhookDelivery, ...]) -> Before:
    event, delivery = before.event, before.delivery
    for entry in entries:
        if isinstance(entry, PaymentEvent):
            event = entry.sequence
        else:
            delivery = entry.pk
    return Before(event, delivery)


def answer_to(delivery: WebhookDelivery) -> PaymentEvent | None:
    """The row with the gateway's answer that this delivery led to, or that was there before it.

    A forged body names one order and the gateway another: then the row is that other order's.
    """
    if not delivery.imp_uid or delivery.processed_at is None:
        return None
    bound = Payment.objects.filter(imp_uid=delivery.imp_uid).first()
    for payment in (delivery.payment, bound):
        if payment is not None:
            events = payment.events.filter(
                imp_uid=delivery.imp_uid, recorded_at__lte=delivery.processed_at
            )
            answer: PaymentEvent | None = events.exclude(answer="").order_by("-sequence").first()
            if answer is not None:
                return answer
    return None

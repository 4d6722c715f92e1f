"""The projection: what a payment's events add up to, and how its values stand in an event.

`payments.models.payment.PROJECTION` names the fields. A new one is encoded here if JSON lacks its
type.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from payments.models import Payment, PaymentEvent
from payments.models.payment import PROJECTION


def encode(changes: Mapping[str, Any]) -> dict[str, Any]:
    """Values of the projection as JSON: times as ISO 8601 in UTC, the rest as they are."""
    return {
        name: value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value
        for name, value in changes.items()
    }


def rebuilt(events: Iterable[PaymentEvent]) -> dict[str, Any]:
    """The projection as its events alone give it, encoded as `encode` does."""
    state: dict[str, Any] = {}
    for event in events:
        state.update(event.changes)
    return state


def projection(payment: Payment) -> dict[str, Any]:
    """The projection as it stands on the payment, encoded as `encode` does."""
    return encode({name: getattr(payment, name) for name in PROJECTION})

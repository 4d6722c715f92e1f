"""The projection: what a payment's events add up to, and how its values stand in an event.

`payments.models.payment.PROJECTION` names the fields. A new one is encoded here if JSON lacks its
type. What says who somebody is (`iamport.fields`) stands in an event masked, as it does in the
answer that is kept beside it: an event is for good. The payment itself holds it whole.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Protocol

from django.db.models import DateTimeField

from payments.core.masking import mask
from payments.iamport.fields import TEXTS, Mask
from payments.models import Payment
from payments.models.payment import PROJECTION

# A field that no event names is as empty as on a new row. Only these: what a default says (a
# currency, a status) is told by an event.
_DEFAULTS = {field.attname: field.get_default() for field in Payment._meta.concrete_fields}
_BLANK = {
    name: _DEFAULTS[name]
    for name in PROJECTION
    if _DEFAULTS[name] in {"", None} or _DEFAULTS[name] is False
}
_PERSONAL = frozenset(text.column for text in TEXTS if text.column and text.mask is Mask.ENDS)
_TIMES = frozenset(
    name for name in PROJECTION if isinstance(Payment._meta.get_field(name), DateTimeField)
)
# All others stand in an event as they are.
_ENCODED = tuple(_TIMES | _PERSONAL)


class Changed(Protocol):
    """An event, or what an audit reads of one."""

    @property
    def changes(self) -> Mapping[str, Any]: ...


def encode(changes: Mapping[str, Any]) -> dict[str, Any]:
    """Values of the projection as JSON: times as ISO 8601 in UTC, who somebody is masked."""
    return {
        **changes,
        **{name: _encoded(name, changes[name]) for name in _ENCODED if name in changes},
    }


def _encoded(name: str, value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return mask(value) if value and name in _PERSONAL else value


def rebuilt(events: Iterable[Changed]) -> dict[str, Any]:
    """The projection as its events alone give it, encoded as `encode` does.

    Events of before hold names whole; masked once more, a masked one stays as it is.
    """
    state: dict[str, Any] = dict(_BLANK)
    for event in events:
        state |= event.changes
    return state | {name: _encoded(name, state[name]) for name in _PERSONAL if name in state}


def is_blank(name: str, value: Any) -> bool:
    """Whether the field holds what it holds when nothing was ever told."""
    return name in _BLANK and value == _BLANK[name]


def projection(payment: Payment) -> dict[str, Any]:
    """The projection as it stands on the payment, encoded as `encode` does."""
    return encode({name: getattr(payment, name) for name in PROJECTION})

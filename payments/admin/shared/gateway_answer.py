"""The gateway's own answer as a person can read it: one line for each field that says something.

Nothing is left out: empty fields are named in one line, and the text as it came stands below. A
field that holds a unix second gets the time beside it; to name another one, add it to `_TIMES`.
"""

import json
from dataclasses import dataclass
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString

from payments.core.kst import from_unix
from payments.core.text import readable
from payments.models import PaymentEvent

from .display import moment

_TIMES = frozenset({"started_at", "paid_at", "failed_at", "cancelled_at", "vbank_date"})


@dataclass(frozen=True, slots=True)
class GatewayAnswer:
    """An answer for the template: (field, value) of what it says, the fields that say nothing."""

    fields: list[tuple[str, str | SafeString]]
    empty: str
    raw: str


def gateway_answer(event: PaymentEvent) -> GatewayAnswer | None:
    """The answer that the row holds, None if it holds none."""
    if not event.answer:
        return None
    answer = event.answer_data
    filled = {name: value for name, value in answer.items() if value not in (None, "", [], {})}
    return GatewayAnswer(
        fields=[(readable(name), _display(name, value)) for name, value in filled.items()],
        empty=", ".join(readable(name) for name in answer if name not in filled),
        raw=readable(json.dumps(answer, indent=2, ensure_ascii=False)),
    )


def _display(name: str, value: Any) -> str | SafeString:
    if name in _TIMES and (time := _time(value)):
        return format_html("{} <small>{}</small>", value, time)
    text = value if isinstance(value, str) else json.dumps(value, indent=1, ensure_ascii=False)
    return readable(text)


def _time(value: Any) -> str | SafeString:
    """The time that a unix second means; nothing for 0 ("never") and for what is no second."""
    try:
        when = from_unix(int(value))
        return moment(when) if when else ""
    except (ValueError, TypeError, OverflowError, OSError):
        return ""

"""What may be kept of a gateway's answer: everything that proves, nothing that identifies a person.

To treat a new field as personal, add it to `PERSONAL`. What is not listed is kept as it came.
"""

import json
from collections.abc import Mapping
from typing import Any

# Fields of the Payment object (contract 3) that say who somebody is.
PERSONAL = frozenset(
    {
        "buyer_name",
        "buyer_email",
        "buyer_tel",
        "buyer_addr",
        "buyer_postcode",
        "card_number",
        "customer_uid",
        "depositor_name",
        "refund_account",
        "refund_holder",
        "refund_tel",
        "user_agent",
    }
)
# Free text of the shop: may hold anything, and proves nothing.
DROPPED = frozenset({"custom_data"})


_HIDDEN = PERSONAL | DROPPED
_NESTED = (dict, list)


def mask(text: str) -> str:
    """Keep the ends of a text so that two values can still be told apart: ho***23."""
    if len(text) <= 4:
        return "***"
    return f"{text[:2]}***{text[-2:]}"


def mask_email(address: str) -> str:
    """hong@example.com -> ho***@example.com."""
    name, at, domain = address.partition("@")
    return f"{name[:2]}***{at}{domain}" if at else mask(address)


def _masked(name: str, value: Any) -> Any:
    if name in DROPPED and value:
        return "***"
    if name in PERSONAL and value:
        text = str(value)
        return mask_email(text) if name == "buyer_email" else mask(text)
    if isinstance(value, Mapping):
        return {key: _masked(key, inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_masked(name, inner) for inner in value]
    return value


def masked_answer(answer: Mapping[str, Any]) -> str:
    """The answer as canonical JSON text with personal data masked.

    ASCII with sorted keys: the same answer gives the same text, and NUL or broken surrogates, which
    a database refuses, stay harmless escapes.
    """
    kept = {
        # Most fields are neither personal nor nested; asking that here is what costs least.
        key: _masked(key, value) if key in _HIDDEN or type(value) in _NESTED else value
        for key, value in answer.items()
    }
    return json.dumps(kept, sort_keys=True, separators=(",", ":"), default=str)

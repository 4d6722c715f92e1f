"""What the ledger keeps of a gateway's answer: everything that proves, nothing that identifies.

Status, amounts, times, ids and the history of refunds are kept whole; texts by their mask in
`iamport.fields`. Of a field that is not in that table its name is kept, never its value: the
gateway may add a depositor's name any day. To keep another field, declare it there.
"""

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from payments.core.masking import mask, mask_email
from payments.iamport import fields
from payments.iamport.cards import masked_number
from payments.iamport.fields import Mask, Text
from payments.iamport.personal import HIDDEN, scrubbed

# Characters of an answer, and of the names of fields that nobody knows, so many at most.
KEPT_AT_MOST = 65_536
_LONGEST_NAME = 64
_LOOKED_THROUGH = 10_000
_UNKNOWN_AT_MOST = 100
_PLAIN = {text.name: text.limit for text in fields.TEXTS if text.mask is Mask.NONE}
_NUMBERS = frozenset({int, float, bool, type(None)})
_KNOWN = frozenset(fields.BY_NAME) | fields.WHOLE
# The ids and the status; with the numbers, times and flags all that a long answer keeps.
_ESSENTIAL = frozenset(
    text.name
    for text in fields.TEXTS
    if text.mask is Mask.NONE and text.too_long is fields.TooLong.MALFORMED
)


def kept(answer: Mapping[str, Any]) -> str:
    """The answer as canonical JSON text with personal data masked.

    ASCII with sorted keys: the same answer gives the same text, and NUL or broken surrogates, which
    a database refuses, stay harmless escapes. One that is longer than `KEPT_AT_MOST` is kept
    without its free texts and without what nobody knows.
    """
    masked = _masked(answer)
    text = _json(masked)
    return text if len(text) <= KEPT_AT_MOST else _json(_short(masked))


def _masked(answer: Mapping[str, Any]) -> dict[str, Any]:
    # Most values are of these three kinds; asking that first is what costs least.
    masked = {
        name: value
        for name, value in answer.items()
        if (value is None and name in _KNOWN)
        or (type(value) is str and len(value) <= _PLAIN.get(name, -1))
        or (type(value) in _NUMBERS and name in fields.WHOLE)
    }
    persons, unknown = _persons(answer), 0
    for name in [name for name in answer if name not in masked]:
        value = answer[name]
        if name == "cancel_history":
            masked[name] = _history(value, persons)
        elif (field := fields.BY_NAME.get(name)) is not None:
            masked[name] = _text(field, value, persons)
        elif name in fields.WHOLE:
            masked[name] = _whole(value)
        elif unknown < _UNKNOWN_AT_MOST:
            unknown += 1
            masked[_shown_name(name)] = _unknown(value)
    return masked


@lru_cache
def _shown_name(name: str) -> str:
    """Of a field that nobody knows; each answer has the same."""
    return scrubbed(name[:_LONGEST_NAME])


def _persons(answer: Mapping[str, Any]) -> tuple[str, ...]:
    deposits = answer.get("deposit_history")
    rows = deposits[: fields.REFUNDS_AT_MOST] if isinstance(deposits, list) else ()
    depositors = [row.get(fields.DEPOSITOR.name) for row in rows if isinstance(row, Mapping)]
    values = [*map(answer.get, fields.PERSONAL), *depositors]
    return tuple([value for value in values if isinstance(value, str) and value])


def _text(field: Text, value: Any, persons: tuple[str, ...]) -> Any:
    if value is None or value == "":
        return value
    if isinstance(value, dict | list):
        return HIDDEN
    text = str(value)
    match field.mask:
        case Mask.NONE:
            # A number where text is meant stays a number.
            return text[: field.limit] if isinstance(value, str) else value
        case Mask.SCRUBBED:
            return scrubbed(text[:_LOOKED_THROUGH], persons)[: field.limit]
        case Mask.ENDS:
            return mask(text)
        case Mask.EMAIL:
            return mask_email(text[: field.limit])
        case Mask.CARD:
            return masked_number(text) or HIDDEN
        case Mask.ALL:
            return HIDDEN


def _whole(value: Any) -> Any:
    """A number, a time or a flag; as text it is as long as one at most."""
    if isinstance(value, dict | list):
        return HIDDEN
    return value[:_LONGEST_NAME] if isinstance(value, str) else value


def _history(value: Any, persons: tuple[str, ...]) -> Any:
    if not isinstance(value, list):
        return _unknown(value)
    return [_refund(entry, persons) for entry in value[: fields.REFUNDS_AT_MOST]]


def _refund(entry: Any, persons: tuple[str, ...]) -> Any:
    if not isinstance(entry, Mapping):
        return _unknown(entry)
    kept_entry = {name: _whole(entry[name]) for name in fields.WHOLE_OF_REFUND if name in entry}
    for name, field in fields.BY_NAME_OF_REFUND.items():
        if name in entry:
            kept_entry[name] = _text(field, entry[name], persons)
    others = [name for name in entry if name not in kept_entry][:_UNKNOWN_AT_MOST]
    return kept_entry | {_shown_name(name): _unknown(entry[name]) for name in others}


def _unknown(value: Any) -> Any:
    """Whether a field that nobody knows says anything; not what."""
    return value if value is None or isinstance(value, bool) or value in ("", [], {}) else HIDDEN


def _short(masked: Mapping[str, Any]) -> dict[str, Any]:
    short = {
        name: value for name, value in masked.items() if name in fields.WHOLE or name in _ESSENTIAL
    }
    history = masked.get("cancel_history")
    if isinstance(history, list):
        short["cancel_history"] = [_short_refund(entry) for entry in history]
    return short


def _short_refund(entry: Any) -> Any:
    if not isinstance(entry, Mapping):
        return entry
    names = (*fields.WHOLE_OF_REFUND, "cancellation_id", "pg_tid")
    return {name: entry[name] for name in names if name in entry}


# Made once: `json.dumps` makes one for each call.
_json = json.JSONEncoder(sort_keys=True, separators=(",", ":"), default=str).encode

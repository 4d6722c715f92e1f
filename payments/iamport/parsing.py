"""From the envelope's `response` to `schemas`.

Strict on what money and identity hang on, lenient on everything else (`values`): the gateway adds
fields, methods and nulls as it likes. To read another optional field, declare it in `schemas`
(`READERS` finds it by its type) and, if it is a text, give it its limit in `fields`.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields
from functools import partial
from hashlib import sha256
from typing import Any

from .arguments import REPLACEMENT
from .cards import shown_digits
from .fields import (
    BY_NAME,
    BY_NAME_OF_REFUND,
    DEPOSITOR,
    FREE,
    LIMITS,
    PERSONAL,
    REFUNDS_AT_MOST,
)
from .schemas import (
    FILED_BY,
    Cancellation,
    GatewayPayment,
    Money,
    Page,
    Prepared,
    PrepareOutcome,
    Row,
    Unreadable,
)
from .values import (
    LATEST,
    UNUSABLE,
    ShapeError,
    amount_of,
    flag,
    flag_or_none,
    free_text,
    json_object,
    limited,
    required_flag,
    required_text,
    text,
    whole,
    whole_or_none,
)

_LONGEST_NAME = 64  # of a row that is set aside; more than any id may have
_NAMES_CARD = ("card_code", "card_name", "card_number")
_REQUIRED = ("imp_uid", "merchant_uid", "status", "amount", "cancel_amount", "currency", "sandbox")
# Through whom money moves.
_WAYS = ("pay_method", "pg_provider", "pg_id", "pg_tid")


def payment(response: Any, where: str = "response") -> GatewayPayment:
    """A payment; required fields as in contract 3."""
    row = json_object(response, where)
    currency = required_text(row, "currency", where)
    optional = _optional(row)
    optional |= _of_card(optional)
    depositor = _depositor(row)
    persons = tuple(filter(None, (depositor, *(optional[name] for name in PERSONAL))))
    for name in FREE:
        if optional[name]:
            optional[name] = free_text(BY_NAME[name], optional[name], persons)
    history = _history(row, where, currency, persons)
    if history and not optional["cancelled_at"]:
        # The last refund's time (contract 3), where the payment itself lacks it.
        optional["cancelled_at"] = history[-1].cancelled_at
    return GatewayPayment(
        imp_uid=required_text(row, "imp_uid", where),
        merchant_uid=required_text(row, "merchant_uid", where),
        status=required_text(row, "status", where),
        amount=amount_of(row, "amount", where, currency),
        cancel_amount=amount_of(row, "cancel_amount", where, currency),
        currency=currency,
        sandbox=required_flag(row, "sandbox", where),
        cancel_history=history,
        depositor_name=depositor,
        raw=row,
        **optional,
    )


def _optional(row: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that may be missing. Most are null, whatever the pay method: read once for all."""
    told = {
        name: read(value)
        for name, value in row.items()
        if value is not None and (read := READERS.get(name)) is not None
    }
    return _NOT_TOLD | told


def _of_card(texts: Mapping[str, Any]) -> dict[str, Any]:
    """What follows from how an answer names its card."""
    first6, last4 = shown_digits(str(texts.get("card_number", "")))
    quota = texts.get("card_quota")
    if not any(texts.get(name) for name in _NAMES_CARD):
        # Other methods send 0, too, and so may a poorer answer: it is no lump sum then.
        quota = quota or None
    return {"card_first6": first6, "card_last4": last4, "card_quota": quota}


def told_values(row: Mapping[str, Any]) -> dict[str, Any]:
    """What an answer that was kept tells, by the names of `schemas`; what it lacks is left out.

    It was read once, so nothing is refused: a value that is none any more is its text.
    """
    values = {name: _lenient(read, row[name]) for name, read in READERS.items() if name in row}
    values |= {name: row[name] for name in _REQUIRED if name in row}
    history = row.get("cancel_history")
    entries = history if isinstance(history, list) else []
    told = [_entry(one) for one in entries if isinstance(one, dict)]
    told.sort(key=lambda entry: entry.cancelled_at)
    values["cancel_history"] = tuple(told)
    if told and not values.get("cancelled_at"):
        values["cancelled_at"] = told[-1].cancelled_at
    if depositor := _depositor(dict(row)):
        values["depositor_name"] = depositor
    return values | _of_card(values)


def _lenient(read: Callable[[Any], Any], value: Any) -> Any:
    try:
        return read(value)
    except ShapeError:
        return str(value)


def _entry(row: dict[str, Any]) -> Cancellation:
    """One refund as it was kept."""
    texts = {name: str(row[name]) for name in BY_NAME_OF_REFUND if row.get(name)}
    return Cancellation(row.get("amount", 0), whole(row.get("cancelled_at")), **texts)


def money(response: Any, where: str = "response") -> Money:
    """Of a payment what moves money; read as `payment` reads it."""
    row = json_object(response, where)
    currency = required_text(row, "currency", where)
    history = _history(row, where, currency, ())
    cancelled_at = whole(row.get("cancelled_at"))
    if history and not cancelled_at:
        cancelled_at = history[-1].cancelled_at
    return Money(
        imp_uid=required_text(row, "imp_uid", where),
        status=required_text(row, "status", where),
        amount=amount_of(row, "amount", where, currency),
        cancel_amount=amount_of(row, "cancel_amount", where, currency),
        sandbox=required_flag(row, "sandbox", where),
        paid_at=whole(row.get("paid_at")),
        cancelled_at=cancelled_at,
        cancel_history=history,
        **{name: limited(BY_NAME[name], row.get(name)) for name in _WAYS},
    )


def rows(response: Any, where: str = "response") -> tuple[Row, ...]:
    """A list of payments; a row that can't be read is set aside by whatever it says it is.

    Two rows of one id that differ contradict each other, so neither is believed.
    """
    if not isinstance(response, list):
        raise ShapeError(f"{where} is not a list")
    read: dict[str, Row] = {}
    for index, item in enumerate(response):
        row = _row(item, f"{where}[{index}]")
        key = row.imp_uid or f"{index}\0"
        before = read.get(key)
        read[key] = row if before in (None, row) else _contradicted(key, before, row)
    return tuple(read.values())


def batch(response: Any, asked: frozenset[str]) -> dict[str, Row]:
    """A list of payments by imp_uid, none of which was not asked for by either id.

    A row that does not say who it is could be any of them, so the whole is then unknown.
    """
    by_id = {row.imp_uid: row for row in rows(response)}
    for imp_uid, row in by_id.items():
        if imp_uid not in asked and getattr(row, "merchant_uid", "") not in asked:
            raise ShapeError("response holds a payment that was not asked for")
    return by_id


def page(response: Any, merchant_uid: str = "") -> Page:
    """A page object. `total` is how many rows the whole list has (contract 2.6).

    With a `merchant_uid`, rows of other orders are set aside: nobody asked for them.
    """
    row = json_object(response, "response")
    total = row.get("total")
    if type(total) is not int or total < 0:
        raise ShapeError("response.total is not a count")
    listed = rows(row.get("list"), "response.list")
    if merchant_uid:
        listed = tuple(_of_order(row, merchant_uid) for row in listed)
    return Page(listed, size=len(row["list"]), total=total)


def _of_order(row: Row, merchant_uid: str) -> Row:
    if isinstance(row, GatewayPayment) and row.merchant_uid != merchant_uid:
        return Unreadable("it belongs to another order than the one asked for", row.imp_uid)
    return row


def _row(item: Any, where: str) -> Row:
    try:
        return payment(item, where)
    except ShapeError as error:
        return _set_aside(item, str(error))


def _set_aside(item: Any, why: str) -> Unreadable:
    """What such a row says of itself, as far as it can be read.

    What is unusable in its id is replaced, not left out: that might leave the id of another
    payment. One that is cut is still too long to be anybody's.
    """
    row = item if isinstance(item, dict) else {}
    imp_uid, status = (_text_or_none(row.get(name)) for name in ("imp_uid", "status"))
    return Unreadable(
        why,
        imp_uid=UNUSABLE.sub(REPLACEMENT, imp_uid)[:_LONGEST_NAME],
        status=status[:_LONGEST_NAME],
        filed_at=whole(row.get(FILED_BY.get(status, "started_at"))),
        fingerprint="" if imp_uid else _fingerprint(item),
    )


def _fingerprint(item: Any) -> str:
    try:
        content = json.dumps(item, sort_keys=True, default=str)
    except (RecursionError, ValueError):  # nested too deeply, or a number of too many digits
        content = ""
    return sha256(content.encode()).hexdigest()


def _contradicted(imp_uid: str, *rows: Row) -> Unreadable:
    statuses = {row.status for row in rows}
    status = statuses.pop() if len(statuses) == 1 else ""
    return Unreadable("two rows of one id contradict each other", imp_uid, status)


def _text_or_none(value: Any) -> str:
    return value if isinstance(value, str) and value.strip() else ""


def prepared(response: Any, outcome: PrepareOutcome, asked: Mapping[str, Any]) -> Prepared:
    """A pre-registration. A null currency is "not checked", and then the amount is in won.

    It must be about what was `asked`, as far as that says: an order, an amount, a currency.
    """
    row = json_object(response, "response")
    currency = text(row.get("currency")) or None
    held = Prepared(
        merchant_uid=required_text(row, "merchant_uid", "response"),
        amount=amount_of(row, "amount", "response", currency or "KRW"),
        currency=currency,
        outcome=outcome,
    )
    for name, value in asked.items():
        if getattr(held, name) != value:
            raise ShapeError(f"response.{name} is not what was asked for")
    return held


def refunded(response: Any, imp_uid: str, left: int) -> GatewayPayment:
    """The payment after a refund: the one that was asked about, with so much `left` of it."""
    answer = payment(response)
    if answer.imp_uid != imp_uid or answer.status != "cancelled" or answer.remaining != left:
        raise ShapeError("response is not the refund that was asked for")
    return answer


def token(response: Any) -> tuple[str, int, int]:
    """The access token, its life in seconds and the unix second it is there (contract 1.1)."""
    row = json_object(response, "response")
    value = required_text(row, "access_token", "response")
    if not (value.isascii() and value.isprintable()) or " " in value:
        raise ShapeError("response.access_token is not fit for a header")
    life = whole(row.get("expired_at")) - whole(row.get("now"))
    if not whole(row.get("now")) or life <= 0:
        raise ShapeError("response.expired_at is not after response.now")
    return value, life, whole(row.get("now"))


def _history(
    row: dict[str, Any], where: str, currency: str, persons: tuple[str, ...]
) -> tuple[Cancellation, ...]:
    where, rows = f"{where}.cancel_history", row.get("cancel_history")
    if not rows:
        return ()
    if not isinstance(rows, list):
        raise ShapeError(f"{where} is not a list")
    if len(rows) > REFUNDS_AT_MOST:
        raise ShapeError(f"{where} has more than {REFUNDS_AT_MOST} entries")
    entries = [
        _cancellation(entry, f"{where}[{index}]", currency, persons)
        for index, entry in enumerate(rows)
    ]
    # The contract does not say in which order they come (contract 3.4).
    return tuple(sorted(entries, key=lambda entry: entry.cancelled_at))


def _cancellation(value: Any, where: str, currency: str, persons: tuple[str, ...]) -> Cancellation:
    row = json_object(value, where)
    texts = {name: limited(field, row.get(name)) for name, field in BY_NAME_OF_REFUND.items()}
    texts["reason"] = free_text(BY_NAME_OF_REFUND["reason"], texts["reason"], persons)
    return Cancellation(
        amount=amount_of(row, "amount", where, currency),
        cancelled_at=whole(row.get("cancelled_at")),
        **texts,
    )


def _depositor(row: dict[str, Any]) -> str:
    """Who paid in last; words for people, so whatever is no list of deposits says nothing."""
    deposits = row.get("deposit_history")
    if not isinstance(deposits, list):
        return ""
    told = [one for one in deposits[:REFUNDS_AT_MOST] if isinstance(one, dict)]
    told.sort(key=lambda one: whole(one.get("deposited_at")))
    names = (limited(DEPOSITOR, one.get(DEPOSITOR.name)) for one in reversed(told))
    return next(filter(None, names), "")


def _reader(name: str, kind: Any) -> Callable[[Any], Any] | None:
    """How an optional field of this type is read."""
    if kind is str and name in BY_NAME:
        return partial(limited, BY_NAME[name])
    if kind == int | None:
        return partial(whole_or_none, most=LIMITS.get(name, LATEST))
    return {int: whole, bool: flag, bool | None: flag_or_none}.get(kind)


# The optional fields of a payment; the required ones and the two histories are read in `payment`.
READERS: dict[str, Callable[[Any], Any]] = {
    field.name: read
    for field in fields(GatewayPayment)
    if field.default is not MISSING and (read := _reader(field.name, field.type)) is not None
}
_NOT_TOLD = {name: read(None) for name, read in READERS.items()}

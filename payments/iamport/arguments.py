"""What may be sent at all: every check that raises ValueError before a call is made.

An empty id must never get as far as a URL: `/payments/` + "" is another resource, and a look-up of
nothing would be answered with somebody's payments. Limits: contract 2.7, and `fields`.
"""

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from .errors import NotAnId
from .fields import LIMITS

REASON_LIMIT = 256
PAGE_LIMIT = 1000
REPLACEMENT = "\ufffd"  # stands for a character that can't be stored, so an id with it is nobody's

STATUSES = frozenset({"ready", "paid", "failed", "cancelled"})
SORTINGS = frozenset({"-started", "started", "-paid", "paid", "-updated", "updated"})


def imp_uid(value: str) -> str:
    return _identifier("imp_uid", value)


def is_imp_uid(value: str) -> bool:
    """Whether this can be an id of an attempt, and so may be asked about."""
    try:
        return bool(imp_uid(value))
    except NotAnId:
        return False


def merchant_uid(value: str) -> str:
    return _identifier("merchant_uid", value)


def imp_uids(values: Iterable[str]) -> list[str]:
    return [imp_uid(value) for value in _distinct("imp_uids", values)]


def merchant_uids(values: Iterable[str]) -> list[str]:
    return [merchant_uid(value) for value in _distinct("merchant_uids", values)]


def won(name: str, value: int) -> int:
    """Whole won above zero: a cancel of zero is a full refund (contract 2.7)."""
    if isinstance(value, bool) or not isinstance(value, int) or value <= 0:
        raise ValueError(f"{name} must be a whole number above 0")
    return int(value)


def currency(value: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("currency is missing")
    return value


def reason(value: str) -> str:
    if not isinstance(value, str) or len(value) > REASON_LIMIT:
        raise ValueError(f"reason must be text of at most {REASON_LIMIT} characters")
    return value


def status(value: str, *, allow_all: bool = False) -> str:
    if value not in STATUSES and not (allow_all and value == "all"):
        raise ValueError("status must be one of " + ", ".join(sorted(STATUSES)))
    return value


def sorting(value: str) -> str:
    if value not in SORTINGS:
        raise ValueError("sorting must be one of " + ", ".join(sorted(SORTINGS)))
    return value


def page_size(value: int) -> int:
    if won("limit", value) > PAGE_LIMIT:
        raise ValueError(f"limit must be at most {PAGE_LIMIT}")
    return value


def span(from_: int, to: int) -> tuple[int, int]:
    """Two unix seconds, the first not after the second."""
    for value in (from_, to):
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            raise ValueError("from_ and to must be unix seconds")
    if from_ > to:
        raise ValueError("from_ is after to")
    return from_, to


def base(api_url: str) -> str:
    """The URL that paths are put behind; it shows in logs and repr, so no password in it."""
    parts = urlsplit(api_url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("api_url must be an http(s) address")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ValueError("api_url must hold no user, password, query or fragment")
    return api_url.rstrip("/")


def preparation(uid: str, amount: int, unit: str) -> dict[str, Any]:
    """The body of POST and PUT /payments/prepare (contract 2.1)."""
    return {
        "merchant_uid": merchant_uid(uid),
        "amount": won("amount", amount),
        "currency": currency(unit),
    }


def _identifier(name: str, value: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise NotAnId(f"{name} is missing")
    if len(value) > LIMITS[name]:
        raise NotAnId(f"{name} is longer than {LIMITS[name]} characters")
    if REPLACEMENT in value or "\0" in value:
        raise NotAnId(f"{name} holds characters that no id has")
    # Percent-encoding leaves dots alone, and HTTP clients resolve /payments/.. themselves.
    if value in (".", ".."):
        raise NotAnId(f"{name} is not an id")
    return value


def _distinct(name: str, values: Iterable[str]) -> list[str]:
    if isinstance(values, str):
        raise ValueError(f"{name} must be a list of ids, not one id")
    return list(dict.fromkeys(values))

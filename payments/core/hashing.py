"""SHA-256 over rows that must not be changed: a ledger's events, a day's close."""

import hashlib
from collections.abc import Iterable


def chained(fields: Iterable[object]) -> str:
    """The hash over these fields as text; the predecessor's hash is one of them.

    Each field is preceded by its length, so that no text can be moved from one field to the next
    without changing the hash.
    """
    texts = [str(value) for value in fields]
    # Of most rows every text is as long in bytes as in signs.
    if "".join(texts).isascii():
        return of_text("".join([f"{len(text)}:{text}" for text in texts]))
    return of_text("".join([f"{len(text.encode())}:{text}" for text in texts]))


def of_text(text: str) -> str:
    """The hash over one text."""
    return hashlib.sha256(text.encode()).hexdigest()

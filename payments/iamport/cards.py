"""What of a card's number may be kept: its first six and last four digits, as on a receipt.

The PG masks the number in its own way (contract 3: `card_number`), or forgets to. Whatever comes,
no more than these digits leaves this module. To read another way of masking: extend `_NUMBER`.
"""

import re

FIRST, LAST = 6, 4

# Of 12 signs or more, so that two ends never are the whole number.
_NUMBER = re.compile(r"[0-9*xX\u2022\u25cf]{12,24}")
_BETWEEN = re.compile(r"[\s-]")
_HIDDEN = re.compile(r"[^0-9]+")
STAR = "*"


def shown_digits(number: str) -> tuple[str, str]:
    """The digits at its two ends, at most six and four; none of what is no card's number."""
    return _shown(_BETWEEN.sub("", number)) if number else ("", "")


def _shown(signs: str) -> tuple[str, str]:
    if not _NUMBER.fullmatch(signs):
        return "", ""
    shown = _HIDDEN.split(signs)
    return shown[0][:FIRST], shown[-1][-LAST:]


def masked_number(number: str) -> str:
    """The number with stars between the two ends, "" for what is no card's number."""
    signs = _BETWEEN.sub("", number)
    first, last = _shown(signs)
    hidden = len(signs) - len(first) - len(last)
    return f"{first}{STAR * hidden}{last}" if first or last else ""

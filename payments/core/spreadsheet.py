"""What Excel and its like would make of a text in a CSV: the apostrophe that keeps it a text.

A spreadsheet runs what looks like a formula and turns what looks like a number, a day or a truth
into one: 00123456 loses its zeros, 12E45678 becomes endless, 1-2 the second of January, and of 16
digits the last is gone. An apostrophe in front keeps the text as it is, so the data is unchanged
otherwise; search and import take it off again (`unguarded`, `core.text.plain_id`). To know one more
kind of text: a line in `_CHANGED`.
"""

import re
import unicodedata
from functools import lru_cache

from .text import readable

APOSTROPHE = "'"
# Digits from which on a spreadsheet forgets some.
_MOST_DIGITS = 15
_MONTH = (
    "(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|"
    "sep(?:t(?:ember)?)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)

# A text that starts with one of these is run, also after blanks.
_FORMULA = re.compile(r"[\s\u200b\ufeff]*[=+\-@\u2212]|[^\S\t\r\n]*[\t\r\n]")
# A text that is, as a whole, something else to a spreadsheet. Signs are those of NFKC.
_CHANGED = re.compile(
    "|".join(
        [
            r"\s.*|.*\s",  # blanks at an end, which are cut off
            r"0\d+(?:\.\d*)?",  # leading zeros
            rf"(?:\d\.?){{{_MOST_DIGITS + 1},}}",  # more digits than it keeps
            r"\d+\.\d*0|\.\d+|\d+\.",  # zeros and points that go
            r"[\d.,]+e[+-]?\d+",  # times ten to the power of
            r"\d{1,3}(?:,\d{3})+(?:\.\d+)?",  # thousands
            r"[$₩€£¥]\s?[\d.,]+|[\d.,]+\s?[%원]|\([\d.,]+\)",  # money, parts, below zero
            r"\d{1,4}\s?[-/]\s?\d{1,2}(?:\s?[-/]\s?\d{1,4})?",  # days
            r"\d{1,4}\.\s?\d{1,2}\.\s?\d{1,4}\.?",
            r"\d+\s\d+/\d+",  # halves and thirds
            rf"\d{{1,4}}[\s-]*{_MONTH}(?:[\s,./-]*\d{{1,4}})?",  # 2-Mar
            rf"{_MONTH}[\s,./-]*\d{{1,4}}(?:[\s,-]+\d{{1,4}})?",  # SEPT2
            r"(?:\d{2,4}년)?\s?(?:\d{1,2}월)?\s?(?:\d{1,2}일)?",  # 4월 1일
            r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}\s\d{1,2}:.*",  # days with a time
            r"\d+:\d{1,2}(?::\d{1,2}(?:[.,]\d*)?)?(?:\s?[ap]m?)?|\d{1,2}\s[ap]m?",  # times
            r"(?:오전|오후)\s?\d+.*|\d{1,2}시(?:\s?\d{1,2}분)?(?:\s?\d{1,2}초)?",
            r"true|false|참|거짓",
            r"#(?:n/a|ref!|value!|div/0!|name\?|num!|null!)",  # its own errors
        ]
    ),
    re.IGNORECASE | re.DOTALL,
)
# With one of these in front nothing above is to be feared: most codes and words.
_SAFE_START = frozenset("bcghiklpqruvwxyzBCGHIKLPQRUVWXYZ")
# What is left of letters and digits without the digits at both ends, where more has to be asked:
# a number, a power of ten, a truth, a month. Of an order number much more is left.
_SUSPECT = re.compile(rf"|e|true|false|{_MONTH}", re.IGNORECASE)


@lru_cache(maxsize=2_048)
def guarded(text: str) -> str:
    """The text as a cell: with an apostrophe if it would be changed, control signs replaced."""
    if text.isascii() and _is_harmless(text):
        return text
    usable = readable(text)
    return f"{APOSTROPHE}{usable}" if _is_changed(usable) else usable


def unguarded(cell: str) -> str:
    """The text that `guarded` made a cell of."""
    text = cell.removeprefix(APOSTROPHE)
    return text if text != cell and guarded(text) == cell else cell


def _is_harmless(text: str) -> bool:
    """Whether a look at it is enough, as with most ids, codes and words."""
    if text.isalnum():
        return not _SUSPECT.fullmatch(text.strip("0123456789"))
    return text[:1] in _SAFE_START and text.isprintable() and text[-1] != " "


def _is_changed(text: str) -> bool:
    if text.isascii():
        return bool(text and (_FORMULA.match(text) or _CHANGED.fullmatch(text)))
    narrow = unicodedata.normalize("NFKC", text)
    # Digits of another width become those of a number.
    return narrow.isdigit() or bool(_FORMULA.match(narrow) or _CHANGED.fullmatch(narrow))

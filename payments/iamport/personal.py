"""Personal data in texts that people write: found by its look, or because the answer names it.

A PG quotes what it likes in a reason, and what is kept is kept for good. To find another kind,
add its pattern to `_NUMBERS`.
"""

import re
import unicodedata
from collections.abc import Iterable

HIDDEN = "***"

# Nothing before it that would make it the end of an id, such as StdpayCARDtest2026040112345678.
_ALONE = r"(?<![0-9A-Za-z_*-])"
# Between two figures: what people, programs and copies put there, seen or not.
_GAP = r"[\s.\-/\u2010-\u2015\u2212\u200b-\u200d\u2060\ufeff]{0,3}"
_AT = re.compile("[@\uff20]")
_FIGURE = re.compile(r"\d")
_ADDRESSES = (
    # Of e-mail; those with Korean in them after the others, which Korean may run on to.
    re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+"),
    re.compile(r"[\w.%+-]+@[\w-]+(?:\.[\w-]+)+"),
)
_NUMBERS = (
    # Cards, whole or with stars in them; 13 digits are a resident's number as well.
    re.compile(rf"{_ALONE}\d(?:{_GAP}[\d*]){{12,18}}(?![\d*])"),
    # Telephones: +82 10-1234-5678, 01012345678, (02) 123-4567.
    re.compile(
        rf"{_ALONE}(?:\+82{_GAP}\d{{1,2}}|0\d{{1,2}}|\(0\d{{1,2}}\)){_GAP}\d{{3,4}}{_GAP}\d{{4}}(?!\d)"
    ),
    # Bank accounts: 110-123-456789. Ten digits or more, so no date.
    re.compile(rf"{_ALONE}(?=(?:-?\d){{10,16}}(?!\d))\d{{2,6}}(?:-\d{{2,7}}){{2,3}}(?![\d-])"),
)
_ASCII = re.compile(r"[ -~]+")
# Full-width signs: a pattern looks at the text as if they were plain.
_NARROW = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_WIDE = re.compile("[\uff01-\uff5e]")


def scrubbed(text: str, persons: Iterable[str] = ()) -> str:
    """The text without what looks personal, and without `persons`, whatever they look like."""
    text = text if text.isascii() else unicodedata.normalize("NFC", text)
    for person in persons:
        name = unicodedata.normalize("NFC", person)
        if len(name) > 1 and name.casefold() in text.casefold():
            text = _whole_words(name).sub(HIDDEN, text)
    # Without an @, or a figure, they would look from every letter on.
    addresses = _ADDRESSES if _AT.search(text) else ()
    numbers = _NUMBERS if _FIGURE.search(text) else ()
    for pattern in (*addresses, *numbers):
        text = _hidden(pattern, text)
    return text


def _hidden(pattern: re.Pattern[str], text: str) -> str:
    """Without what the pattern finds, whatever the width of its signs."""
    plain = text.translate(_NARROW) if _WIDE.search(text) else text
    found = [match.span() for match in pattern.finditer(plain)]
    for start, end in reversed(found):
        text = f"{text[:start]}{HIDDEN}{text[end:]}"
    return text


def _whole_words(person: str) -> re.Pattern[str]:
    """Korean runs on after a name (김철수님); a Latin name is not a part of a longer word."""
    if _ASCII.fullmatch(person):
        name = rf"(?<![0-9A-Za-z]){re.escape(person)}(?![0-9A-Za-z])"
        return re.compile(name, re.IGNORECASE)
    return re.compile(re.escape(person), re.IGNORECASE)

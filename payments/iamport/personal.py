"""Personal data in texts that people write: found by its look, or because the answer names it.

A PG quotes what it likes in a reason, and what is kept is kept for good. To find another kind,
add its pattern to `_PATTERNS`.
"""

import re
from collections.abc import Iterable

HIDDEN = "***"

# Nothing before it that would make it the end of an id, such as StdpayCARDtest2026040112345678.
_ALONE = r"(?<![0-9A-Za-z_*-])"
_GAP = r"[ .\-]?"
_PATTERNS = (
    # E-mail addresses.
    re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+"),
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


def scrubbed(text: str, persons: Iterable[str] = ()) -> str:
    """The text without what looks personal, and without `persons`, whatever they look like."""
    for person in persons:
        if len(person) > 1 and person in text:
            text = _whole_words(person).sub(HIDDEN, text)
    for pattern in _PATTERNS:
        text = pattern.sub(HIDDEN, text)
    return text


def _whole_words(person: str) -> re.Pattern[str]:
    """Korean runs on after a name (김철수님); a Latin name is not a part of a longer word."""
    if _ASCII.fullmatch(person):
        return re.compile(rf"(?<![0-9A-Za-z]){re.escape(person)}(?![0-9A-Za-z])")
    return re.compile(re.escape(person))

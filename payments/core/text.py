"""Text from outside, fit to be kept: what any database takes, and the numbers that it may hold.

And sentences for people that hold a number: it stands in its constant alone.
"""

from django.utils.functional import Promise, keep_lazy_text

# The largest id that a database has.
MAX_ID = 2**63 - 1


def clean(text: str, limit: int | None = None) -> str:
    """Text that any database takes: no NUL, no half surrogates, at most `limit` characters."""
    usable = text.replace("\x00", "").encode("utf-8", "ignore").decode("utf-8")
    return usable[:limit]


def clean_lines(text: str) -> str:
    """What a person wrote into a text area: clean, with line breaks of one kind, no blank ends."""
    return clean(text).replace("\r\n", "\n").strip()


def whole_number(text: str | None) -> int | None:
    """The number that a parameter holds, 0 to `MAX_ID`; None for anything that is none."""
    if not text or not (text.isascii() and text.isdigit() and len(text) <= len(str(MAX_ID))):
        return None
    number = int(text)
    return number if number <= MAX_ID else None


@keep_lazy_text
def filled(sentence: str | Promise, **values: object) -> str:
    """A sentence with its `%(name)s` filled in; one that is translated late is filled in late."""
    return str(sentence) % values

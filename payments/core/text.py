"""Text from outside: fit to be kept, fit to be shown, and found again as people paste and type it.

And sentences for people that hold a number: it stands in its constant alone. What a spreadsheet
would make of a text is in `core.spreadsheet`.
"""

import re
import unicodedata

from django.utils.functional import Promise, keep_lazy_text

# The largest id that a database has.
MAX_ID = 2**63 - 1
# What stands in the place of a sign that can't be there, as decoders have it.
REPLACEMENT = "\ufffd"

# They turn the signs around them about: "exe.gpj" reads as "jpg.exe".
_TURNING = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
# Control signs but for tab and line ends, line ends that no log expects, half surrogates.
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
# What comes along with a copy and nobody sees: zero-width signs, a soft hyphen, a byte order mark.
_INVISIBLE = re.compile("[\u00ad\u034f\u180e\u200b-\u200f\u2060-\u2064\ufeff]|" + _TURNING.pattern)
# Full-width signs of a Korean or Japanese keyboard, and its comma.
_NARROW = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {ord("、"): ord(",")}
# Around an id: of a letter, a chat, a program, and the apostrophe of our own CSV.
_QUOTES = "\"'`´‘’‚‛“”„‟«»"
# The same in pairs; a bracket at one end alone may belong to an order number.
_PAIRS = {
    "<": ">",
    "(": ")",
    "[": "]",
    "{": "}",
    "「": "」",
    "『": "』",
    "《": "》",
    "〈": "〉",
    "【": "】",
}
_BETWEEN_IDS = re.compile(r"[\s,;]+")


def clean(text: str, limit: int | None = None) -> str:
    """Text that any database takes and any page may show, at most `limit` characters.

    Without NUL and other control signs, half surrogates, and what turns the reading direction.
    """
    # Most text is: looking at it costs less than replacing nothing.
    usable = text if text.isprintable() else _TURNING.sub("", _CONTROL.sub("", text))
    return usable[:limit]


def clean_lines(text: str) -> str:
    """What a person wrote into a text area: clean, with line breaks of one kind, no blank ends."""
    return clean(composed(text)).replace("\r\n", "\n").strip()


def readable(text: str) -> str:
    """The same where a sign that can't be there must not just be gone: it is replaced.

    So that "1<NUL>" does not become the number 1, but something that is none.
    """
    return text if text.isprintable() else _TURNING.sub("", _CONTROL.sub(REPLACEMENT, text))


def composed(text: str) -> str:
    """As Windows writes it (NFC): 한, where a Mac's file names have ㅎ, ㅏ and ㄴ (NFD)."""
    return unicodedata.normalize("NFC", text)


def spellings(text: str) -> list[str]:
    """The text composed and taken apart: a row of before may hold either."""
    return list(dict.fromkeys(unicodedata.normalize(form, text) for form in ("NFC", "NFD")))


def plain(text: str) -> str:
    """The text as it was meant: composed, without invisible signs, with blanks of one kind."""
    return " ".join(composed(_INVISIBLE.sub("", text)).split())


def plain_id(text: str) -> str:
    """One id as it was meant: besides, in plain letters and digits and without quotes around it.

    A comma after it goes, and so does the apostrophe in front that our own CSVs have.
    """
    stripped = plain(text).translate(_NARROW).strip(f"{_QUOTES},; ")
    while len(stripped) > 1 and _PAIRS.get(stripped[0]) == stripped[-1]:
        stripped = stripped[1:-1].strip(f"{_QUOTES},; ")
    return stripped


def ids(text: str) -> list[str]:
    """The ids in a text, each once: a pasted column, or some with commas between them."""
    return list(dict.fromkeys(_pieces(text)))


def several_ids(text: str) -> list[str]:
    """The ids in a text that holds several and nothing else, [] for any other text.

    An id, or an e-mail address, has a digit, an underscore or an @ in it; a name has none.
    """
    pieces = _pieces(text)
    # One that stands there twice is no text with a blank in it either.
    is_list = len(pieces) > 1 and all(map(_is_id, pieces))
    return list(dict.fromkeys(pieces)) if is_list else []


def _pieces(text: str) -> list[str]:
    pieces = _BETWEEN_IDS.split(plain(text).translate(_NARROW))
    return list(filter(None, map(plain_id, pieces)))


def _is_id(piece: str) -> bool:
    return any(sign.isdigit() or sign in "_@" for sign in piece)


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


def web_url(text: str) -> str:
    """The text if it is an address of the web, else "": a `javascript:` link reaches no page."""
    return text if text.startswith(("https://", "http://")) else ""

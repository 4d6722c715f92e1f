"""What a person writes into the search box: words such as `status:paid`, and plain text.

Nothing is guessed: a field that is not known and a value that makes no sense are problems, and a
search with a problem finds nothing. To understand another word, add it to `_WORDS` and to the help
beneath the box (filters.html).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from django.db.models import Q
from django.utils.translation import gettext as _

from payments.core.masking import mask_email
from payments.core.money import as_won
from payments.core.text import ids, plain, plain_id, several_ids
from payments.selectors.payments.flags import Shown, shown_as
from payments.selectors.payments.search import (
    LAST_DIGITS,
    approved_as,
    called_by_pg,
    card_ending,
    numbered,
    phone_ending,
)
from payments.states import PaymentStatus

_WORD = re.compile(r"""([^\W\d]\w*)[:：]("[^"]*"|\S*)|\S+""")
# Of a letter or a Korean keyboard.
_CURLY = str.maketrans("“”„‟＂", '"' * 5)
_BETWEEN = re.compile(r"([,;])")
# More than fit into an address; each may be the beginning of an order number.
MAX_IDS = 200
_AMOUNT = re.compile(r"(>=|<=|>|<|=|)([\d,]+)")
_LOOKUPS = {">=": "gte", "<=": "lte", ">": "gt", "<": "lt", "=": "exact", "": "exact"}


@dataclass(slots=True)
class Search:
    """A search that is read. `emails` and `names` still have to be looked up among customers."""

    words: list[str] = field(default_factory=list)
    conditions: list[Q] = field(default_factory=list)
    emails: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The plain text in it."""
        return " ".join(self.words)


def _one_of(column: str, known: list[str]) -> Callable[[str], Q]:
    def read(value: str) -> Q:
        values = value.lower().split(",")
        if not set(values) <= set(known):
            raise ValueError(_("use %(known)s") % {"known": ", ".join(known)})
        return Q(**{f"{column}__in": values})

    return read


def _verified_as(value: str) -> Q:
    _one_of("verification", Shown.values)(value)
    return shown_as(value.lower().split(","))


def _codes(column: str) -> Callable[[str], Q]:
    return lambda value: Q(**{f"{column}__in": value.lower().split(",")})


def _ids(column: str) -> Callable[[str], Q]:
    return lambda value: Q(**{f"{column}__in": ids(value)})


def _ending(found_by: Callable[[str], Q]) -> Callable[[str], Q]:
    def read(value: str) -> Q:
        if len(value) != LAST_DIGITS or not (value.isascii() and value.isdigit()):
            raise ValueError(_("use the last four digits"))
        return found_by(value)

    return read


def _amount(value: str) -> Q:
    match = _AMOUNT.fullmatch(value)
    try:
        won = as_won(match[2] if match else value)
    except ValueError:
        raise ValueError(_("use whole won, such as 10000, >=10000 or <50000")) from None
    return Q(**{f"amount__{_LOOKUPS[match[1] if match else '']}": won})


_WORDS: dict[str, Callable[[str], Q]] = {
    "order": lambda value: numbered(ids(value)),
    "imp": _ids("imp_uid"),
    "approval": lambda value: approved_as(ids(value)),
    "tid": lambda value: called_by_pg(ids(value)),
    "card": _ending(card_ending),
    "phone": _ending(phone_ending),
    "status": _one_of("status", PaymentStatus.values),
    "verification": _verified_as,
    "amount": _amount,
    "method": _codes("pay_method"),
    "pg": _codes("pg_provider"),
}
# What says who somebody is: masked where somebody else may read the search.
_PERSONAL = {"email", "name", "phone"}
FIELDS = (*_WORDS, "email", "name")


def read(query: str) -> Search:
    """The search in its parts."""
    search = Search()
    for match in _WORD.finditer(_tidy(query)):
        if match[1] is None:
            search.words.append(match[0])
        else:
            _read_word(search, match[1].lower(), match[2].strip('"').strip())
    if len(several_ids(search.text)) > MAX_IDS:
        problem = _("Search for at most %(limit)s numbers at once.")
        search.problems.append(problem % {"limit": MAX_IDS})
    return search


def masked(query: str) -> str:
    """The search as somebody else may see it: ids and words stay, people are masked."""
    return _WORD.sub(_masked_word, _tidy(query))


def _tidy(query: str) -> str:
    """As it was meant: see `core.text.plain`; a quote is a quote whatever its shape."""
    return plain(query).translate(_CURLY)


def _masked_word(match: re.Match[str]) -> str:
    text = match[0]
    if match[1] is None:
        return "".join(map(_masked_piece, _BETWEEN.split(text)))
    if match[1].lower() not in _PERSONAL:
        return text
    pieces = _BETWEEN.split(match[2].strip('"'))
    return (
        f"{match[1]}:{''.join(piece if piece in ',;' else mask_email(piece) for piece in pieces)}"
    )


def _masked_piece(text: str) -> str:
    # An id has figures or an underscore in it; anything else may be somebody's name.
    is_id = "@" not in text and any(sign.isdigit() or sign == "_" for sign in text)
    return text if is_id or text in {"", ",", ";"} else mask_email(text)


def _read_word(search: Search, name: str, value: str) -> None:
    if name not in FIELDS:
        problem = _("There is no search word “%(name)s:”. There are: %(fields)s.")
        search.problems.append(problem % {"name": name, "fields": ", ".join(FIELDS)})
    elif not value:
        search.problems.append(_("“%(name)s:” needs a value.") % {"name": name})
    elif name == "email":
        search.emails.append(plain_id(value))
    elif name == "name":
        search.names.append(value)
    else:
        _read_condition(search, name, value)


def _read_condition(search: Search, name: str, value: str) -> None:
    try:
        search.conditions.append(_WORDS[name](plain_id(value)))
    except ValueError as error:
        problem = _("“%(name)s:%(value)s” makes no sense: %(why)s.")
        search.problems.append(problem % {"name": name, "value": value, "why": error})

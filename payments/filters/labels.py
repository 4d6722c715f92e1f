"""A narrowing in words, part by part: for the chips above the list, the page of a run, an export.

To give a new filter its words, add how its value is named to `_named`; without that it is shown as
it is. What can't be named is still shown: no filter works unseen.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from payments import pay_methods
from payments.core.money import as_won, won
from payments.core.periods import Period

from .fields import ANY
from .payment_query import DATES, SEARCH, Narrowing
from .payments import Basis, PaymentFilter

AMOUNTS = ("amount_min", "amount_max")
TOGETHER = {*DATES, *AMOUNTS, "basis"}


@dataclass(frozen=True, slots=True)
class Part:
    """One thing that narrows: the parameters `names`, or just one `value` of the first of them."""

    label: str
    words: str
    names: tuple[str, ...]
    value: str | None = None
    is_wrong: bool = False


def parts(narrowing: Narrowing) -> list[Part]:
    """All of them, in the order of the screen, but for parameters that are no filter of ours."""
    return [*_search(narrowing), *_dates(narrowing), *_amounts(narrowing), *_rest(narrowing)]


def by_label(found: list[Part]) -> list[tuple[str, str]]:
    """The parts as (what, its values), those of one filter in one line."""
    words: dict[str, list[str]] = {}
    for part in found:
        words.setdefault(part.label, []).append(part.words)
    return [(label, ", ".join(values)) for label, values in words.items()]


def _search(narrowing: Narrowing) -> Iterator[Part]:
    if text := narrowing.written.strip():
        yield Part(_("Search"), text, (SEARCH,), None, bool(narrowing.search_problems))


def _dates(narrowing: Narrowing) -> Iterator[Part]:
    values = _last(narrowing, (*DATES, "basis"))
    if not any(values[name] for name in DATES):
        return
    basis = values["basis"] or Basis.PAID.value
    label = Basis(basis).label if basis in Basis.values else basis
    words = "~".join(map(str, (day or "" for day in _days(narrowing, values))))
    if values["period"] in Period.values:
        words = f"{Period(values['period']).label} ({words})"
    elif values["period"]:
        words = values["period"]
    names = (*DATES, "basis")
    yield Part(str(label), words, names, None, _is_wrong(narrowing, *names))


def _days(narrowing: Narrowing, values: dict[str, str]) -> tuple[Any, ...]:
    if not narrowing.filterset.is_valid():
        return values["from"], values["to"]
    first, last = narrowing.filterset.days
    return (first,) if first == last else (first, last)


def _amounts(narrowing: Narrowing) -> Iterator[Part]:
    least, most = _last(narrowing, AMOUNTS).values()
    if least or most:
        words = f"{_won(least)}~{_won(most)}"
        yield Part(_("Amount"), words, AMOUNTS, None, _is_wrong(narrowing, *AMOUNTS))


def _won(text: str) -> str:
    try:
        return won(as_won(text)) if text else ""
    except ValueError:
        return text


def _rest(narrowing: Narrowing) -> Iterator[Part]:
    fields = narrowing.filterset.form.fields
    for name in PaymentFilter.base_filters:
        if name in TOGETHER:
            continue
        for value in values_of(narrowing, name):
            label = str(fields[name].label)
            words = _named(narrowing, name, value)
            label = label[:1].upper() + label[1:]
            yield Part(label, words or value, (name,), value, words is None)


def _named(narrowing: Narrowing, name: str, value: str) -> str | None:
    """The value in words, None if it makes no sense."""
    if name == "user":
        return _customer(narrowing)
    if name == "pay_method":
        return pay_methods.words(value) if not _is_wrong(narrowing, name) else None
    if name == "attention" and value == ANY:
        return pgettext("attention", "Anything")
    if name == "pg_provider":
        return value if not _is_wrong(narrowing, name) else None
    field: Any = narrowing.filterset.form.fields[name]
    labels = dict(field.choices)
    return str(labels[value]) if value in labels else None


def _customer(narrowing: Narrowing) -> str | None:
    form = narrowing.filterset.form
    if not narrowing.filterset.is_valid() and "user" in form.errors:
        return None
    return str(form.fields["user"].label_from_instance(form.cleaned_data["user"]))  # type: ignore[attr-defined]


def _is_wrong(narrowing: Narrowing, *names: str) -> bool:
    return any(name in narrowing.filterset.errors for name in names)


def _last(narrowing: Narrowing, names: tuple[str, ...]) -> dict[str, str]:
    """The value that counts where only one can: the last, as Django's forms read it."""
    return {name: (narrowing.given.get(name) or [""])[-1].strip() for name in names}


def values_of(narrowing: Narrowing, name: str) -> list[str]:
    """Values of one filter; several may stand in one parameter with commas."""
    if name == "user":
        return [one for one in _last(narrowing, (name,)).values() if one]
    texts = narrowing.given.get(name, [])
    pieces = [piece.strip() for text in texts for piece in text.split(",")]
    return list(dict.fromkeys(piece for piece in pieces if piece))

"""What the list is narrowed by, one chip for each, and the link that takes just that one away.

To give a new filter its chip, add how it is put in words to `_WORDS`; without that its value is
shown as it is. What a chip can't name is still shown: no filter works unseen.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib.admin.views.main import SEARCH_VAR
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from payments import pay_methods
from payments.money import as_won
from payments.periods import Period

from .filter_fields import ANY
from .filters import Basis, PaymentFilter
from .widgets import won

if TYPE_CHECKING:
    from .changelist import PaymentChangeList

DATES = ("period", "from", "to")
AMOUNTS = ("amount_min", "amount_max")
TOGETHER = {*DATES, *AMOUNTS, "basis"}


@dataclass(frozen=True, slots=True)
class Chip:
    """One thing that narrows the list. `href` is the list without it."""

    label: str
    words: str
    href: str
    is_wrong: bool = False


def chips(changelist: "PaymentChangeList") -> list[Chip]:
    """All of them, in the order of the panels."""
    return [*_search(changelist), *_dates(changelist), *_amounts(changelist), *_rest(changelist)]


def _search(changelist: "PaymentChangeList") -> Iterator[Chip]:
    if text := changelist.written.strip():
        wrong = bool(changelist.search_problems)
        yield Chip(_("Search"), text, _without(changelist, SEARCH_VAR), wrong)


def _dates(changelist: "PaymentChangeList") -> Iterator[Chip]:
    values = _last(changelist, (*DATES, "basis"))
    if not any(values[name] for name in DATES):
        return
    basis = values["basis"] or Basis.PAID.value
    label = Basis(basis).label if basis in Basis.values else basis
    words = "~".join(map(str, (day or "" for day in _days(changelist, values))))
    if values["period"] in Period.values:
        words = f"{Period(values['period']).label} ({words})"
    elif values["period"]:
        words = values["period"]
    href = _without(changelist, *DATES, "basis")
    yield Chip(str(label), words, href, _is_wrong(changelist, *DATES, "basis"))


def _days(changelist: "PaymentChangeList", values: dict[str, str]) -> tuple[Any, ...]:
    if not changelist.filterset.is_valid():
        return values["from"], values["to"]
    first, last = changelist.filterset.days
    return (first,) if first == last else (first, last)


def _amounts(changelist: "PaymentChangeList") -> Iterator[Chip]:
    least, most = _last(changelist, AMOUNTS).values()
    if least or most:
        words = f"{_won(least)}~{_won(most)}"
        href = _without(changelist, *AMOUNTS)
        yield Chip(_("Amount"), words, href, _is_wrong(changelist, *AMOUNTS))


def _won(text: str) -> str:
    try:
        return won(as_won(text)) if text else ""
    except ValueError:
        return text


def _rest(changelist: "PaymentChangeList") -> Iterator[Chip]:
    fields = changelist.filterset.form.fields
    for name in PaymentFilter.base_filters:
        if name in TOGETHER:
            continue
        for value in _values(changelist, name):
            label = str(fields[name].label)
            words = _named(changelist, name, value)
            yield Chip(
                label[:1].upper() + label[1:],
                words or value,
                _without(changelist, name, value=value),
                words is None,
            )
    for name, values in changelist.get_filters_params().items():
        yield Chip(name, ", ".join(map(str, values)), _without(changelist, name))


def _named(changelist: "PaymentChangeList", name: str, value: str) -> str | None:
    """The value in words, None if it makes no sense."""
    if name == "user":
        return _customer(changelist, value)
    if name == "pay_method":
        return pay_methods.words(value) if not _is_wrong(changelist, name) else None
    if name == "attention" and value == ANY:
        return pgettext("attention", "Anything")
    if name == "pg_provider":
        return value if not _is_wrong(changelist, name) else None
    field: Any = changelist.filterset.form.fields[name]
    labels = dict(field.choices)
    return str(labels[value]) if value in labels else None


def _customer(changelist: "PaymentChangeList", value: str) -> str | None:
    form = changelist.filterset.form
    if not changelist.filterset.is_valid() and "user" in form.errors:
        return None
    return str(form.fields["user"].label_from_instance(form.cleaned_data["user"]))  # type: ignore[attr-defined]


def _is_wrong(changelist: "PaymentChangeList", *names: str) -> bool:
    return any(name in changelist.filterset.errors for name in names)


def _last(changelist: "PaymentChangeList", names: tuple[str, ...]) -> dict[str, str]:
    """The value that counts where only one can: the last, as Django's forms read it."""
    given = changelist.filter_params
    return {name: (given.get(name) or [""])[-1].strip() for name in names}


def _values(changelist: "PaymentChangeList", name: str) -> list[str]:
    """Values of one filter; several may stand in one parameter with commas."""
    if name == "user":
        return [one for one in _last(changelist, (name,)).values() if one]
    given = changelist.filter_params.get(name, [])
    parts = [part.strip() for text in given for part in text.split(",")]
    return list(dict.fromkeys(part for part in parts if part))


def _without(changelist: "PaymentChangeList", *names: str, value: str | None = None) -> str:
    """The list's query without these filters, or without one value of one of them."""
    kept = {key: all_ for key, all_ in changelist.filter_params.items() if key not in names}
    if value is not None and (
        others := [one for one in _values(changelist, names[0]) if one != value]
    ):
        kept[names[0]] = others
    return f"?{urlencode(sorted(kept.items()), doseq=True)}"

"""What a list is narrowed by, term by term: for the chips above it, the page of a run, an export.

A term names the filter and its value as a person calls them. What can't be named is shown as it was
written: no filter works unseen. How one value is called is said by the set that declares it
(`BaseFilter.value_label`); filters that are named together have a function here.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from payments.core.money import as_won, won
from payments.core.periods import Period

from .base import SEARCH, BaseFilter

AMOUNTS = ("amount_min", "amount_max")


@dataclass(frozen=True, slots=True)
class FilterTerm:
    """One thing that narrows: the parameters `names`, or just one `value` of the first of them."""

    label: str
    display: str
    names: tuple[str, ...]
    value: str | None = None
    is_wrong: bool = False


def filter_terms(filterset: BaseFilter, *, search_is_wrong: bool = False) -> list[FilterTerm]:
    """All of them, in the order of the screen, but for parameters that are no filter of ours."""
    return [
        *_search(filterset, search_is_wrong),
        *_days(filterset),
        *_amounts(filterset),
        *_values(filterset),
    ]


def by_label(terms: Iterable[FilterTerm]) -> list[tuple[str, str]]:
    """The terms as (what, its values), those of one filter in one line."""
    displays: dict[str, list[str]] = {}
    for term in terms:
        displays.setdefault(term.label, []).append(term.display)
    return [(label, ", ".join(values)) for label, values in displays.items()]


def _search(filterset: BaseFilter, is_wrong: bool) -> Iterator[FilterTerm]:
    if text := filterset.text_of(SEARCH):
        yield FilterTerm(_("Search"), text, (SEARCH,), None, is_wrong)


def _days(filterset: BaseFilter) -> Iterator[FilterTerm]:
    period, first, last = (filterset.text_of(name) for name in ("period", "from", "to"))
    if not (period or first or last):
        return
    days = [first, last]
    if filterset.is_valid():
        days = list(dict.fromkeys(str(day or "") for day in filterset.days))
    display = "~".join(days)
    if period:
        display = f"{Period(period).label} ({display})" if period in Period.values else period
    names = filterset.date_names
    yield FilterTerm(filterset.date_label, display, names, None, _is_wrong(filterset, *names))


def _amounts(filterset: BaseFilter) -> Iterator[FilterTerm]:
    if not filterset.names().issuperset(AMOUNTS):
        return
    least, most = (filterset.text_of(name) for name in AMOUNTS)
    if least or most:
        display = f"{_won(least)}~{_won(most)}"
        is_wrong = _is_wrong(filterset, *AMOUNTS)
        yield FilterTerm(filterset.amount_label, display, AMOUNTS, None, is_wrong)


def _won(text: str) -> str:
    try:
        return won(as_won(text)) if text else ""
    except ValueError:
        return text


def _values(filterset: BaseFilter) -> Iterator[FilterTerm]:
    for name in filterset.filters:
        if name in AMOUNTS or name in filterset.date_names:
            continue
        label = capfirst(str(filterset.form.fields[name].label))
        for value in filterset.texts_of(name):
            display = filterset.value_label(name, value)
            yield FilterTerm(label, display or value, (name,), value, display is None)


def _is_wrong(filterset: BaseFilter, *names: str) -> bool:
    return any(name in filterset.errors for name in names)

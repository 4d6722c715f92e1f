"""What the list is narrowed by, one chip for each, and the link that takes just that one away.

The words are those of `filters.labels`; whatever else Django's own look-ups narrow by has a chip as
well: no filter works unseen.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.http import urlencode

from payments.filters.labels import Part, parts, values_of

if TYPE_CHECKING:
    from payments.admin.payments.changelist import PaymentChangeList


@dataclass(frozen=True, slots=True)
class Chip:
    """One thing that narrows the list. `href` is the list without it."""

    label: str
    words: str
    href: str
    is_wrong: bool = False


def chips(changelist: "PaymentChangeList") -> list[Chip]:
    """All of them, in the order of the panels."""
    ours = (_chip(changelist, part) for part in parts(changelist.narrowing))
    return [*ours, *_others(changelist)]


def _chip(changelist: "PaymentChangeList", part: Part) -> Chip:
    href = _without(changelist, *part.names, value=part.value)
    return Chip(part.label, part.words, href, part.is_wrong)


def _others(changelist: "PaymentChangeList") -> Iterator[Chip]:
    for name, values in changelist.get_filters_params().items():
        yield Chip(name, ", ".join(map(str, values)), _without(changelist, name))


def _without(changelist: "PaymentChangeList", *names: str, value: str | None = None) -> str:
    """The list's query without these filters, or without one value of one of them."""
    kept = {key: all_ for key, all_ in changelist.filter_params.items() if key not in names}
    all_values = values_of(changelist.narrowing, names[0]) if value is not None else []
    if others := [one for one in all_values if one != value]:
        kept[names[0]] = others
    return f"?{urlencode(sorted(kept.items()), doseq=True)}"

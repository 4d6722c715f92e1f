"""What a list is narrowed by, one chip for each, and the link that takes just that one away.

The terms are those of `filters.labels`; whatever else Django's own look-ups narrow by has a chip as
well: no filter works unseen.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.http import urlencode

from payments.filters.labels import FilterTerm

Params = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Chip:
    """One thing that narrows the list. `href` is the list without it."""

    label: str
    display: str
    href: str
    is_wrong: bool = False


def chips(terms: Sequence[FilterTerm], *, params: Params, leftover: Params) -> list[Chip]:
    """All of them, in the order of the panels.

    `params` are those of the list, without its page; `leftover` is what no filter of ours reads.
    """
    ours = [
        Chip(term.label, term.display, _without(params, term, terms), term.is_wrong)
        for term in terms
    ]
    others = [
        Chip(name, ", ".join(map(str, values)), _link(_rest(params, name)))
        for name, values in leftover.items()
    ]
    return [*ours, *others]


def _without(params: Params, term: FilterTerm, terms: Sequence[FilterTerm]) -> str:
    """The list without this term; other values of the same filter stay."""
    values = [
        other.value
        for other in terms
        if other.names == term.names and other is not term and other.value is not None
    ]
    kept = _rest(params, *term.names)
    return _link(kept | {term.names[0]: values} if values else kept)


def _rest(params: Params, *names: str) -> dict[str, Sequence[str]]:
    return {name: values for name, values in params.items() if name not in names}


def _link(params: Params) -> str:
    return f"?{urlencode(sorted(params.items()), doseq=True)}"

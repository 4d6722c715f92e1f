"""What a list is narrowed by, one chip for each, and the link that takes just that one away.

The terms are those of `filters.labels`; whatever else Django's own look-ups narrow by has a chip as
well: no filter works unseen.
"""

from collections.abc import Mapping, Sequence

from django.utils.http import urlencode

from payments.filters.labels import FilterTerm

Params = Mapping[str, Sequence[str]]
# What narrows the list, and the list without it.
Chip = tuple[FilterTerm, str]


def chips(terms: Sequence[FilterTerm], *, params: Params, leftover: Params) -> list[Chip]:
    """All of them, in the order of the panels.

    `params` are those of the list, without its page; `leftover` is what no filter of ours reads.
    """
    others = [
        FilterTerm(name, ", ".join(map(str, values)), (name,)) for name, values in leftover.items()
    ]
    return [(term, _without(params, term, terms)) for term in (*terms, *others)]


def _without(params: Params, term: FilterTerm, terms: Sequence[FilterTerm]) -> str:
    """The list without this term; other values of the same filter stay."""
    values = [
        other.value
        for other in terms
        if other.names == term.names and other is not term and other.value is not None
    ]
    kept = {name: texts for name, texts in params.items() if name not in term.names}
    if values:
        kept[term.names[0]] = values
    return f"?{urlencode(sorted(kept.items()), doseq=True)}"

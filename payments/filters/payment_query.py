"""A filter and a search together, as a URL or a command line holds them.

`narrowed` is the one way in which they select payments, so the list, its totals, the export and a
run over the same filter always agree.
"""

from collections.abc import Sequence

from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from payments.core.text import REPLACEMENT, readable
from payments.models import Payment
from payments.selectors.payments.search import TooManyCustomers, of_customers, with_text

from . import search
from .base import DATES, SEARCH
from .labels import FilterTerm, filter_terms
from .payments import PaymentFilter


class PaymentQuery:
    """What somebody narrowed payments by. A value that makes no sense selects nothing."""

    def __init__(self, filterset: PaymentFilter) -> None:
        self.filterset = filterset
        self.params: dict[str, Sequence[str]] = dict(filterset.data.lists())
        text = (self.params.get(SEARCH) or [""])[-1]
        self._search = search.read(text)
        self.search_problems = list(self._search.problems)
        if REPLACEMENT in readable(text):
            self.search_problems.append(_("A search can't hold this sign."))

    @classmethod
    def of(cls, query: str, *, unmasked: bool) -> "PaymentQuery":
        """The one that a query string holds."""
        return cls(PaymentFilter(QueryDict(query), unmasked=unmasked))

    def narrowed(self, payments: QuerySet[Payment]) -> QuerySet[Payment]:
        """The payments that filter and search let through; none if one of them makes no sense."""
        narrowed, unmasked = self.filterset.narrowed(payments), self.filterset.unmasked
        if self.search_problems:
            return narrowed.none()
        try:
            narrowed = of_customers(
                narrowed.filter(*self._search.conditions),
                emails=self._search.emails,
                names=self._search.names,
                unmasked=unmasked,
            )
            return with_text(narrowed, self.text, unmasked=unmasked) if self.text else narrowed
        except TooManyCustomers as error:
            problem = _(
                "More than %(limit)s customers match. Write more of the name or the address."
            )
            self.search_problems = [problem % {"limit": f"{error.limit:,}"}]
            return narrowed.none()

    @property
    def text(self) -> str:
        """The plain text of the search."""
        return self._search.text

    @property
    def date_field(self) -> str:
        """The column whose days it narrows by, "" where it does not."""
        return self.filterset.date_field if any(self.filterset.days) else ""

    @property
    def is_understood(self) -> bool:
        """Whether filter and search make sense."""
        return not self.search_problems and bool(self.filterset.is_valid())

    @property
    def problems(self) -> list[tuple[str, str]]:
        """(field, what is wrong with it), for a person."""
        searched = [(_("Search"), problem) for problem in self.search_problems]
        return [*searched, *self.filterset.problems]

    @property
    def terms(self) -> list[FilterTerm]:
        """What is asked for, term by term."""
        return filter_terms(self.filterset, search_is_wrong=bool(self.search_problems))

    @property
    def other_params(self) -> dict[str, Sequence[str]]:
        """Parameters that are no filter of ours."""
        ours = self.filterset.names() | {SEARCH}
        return {name: values for name, values in self.params.items() if name not in ours}

    @property
    def lasting_query(self) -> str:
        """Our part of the query, with days in the place of a period: it must last."""
        kept = {name: self._texts(name) for name in sorted({*self.params} - {*self.other_params})}
        first, last = self.filterset.days
        if any(kept.get(name) for name in DATES):
            days = {"from": first, "to": last}
            kept |= {name: [day.isoformat()] if day else [] for name, day in days.items()}
        else:
            kept.pop("basis", None)
        kept.pop("period", None)
        return urlencode({name: texts for name, texts in kept.items() if texts}, doseq=True)

    def _texts(self, name: str) -> list[str]:
        return [text for text in self.params[name] if text]

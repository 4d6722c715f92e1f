"""A filter and a search together, as an address or a command line holds them.

`narrowed` is the one way in which they select payments, so the list, its totals, the export and a
run over the same filter always agree.
"""

from collections.abc import Mapping, Sequence

from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from payments.models import Payment
from payments.selectors.payments.search import TooManyCustomers, of_customers, with_text

from . import search
from .payments import PaymentFilter

SEARCH = "q"
DATES = ("period", "from", "to")


class Narrowing:
    """What somebody narrowed payments by. A value that makes no sense selects nothing.

    `given` are all parameters by name, as `QueryDict.lists` gives them, `filterset` is bound to the
    same ones.
    """

    def __init__(self, given: Mapping[str, Sequence[str]], *, filterset: PaymentFilter) -> None:
        self.given = given
        self.filterset = filterset
        self.written = (given.get(SEARCH) or [""])[-1]
        self._search = search.read(self.written)
        self.search_problems = list(self._search.problems)
        if "\x00" in self.written:
            self.search_problems.append(_("A search can't hold this sign."))

    @classmethod
    def of(cls, query: str, *, unmasked: bool) -> "Narrowing":
        """The narrowing that a query string holds."""
        given = QueryDict(query)
        filterset = PaymentFilter(given, unmasked=unmasked)
        return cls(dict(given.lists()), filterset=filterset)

    def narrowed(self, payments: QuerySet[Payment]) -> QuerySet[Payment]:
        """The payments that filter and search let through; none if one of them makes no sense."""
        found, unmasked = self.filterset.narrowed(payments), self.filterset.unmasked
        if self.search_problems:
            return found.none()
        try:
            found = of_customers(
                found.filter(*self._search.conditions),
                emails=self._search.emails,
                names=self._search.names,
                unmasked=unmasked,
            )
            text = self._search.text
            return with_text(found, text, unmasked=unmasked) if text else found
        except TooManyCustomers as error:
            words = _("More than %(limit)s customers match. Write more of the name or the address.")
            self.search_problems = [words % {"limit": f"{error.limit:,}"}]
            return found.none()

    @property
    def is_understood(self) -> bool:
        """Whether filter and search make sense."""
        return not self.search_problems and bool(self.filterset.is_valid())

    @property
    def problems(self) -> list[tuple[str, str]]:
        """(field, what is wrong with it), for a person."""
        return [*((_("Search"), words) for words in self.search_problems), *self.filterset.problems]

    @property
    def others(self) -> dict[str, Sequence[str]]:
        """Parameters that are no filter of ours."""
        ours = self.filterset.names() | {SEARCH}
        return {name: values for name, values in self.given.items() if name not in ours}

    @property
    def lasting_query(self) -> str:
        """Our part of the query, with days in the place of a period: it must last."""
        kept = {name: self._said(name) for name in sorted(self.given) if name not in self.others}
        first, last = self.filterset.days
        if any(kept.get(name) for name in DATES):
            days = {"from": first, "to": last}
            kept |= {name: [day.isoformat()] if day else [] for name, day in days.items()}
        else:
            kept.pop("basis", None)
        kept.pop("period", None)
        return urlencode({name: values for name, values in kept.items() if values}, doseq=True)

    def _said(self, name: str) -> list[str]:
        return [value for value in self.given[name] if value]

"""The payments that a page of the list is about: its filter's own set, or the ticked ones.

Both travel in the page's address, so that a form which posts to the same address means the same set
and no ids are posted: the list's query for "select all", `id` for ticked rows. The export and the
start of a run build on `PaymentChoice`.
"""

from dataclasses import dataclass

from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import BadRequest
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import urlencode

from payments.admin.shared.links import list_address
from payments.admin.shared.ticked_payments import TICKED, ticked_label
from payments.models import Payment

from .changelist import PaymentChangeList
from .permissions import PaymentPermissions


@dataclass(frozen=True, slots=True)
class Chosen:
    """Payments, and the filter that chose them: as asked for, to keep, and as (what, its value)."""

    payments: QuerySet[Payment]
    query: str
    lasting_query: str
    words: list[tuple[str, str]]
    list_address: str


class PaymentChoice(PaymentPermissions):
    """Pages about the payments that their address names."""

    def chosen(self, request: HttpRequest, *, limit: int) -> Chosen | None:
        """The payments, at most `limit` of them ticked; None where the filter makes no sense."""
        return self._ticked(request, limit) or self._filtered(request)

    def _ticked(self, request: HttpRequest, limit: int) -> Chosen | None:
        """The ticked payments, if the address names any."""
        texts = request.GET.getlist(TICKED)
        if not texts:
            return None
        if len(texts) > limit:
            raise BadRequest("too many payments for an address: filter instead")
        ids = {int(text) for text in texts if text.isdecimal() and len(text) < 19}
        return Chosen(
            payments=self.get_queryset(request).filter(pk__in=ids).order_by("-pk"),
            query=request.GET.urlencode(),
            lasting_query=urlencode({TICKED: sorted(ids)}, doseq=True),
            words=ticked_label(len(ids)),
            list_address=list_address(request),
        )

    def _filtered(self, request: HttpRequest) -> Chosen | None:
        """The list's own set; None where the filter makes no sense."""
        try:
            found = self.get_changelist_instance(request)
        except IncorrectLookupParameters:
            return None
        assert isinstance(found, PaymentChangeList)
        if not found.is_understood:
            return None
        query = request.GET.urlencode()
        address = reverse("admin:payments_payment_changelist")
        return Chosen(
            payments=found.queryset,
            query=query,
            lasting_query=found.lasting_query,
            words=_in_words(found),
            list_address=f"{address}?{query}" if query else address,
        )


def _in_words(found: PaymentChangeList) -> list[tuple[str, str]]:
    """The chips of the list, those of one filter in one line."""
    words: dict[str, list[str]] = {}
    for chip in found.chips:
        words.setdefault(chip.label, []).append(chip.display)
    return [(label, ", ".join(values)) for label, values in words.items()]

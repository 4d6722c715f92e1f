"""Who saw or exported personal data, when and why. Only shown; `services.access_log` writes it.

For whoever holds `payments.view_personaldataaccess`. To add a column: its heading below, its name
in `list_display`, its cell in rows.html.
"""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from payments.core.db.parts import Words
from payments.core.text import ids, spellings
from payments.models import Payment, PersonalDataAccess

from .shared.columns import heading
from .shared.readonly import ReadOnlyAdmin


@admin.register(PersonalDataAccess)
class PersonalDataAccessAdmin(ReadOnlyAdmin):
    """Newest first."""

    list_display = ["when", "actor_name", "what", "payments", "reason", "remote_address"]
    list_filter = ["kind", "unmasked"]
    search_fields = ["lower_actor__holds", "lower_reason__holds"]
    search_help_text = gettext_lazy("Who, a word of the reason, or a whole order number.")
    list_select_related = ["payment", "kept_query"]
    sortable_by = ()
    nothing = gettext_lazy("Nobody has looked at personal data or exported payments yet.")
    fields = ["when", "actor_name", "what", "reason", "payments", "query_words", "remote_address"]
    readonly_fields = ["when", "what", "payments", "query_words"]

    def get_queryset(self, request: HttpRequest) -> Any:
        """In the words of the index that searches them."""
        accesses: Any = super().get_queryset(request)
        return accesses.annotate(
            lower_actor=Words("actor_name", part="actor"),
            lower_reason=Words("reason", part="reason"),
        )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """A whole order number first: of both tables at once no index could be asked."""
        numbers = [spelling for word in ids(search_term) for spelling in spellings(word)]
        payments = list(Payment.objects.filter(merchant_uid__in=numbers).values_list("pk"))
        if payments:
            return queryset.filter(payment_id__in=[pk for (pk,) in payments]), False
        return super().get_search_results(request, queryset, search_term)

    # Their cells are in templates/admin/payments/personaldataaccess/rows.html.
    when = heading(gettext_lazy("at"))
    what = heading(gettext_lazy("what"))
    query_words = heading(gettext_lazy("filter"))
    payments = heading(gettext_lazy("payments"))

"""Who saw or exported personal data, when and why. Only shown; `services.access_log` writes it.

For whoever holds `payments.view_personaldataaccess`. To add a column: a line below, its name in
`list_display`.
"""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.db.models.functions import Lower
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from payments.core.db.paginator import COUNTED_AT_MOST
from payments.core.money import with_separators
from payments.core.text import ids, spellings
from payments.models import AccessKind, Payment, PersonalDataAccess

from .shared.columns import column
from .shared.display import badge, moment
from .shared.links import row_page
from .shared.readonly import ReadOnlyAdmin


@admin.register(PersonalDataAccess)
class PersonalDataAccessAdmin(ReadOnlyAdmin):
    """Newest first."""

    list_display = ["when", "actor_name", "what", "payments", "reason", "remote_address"]
    list_filter = ["kind", "unmasked"]
    search_fields = ["lower_actor__contains", "lower_reason__contains"]
    search_help_text = gettext_lazy("Who, a word of the reason, or a whole order number.")
    list_select_related = ["payment", "kept_query"]
    sortable_by = ()
    nothing = gettext_lazy("Nobody has looked at personal data or exported payments yet.")
    fields = ["when", "actor_name", "what", "reason", "payments", "query_words", "remote_address"]
    readonly_fields = ["when", "what", "payments", "query_words"]

    def get_queryset(self, request: HttpRequest) -> Any:
        """In the words of the index that searches them."""
        accesses: Any = super().get_queryset(request)
        return accesses.annotate(lower_actor=Lower("actor_name"), lower_reason=Lower("reason"))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """A whole order number first: of both tables at once no index could be asked."""
        numbers = [spelling for word in ids(search_term) for spelling in spellings(word)]
        payments = list(Payment.objects.filter(merchant_uid__in=numbers).values_list("pk"))
        if payments:
            return queryset.filter(payment_id__in=[pk for (pk,) in payments]), False
        return super().get_search_results(request, queryset, search_term)

    when = column(lambda access: moment(access.at), gettext_lazy("at"))

    @admin.display(description=gettext_lazy("what"))
    def what(self, access: PersonalDataAccess) -> SafeString:
        if access.kind == AccessKind.EXPORTED and not access.unmasked:
            return badge("quiet", _("Exported, masked"))
        exported = access.kind == AccessKind.EXPORTED
        label = _("Exported with personal data") if exported else AccessKind.VIEWED.label
        return badge("wait" if exported else "note", label)

    @admin.display(description=gettext_lazy("filter"))
    def query_words(self, access: PersonalDataAccess) -> str:
        return _query(access) or "–"

    @admin.display(description=gettext_lazy("payments"))
    def payments(self, access: PersonalDataAccess) -> SafeString | str:
        """The payment itself, or how many; of a list that was looked at, which."""
        if access.payment is not None:
            url = row_page(access.payment.pk)
            return format_html('<a href="{}">{}</a>', url, access.payment)
        if access.kind == AccessKind.VIEWED:
            return format_html('{} <code class="id">{}</code>', _("List"), _query(access))
        if access.rows > COUNTED_AT_MOST:
            return f"{COUNTED_AT_MOST:,}+"
        return with_separators(access.rows)


def _query(access: PersonalDataAccess) -> str:
    """The filter; or that it was erased, or is not the one that was recorded."""
    if access.is_query_erased:
        return _("erased")
    if access.is_query_changed:
        return _("%(filter)s (changed after it was recorded)") % {"filter": access.query}
    return access.query

"""Who saw or exported personal data, when and why. Only shown; `services.access_log` writes it.

For whoever holds `payments.view_personaldataaccess`. To add a column: a line below, its name in
`list_display`.
"""

from django.contrib import admin
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from payments.core.db.paginator import COUNTED_AT_MOST
from payments.core.money import with_separators
from payments.models import AccessKind, PersonalDataAccess

from .shared.columns import column
from .shared.display import badge, moment
from .shared.links import row_page
from .shared.readonly import ReadOnlyAdmin


@admin.register(PersonalDataAccess)
class PersonalDataAccessAdmin(ReadOnlyAdmin):
    """Newest first."""

    list_display = ["when", "actor_name", "what", "payments", "reason", "remote_address"]
    list_filter = ["kind", "unmasked"]
    search_fields = ["actor_name", "reason", "payment__merchant_uid__exact"]
    search_help_text = gettext_lazy("Who, a word of the reason, or a whole order number.")
    list_select_related = ["payment", "kept_query"]
    sortable_by = ()
    nothing = gettext_lazy("Nobody has looked at personal data or exported payments yet.")
    fields = ["when", "actor_name", "what", "reason", "payments", "query_words", "remote_address"]
    readonly_fields = ["when", "what", "payments", "query_words"]

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

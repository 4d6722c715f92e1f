"""What is on sale. Orders keep a copy of name and price, so both may change; nothing is deleted."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from payments.core.db.search import searched
from payments.models import Product

from .shared.columns import heading


@admin.register(Product)
class ProductAdmin(admin.ModelAdmin[Product]):
    """Products: added, changed, taken off sale."""

    # The names of the columns are classes in the page, too.
    list_display = ["name", "slug", "price_words", "active"]
    list_filter = ["active"]
    search_fields = ["name", "slug"]
    show_facets = admin.ShowFacets.NEVER
    show_full_result_count = False
    fields = ["name", "slug", "description", "price", "active"]

    class Media:
        css = {"all": ["payments/admin/components/card.css"]}

    # Its cells are in templates/admin/payments/product/rows.html.
    price_words = heading(_("price in won"), ordering="price")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Product], search_term: str
    ) -> tuple[QuerySet[Product], bool]:
        return searched(queryset, search_term, fields=self.search_fields), False

    def has_delete_permission(self, request: HttpRequest, obj: Product | None = None) -> bool:
        """Nobody: orders point at products. Take one off sale instead."""
        return False

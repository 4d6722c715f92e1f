"""The twin's admin, as Django's and import-export's documentation write one."""

from functools import wraps
from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.contrib.auth.admin import UserAdmin
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from import_export.admin import ExportMixin
from import_export.formats.base_formats import CSV
from import_export.resources import ModelResource

from . import ENGINE
from .models import StockPayment, StockPaymentByUser


class StockSite(admin.AdminSite):
    """Django's site, with Django's own templates."""

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        @wraps(view)
        def by_djangos_templates(
            request: HttpRequest, *args: Any, **kwargs: Any
        ) -> HttpResponseBase:
            response: HttpResponseBase = view(request, *args, **kwargs)
            if isinstance(response, TemplateResponse):
                response.using = ENGINE
            return response

        return super().admin_view(by_djangos_templates, cacheable)


site = StockSite(name="stock")


class StockPaymentResource(ModelResource):  # type: ignore[misc]
    """Twelve columns, as many as a first export has."""

    class Meta:
        model = StockPayment
        fields = (
            "merchant_uid",
            "imp_uid",
            "user__email",
            "name",
            "amount",
            "cancelled_amount",
            "pay_method",
            "pg_provider",
            "status",
            "requested_at",
            "paid_at",
            "cancelled_at",
        )


class StockPaymentAdmin(ExportMixin, admin.ModelAdmin):  # type: ignore[misc, type-arg]
    """Payments."""

    resource_classes = [StockPaymentResource]
    formats = [CSV]
    skip_export_form = True
    list_display = (
        "merchant_uid",
        "user",
        "name",
        "amount",
        "status",
        "pay_method",
        "paid_at",
        "requested_at",
    )
    list_filter: ClassVar[tuple[str, ...]] = ("status", "pay_method", "pg_provider")
    list_select_related = ("user",)
    search_fields = ("merchant_uid", "imp_uid", "name", "user__email", "user__first_name")
    date_hierarchy = "paid_at"


class StockPaymentByUserAdmin(StockPaymentAdmin):
    """The same with users to filter by."""

    list_filter: ClassVar[tuple[str, ...]] = (*StockPaymentAdmin.list_filter, "user")


site.register(StockPayment, StockPaymentAdmin)
site.register(StockPaymentByUser, StockPaymentByUserAdmin)
site.register(get_user_model(), UserAdmin)

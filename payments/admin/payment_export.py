"""The address of the export. What is written, and how, is in `export` and `resources`."""

from django.contrib.admin.options import IncorrectLookupParameters
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.urls import URLPattern, path, reverse

from .actions import require, staff
from .changelist import PaymentChangeList
from .export import csv_response
from .payment_permissions import PaymentPermissions


class PaymentExport(PaymentPermissions):
    """Taking the filtered set out of the house."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.export_view)
        return [path("export/", view, name="payments_payment_export"), *super().get_urls()]

    def export_view(self, request: HttpRequest) -> HttpResponseBase:
        """The CSV of the filtered set; back to the list if its filter makes no sense."""
        require(self.has_export_permission(request))
        address, query = reverse("admin:payments_payment_changelist"), request.GET.urlencode()
        try:
            found = self.get_changelist_instance(request)
        except IncorrectLookupParameters:
            return HttpResponseRedirect(f"{address}?{query}")
        assert isinstance(found, PaymentChangeList)
        if not found.is_understood(request):
            return HttpResponseRedirect(f"{address}?{query}")
        return csv_response(payments=found.queryset, actor=staff(request), query=query)

"""The only URL root; what the gateway posts is answered before it (`payments.webhooks`)."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("accounts/", include("accounts.urls")),
    path("", include("payments.checkout.urls")),
]

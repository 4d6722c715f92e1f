"""The only URL root."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("accounts/", include("accounts.urls")),
    path("webhooks/", include("payments.webhooks.urls")),
    path("", include("payments.checkout.urls")),
]

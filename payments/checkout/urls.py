"""The customer's addresses. Pages are in `pages` and `arrival`, JSON endpoints in `endpoints`."""

from django.urls import path

from . import arrival, endpoints, pages

app_name = "checkout"
urlpatterns = [
    path("", pages.products, name="products"),
    path("products/<slug:slug>/", pages.product, name="product"),
    path("checkout/start/", endpoints.start, name="start"),
    path("checkout/complete/", endpoints.complete, name="complete"),
    path("checkout/give-up/", endpoints.give_up, name="give-up"),
    path("checkout/return/", arrival.from_window, name="return"),
    path("payments/", pages.payments, name="payments"),
    path("payments/<slug:merchant_uid>/", pages.payment, name="payment"),
    path("payments/<slug:merchant_uid>/check/", pages.check, name="check"),
]

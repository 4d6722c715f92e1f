"""The customer's URLs. Pages are in `pages` and `return_page`, JSON endpoints in `api`."""

from django.urls import path, register_converter
from django.urls.converters import StringConverter

from . import api, pages, return_page


class OrderNumber(StringConverter):
    """Whatever a database takes: an imported payment has another system's number."""

    regex = r"[^\0]{1,40}"


register_converter(OrderNumber, "number")

app_name = "checkout"
urlpatterns = [
    path("", pages.products, name="products"),
    path("products/<slug:slug>/", pages.product, name="product"),
    path("checkout/start/", api.start, name="start"),
    path("checkout/complete/", api.complete, name="complete"),
    path("checkout/give-up/", api.give_up, name="give-up"),
    path("checkout/return/", return_page.from_window, name="return"),
    path("payments/", pages.payments, name="payments"),
    path("payments/<number:merchant_uid>/check/", pages.check, name="check"),
    path("payments/<number:merchant_uid>/", pages.payment, name="payment"),
]

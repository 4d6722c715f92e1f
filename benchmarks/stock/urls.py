"""The product's addresses, and the twin's under `stock/`."""

from django.urls import path

from backoffice.urls import urlpatterns as of_the_product

from .admin import site

urlpatterns = [*of_the_product, path("stock/", site.urls)]

"""The product's addresses, with a page at / that tells the active time zone and language."""

from django.urls import path

from backoffice.urls import urlpatterns as product
from tests.accounts.test_middleware import answer

urlpatterns = [path("", answer), *product]

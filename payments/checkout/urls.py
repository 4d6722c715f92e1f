"""The customer's addresses."""

from django.http import HttpResponse
from django.urls import path

app_name = "checkout"
urlpatterns = [
    path("", lambda r: HttpResponse(""), name="products"),
    path("payments/", lambda r: HttpResponse(""), name="payments"),
]

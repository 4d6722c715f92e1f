"""Where the gateway's console sends its webhooks."""

from django.urls import path

from . import views

app_name = "webhooks"
urlpatterns = [path("iamport/", views.iamport, name="iamport")]

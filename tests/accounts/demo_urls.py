"""The product's addresses, and the one of allauth's that only an installation with links has."""

from allauth.account.views import confirm_email
from django.urls import path

from backoffice.urls import urlpatterns as product

urlpatterns = [
    path("accounts/confirm-email/<str:key>/", confirm_email, name="account_confirm_email"),
    *product,
]

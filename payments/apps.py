"""The payments app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PaymentsConfig(AppConfig):
    """Payments, their ledger, and everything that can happen to them."""

    name = "payments"
    verbose_name = _("Payments")

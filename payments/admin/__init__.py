"""The admin's screens, one module each; importing this package registers them."""

from .access import PersonalDataAccessAdmin
from .closes import DailyCloseAdmin
from .inbox import WebhookDeliveryAdmin
from .payment import PaymentAdmin
from .product import ProductAdmin

__all__ = [
    "DailyCloseAdmin",
    "PaymentAdmin",
    "PersonalDataAccessAdmin",
    "ProductAdmin",
    "WebhookDeliveryAdmin",
]

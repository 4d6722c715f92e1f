"""The admin's screens, one module each; importing this package registers them."""

from .inbox import WebhookDeliveryAdmin
from .payment import PaymentAdmin
from .product import ProductAdmin

__all__ = ["PaymentAdmin", "ProductAdmin", "WebhookDeliveryAdmin"]

"""The tables of payments. One module per thing; everything else imports from here."""

from .event import PaymentEvent
from .inbox import DeliveryOutcome, WebhookDelivery
from .payment import Payment
from .product import Product

__all__ = ["DeliveryOutcome", "Payment", "PaymentEvent", "Product", "WebhookDelivery"]

"""The tables of payments. One module per thing; everything else imports from here."""

from .access import AccessKind, PersonalDataAccess
from .event import PaymentEvent
from .inbox import DeliveryOutcome, WebhookDelivery
from .payment import Payment
from .product import Product
from .saved_view import SavedView

__all__ = [
    "AccessKind",
    "DeliveryOutcome",
    "Payment",
    "PaymentEvent",
    "PersonalDataAccess",
    "Product",
    "SavedView",
    "WebhookDelivery",
]

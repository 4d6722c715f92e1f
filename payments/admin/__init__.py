"""The admin's screens, one module each; importing this package registers them."""

from .access import PersonalDataAccessAdmin
from .closes import DailyCloseAdmin
from .inbox import WebhookDeliveryAdmin
from .payment import PaymentAdmin
from .product import ProductAdmin
from .verification_run import VerificationRunAdmin
from .work import WorkerAdmin

__all__ = [
    "DailyCloseAdmin",
    "PaymentAdmin",
    "PersonalDataAccessAdmin",
    "ProductAdmin",
    "VerificationRunAdmin",
    "WebhookDeliveryAdmin",
    "WorkerAdmin",
]

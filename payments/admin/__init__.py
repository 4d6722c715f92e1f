"""The admin's screens, one module each; importing this package registers them."""

from .access import PersonalDataAccessAdmin
from .closes import DailyCloseAdmin
from .discrepancy import DiscrepancyAdmin
from .inbox import WebhookDeliveryAdmin
from .payment import PaymentAdmin
from .product import ProductAdmin
from .reconciliation import ReconciliationRunAdmin
from .verification_run import VerificationRunAdmin
from .work import WorkerAdmin

__all__ = [
    "DailyCloseAdmin",
    "DiscrepancyAdmin",
    "PaymentAdmin",
    "PersonalDataAccessAdmin",
    "ProductAdmin",
    "ReconciliationRunAdmin",
    "VerificationRunAdmin",
    "WebhookDeliveryAdmin",
    "WorkerAdmin",
]

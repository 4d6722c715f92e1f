"""The admin's screens, one module each; importing this package registers them."""

from .access_log import PersonalDataAccessAdmin
from .background.admin import WorkerAdmin
from .daily_close.admin import DailyCloseAdmin
from .discrepancies.admin import DiscrepancyAdmin
from .movements.admin import MovementAdmin
from .payments.admin import PaymentAdmin
from .products import ProductAdmin
from .reconciliation.admin import ReconciliationRunAdmin
from .verification_runs.admin import VerificationRunAdmin
from .webhooks.admin import WebhookDeliveryAdmin

__all__ = [
    "DailyCloseAdmin",
    "DiscrepancyAdmin",
    "MovementAdmin",
    "PaymentAdmin",
    "PersonalDataAccessAdmin",
    "ProductAdmin",
    "ReconciliationRunAdmin",
    "VerificationRunAdmin",
    "WebhookDeliveryAdmin",
    "WorkerAdmin",
]

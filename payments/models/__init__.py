"""The tables of payments. One module per thing; everything else imports from here."""

from .access import AccessKind, PersonalDataAccess
from .daily_close import DailyClose
from .discrepancy import Bucket, ClosingReason, Discrepancy, DiscrepancyStep, StepKind
from .event import PaymentEvent
from .inbox import UNSETTLED, DeliveryOutcome, WebhookDelivery
from .payment import Payment
from .product import Product
from .run import (
    OPEN_RUN,
    ItemOutcome,
    ReconciliationRun,
    Run,
    RunStatus,
    VerificationItem,
    VerificationRun,
)
from .saved_view import SavedView
from .work import ScheduledJob, Worker

__all__ = [
    "OPEN_RUN",
    "UNSETTLED",
    "AccessKind",
    "Bucket",
    "ClosingReason",
    "DailyClose",
    "DeliveryOutcome",
    "Discrepancy",
    "DiscrepancyStep",
    "ItemOutcome",
    "Payment",
    "PaymentEvent",
    "PersonalDataAccess",
    "Product",
    "ReconciliationRun",
    "Run",
    "RunStatus",
    "SavedView",
    "ScheduledJob",
    "StepKind",
    "VerificationItem",
    "VerificationRun",
    "WebhookDelivery",
    "Worker",
]

"""The tables of payments. One module per subject; everything else imports from here."""

from .access_log import AccessKind, AccessQuery, PersonalDataAccess
from .background import DEAD_AFTER, ScheduledJob, Worker
from .clock import MOST_APART, ClockComparison
from .daily_close import DailyClose
from .discrepancy import (
    Bucket,
    ClosingReason,
    Discrepancy,
    DiscrepancyLine,
    DiscrepancyStep,
    StepKind,
)
from .event import PaymentEvent
from .gateway_state import GatewayState
from .limits import LimitCount
from .movement import Movement
from .payment import Payment
from .product import Product
from .reconciliation import ReconciliationLine, ReconciliationRun
from .roll_up import MovementRollUp, OrderRollUp, RefundRollUp, RolledUp, RollUpMark
from .run import LONGEST_WAIT, NOT_ENDED, OPEN_RUN, Run, RunStatus
from .saved_view import SavedView
from .verification_run import ItemChange, ItemOutcome, VerificationItem, VerificationRun
from .webhooks import (
    MOVED,
    STRANGE,
    UNSETTLED,
    DeliveryOutcome,
    WebhookDelivery,
    WebhookReplay,
)

__all__ = [
    "DEAD_AFTER",
    "LONGEST_WAIT",
    "MOST_APART",
    "MOVED",
    "NOT_ENDED",
    "OPEN_RUN",
    "STRANGE",
    "UNSETTLED",
    "AccessKind",
    "AccessQuery",
    "Bucket",
    "ClockComparison",
    "ClosingReason",
    "DailyClose",
    "DeliveryOutcome",
    "Discrepancy",
    "DiscrepancyLine",
    "DiscrepancyStep",
    "GatewayState",
    "ItemChange",
    "ItemOutcome",
    "LimitCount",
    "Movement",
    "MovementRollUp",
    "OrderRollUp",
    "Payment",
    "PaymentEvent",
    "PersonalDataAccess",
    "Product",
    "ReconciliationLine",
    "ReconciliationRun",
    "RefundRollUp",
    "RollUpMark",
    "RolledUp",
    "Run",
    "RunStatus",
    "SavedView",
    "ScheduledJob",
    "StepKind",
    "VerificationItem",
    "VerificationRun",
    "WebhookDelivery",
    "WebhookReplay",
    "Worker",
]

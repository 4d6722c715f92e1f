"""Client for Iamport (PortOne V1). requests and the standard library only: no Django in here.

Everything a caller needs is named below; the modules are free to change.
"""

from .arguments import is_imp_uid
from .client import IDS_PER_CALL, IamportClient
from .clock import TimeSource
from .errors import (
    AuthenticationFailed,
    Busy,
    IamportError,
    Malformed,
    NotAnId,
    NotFound,
    Refused,
    Unanswered,
    Unavailable,
)
from .paging import PLACE
from .parsing import money as read_money
from .parsing import payment as read_payment
from .parsing import told_values
from .schemas import (
    Batch,
    Cancellation,
    GatewayPayment,
    Money,
    Prepared,
    PrepareOutcome,
    RefundAccount,
    Unreadable,
)
from .transport import Limits
from .values import ShapeError

__all__ = [
    "IDS_PER_CALL",
    "PLACE",
    "AuthenticationFailed",
    "Batch",
    "Busy",
    "Cancellation",
    "GatewayPayment",
    "IamportClient",
    "IamportError",
    "Limits",
    "Malformed",
    "Money",
    "NotAnId",
    "NotFound",
    "PrepareOutcome",
    "Prepared",
    "RefundAccount",
    "Refused",
    "ShapeError",
    "TimeSource",
    "Unanswered",
    "Unavailable",
    "Unreadable",
    "is_imp_uid",
    "read_money",
    "read_payment",
    "told_values",
]

"""A question to the gateway, and what came back of it.

What follows from the two is decided in `conclude`. To tell apart another kind of reply: a class,
its place in `Reply`, and its line in `conclude.conclude`.
"""

from dataclasses import dataclass, field
from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser
from django.utils import timezone

from payments.iamport import GatewayPayment
from payments.states import APPROVED, Source

from .movements import RefundChange


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked, by whom, about which payment.

    `imp_uid` "" asks by order number and so sees every attempt; `bound` is the one that has settled
    the order, "" if none has. `attempt` makes the keys of this
    question's rows unique. `asked_at` is before the call: the answer knows nothing of later moves.
    `is_repeated`: its door asks again by itself if the payment moves meanwhile, so an answer that
    comes too late leaves no row. `version`: the payment's, with the row that says that we ask; as
    long as it stands there nothing has happened. `refund_change`: what a person has confirmed
    about refunds.
    """

    payment_id: int
    merchant_uid: str
    attempt: str
    source: Source
    imp_uid: str = ""
    bound: str = ""
    actor: AbstractBaseUser | None = None
    asked_at: datetime = field(default_factory=timezone.now)
    is_repeated: bool = False
    version: int | None = None
    refund_change: RefundChange | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """The gateway's word. `approved` are the ids of all approved attempts that were seen.

    `others` are all attempts besides `payment` that can be read.
    """

    payment: GatewayPayment
    approved: tuple[str, ...] = ()
    others: tuple[GatewayPayment, ...] = ()

    @property
    def approved_others(self) -> list[GatewayPayment]:
        """Those of the others that were approved."""
        return [one for one in self.others if one.status in APPROVED]

    @property
    def rivals(self) -> list[str]:
        """The attempts besides `payment` that hold money, as far as can be read."""
        empty = {one.imp_uid for one in self.others if not one.holds_money}
        return [name for name in self.approved if name not in {self.payment.imp_uid, *empty}]


@dataclass(frozen=True, slots=True)
class Absent:
    """The gateway answered: it knows no such payment."""


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """No usable answer. Nothing is known; `why` is fit for a log; people read it by
    `gateway.in_words`.

    `is_final`: the question itself can't be sent, so asking again brings nothing.
    """

    why: str
    is_final: bool = False


Reply = Answer | Absent | NoAnswer

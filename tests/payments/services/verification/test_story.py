"""Whatever the gateway tells, through any door: the days add up to its own history, to the won.

The stand-in is given a story: part refunds, with and without an id or a time, some of them taken
back, a second approval, answers that leave the history or the time of payment out. Whoever looks
comes through one of the doors. At the end a person confirms what only a person can, and the book is
held against the story.
"""

import json
import uuid
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from django.db.models import Q
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from accounts.models import User
from payments.core.kst import day_of
from payments.models import Movement, Payment, Product
from payments.selectors.roll_ups import roll_ups
from payments.services import webhooks
from payments.services.ledger_audit import problems_of
from payments.services.roll_ups.audit import audit_roll_ups
from payments.services.roll_ups.fold import fold
from payments.services.verification import refund_change
from payments.services.verification.question import Question
from payments.services.verification.settle import settle
from payments.services.verification.verify import verify
from payments.services.verification_runs import batch
from payments.states import Finding, Source
from tests.gateway import SandboxGateway
from tests.payments import builders

from .looking import NOON as NOW

DAY = 86_400
PAID_AT = NOW - 60 * DAY
AMOUNT = 99_000


def by_click(payment: Payment, imp_uid: str) -> None:
    verify(payment=payment, source=Source.ADMIN, imp_uid=imp_uid)


def by_order_number(payment: Payment, _imp_uid: str) -> None:
    verify(payment=payment, source=Source.SWEEP, every_attempt=True)


def by_webhook(payment: Payment, imp_uid: str) -> None:
    said = {"imp_uid": imp_uid, "merchant_uid": payment.merchant_uid, "status": "cancelled"}
    webhooks.process(
        delivery=webhooks.receive(
            body=json.dumps(said).encode(), content_type="application/json", remote_address=None
        )
    )


def by_run(payment: Payment, imp_uid: str) -> None:
    question = Question(
        payment_id=payment.pk,
        merchant_uid=payment.merchant_uid,
        attempt=uuid.uuid4().hex,
        source=Source.RUN,
        imp_uid=imp_uid,
    )
    for reply in batch.ask(questions=[question]).values():
        settle(question=question, reply=reply)


DOORS = (by_click, by_order_number, by_webhook, by_run)
REFUND = st.fixed_dictionaries(
    {
        "amount": st.sampled_from([1_000, 1_000, 2_500]),
        "day": st.integers(1, 40),
        "has_id": st.booleans(),
        "has_time": st.sampled_from([True, True, True, False]),
    }
)
STEP = st.one_of(
    REFUND,
    st.sampled_from(
        [
            "take back",
            "second approval",
            "without history",
            "without payment time",
            "fold",
            "look",
            "look",
        ]
    ),
)
STORY = st.lists(st.tuples(STEP, st.sampled_from(DOORS)), min_size=1, max_size=6)


def refund(day: int, *, has_id: bool = False, has_time: bool = True) -> dict[str, Any]:
    """1,000 won that went back so many days after they were paid."""
    return {"amount": 1_000, "day": day, "has_id": has_id, "has_time": has_time}


# A refund without a time, beside others that could be it.
UNTIMED = [refund(28, has_time=False), refund(1), refund(1), refund(36), refund(28, has_id=True)]
TAKEN_BACK = [refund(1), refund(1), refund(1, has_time=False), refund(2)]


@dataclass
class Teller:
    """The gateway's side: what it tells of one payment, and what is true of it."""

    sandbox: SandboxGateway
    imp_uid: str
    history: list[dict[str, Any]] = field(default_factory=list)
    undone: Counter[date] = field(default_factory=Counter)
    # After a refund the gateway may tell no time of payment any more (contract 9#22).
    hides_paid_at: bool = False

    def refund(self, step: dict[str, Any]) -> None:
        at = PAID_AT + step["day"] * DAY
        entry = {"amount": step["amount"], "cancelled_at": at if step["has_time"] else 0}
        name = {"cancellation_id": uuid.uuid4().hex} if step["has_id"] else {}
        self.history.append({"entry": entry | name, "at": at})

    def tell(self, *, with_times: bool = False, with_history: bool = True) -> None:
        entries = [
            one["entry"] | ({"cancelled_at": one["at"]} if with_times else {})
            for one in self.history
        ]
        told = {
            "status": "cancelled" if entries else "paid",
            "paid_at": 0 if self.hides_paid_at and entries else PAID_AT,
            "cancel_amount": sum(entry["amount"] for entry in entries),
            "cancelled_at": max((one["at"] for one in self.history), default=0),
            "cancel_history": entries if with_history else [],
        }
        self.sandbox.change(self.imp_uid, **told)

    def take_back(self, today: date) -> None:
        """The newest one, which was booked: both days count."""
        one = self.history.pop()
        amount = one["entry"]["amount"]
        self.undone[day_of(datetime.fromtimestamp(one["at"], UTC))] -= amount
        self.undone[today] += amount

    def truth(self) -> dict[date, int]:
        """Won by Korean day."""
        days = Counter({day_of(datetime.fromtimestamp(PAID_AT, UTC)): AMOUNT}) + Counter()
        days.update(self.undone)
        for one in self.history:
            days[day_of(datetime.fromtimestamp(one["at"], UTC))] -= one["entry"]["amount"]
        return {day: won for day, won in days.items() if won}


@example(story=[(step, by_click) for step in UNTIMED])
@example(story=[(step, by_click) for step in (*TAKEN_BACK, "without history", "take back")])
@example(story=[(step, by_click) for step in ("without payment time", refund(1), "take back")])
@given(story=STORY)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_the_days_add_up_to_the_gateways_history(
    story: list[tuple[Any, Any]],
    customer: User,
    product: Product,
    approver: User,
    sandbox: SandboxGateway,
) -> None:
    payment = builders.ordered(customer, product, at=datetime.fromtimestamp(PAID_AT - 60, UTC))
    times = {"paid_at": PAID_AT, "started_at": PAID_AT - 20, "ignore_prepare": True}
    paid = sandbox.pay(payment.merchant_uid, AMOUNT, **times)
    teller, others = Teller(sandbox, paid["imp_uid"]), 0
    by_click(payment, teller.imp_uid)
    today = day_of(datetime.fromtimestamp(NOW, UTC))
    for step, door in story:
        if isinstance(step, dict):
            teller.refund(step)
        if step == "fold":
            fold(seconds=60)
        teller.hides_paid_at |= step == "without payment time"
        teller.tell(with_history=step != "without history")
        if step == "second approval":
            second = sandbox.pay(payment.merchant_uid, AMOUNT, **times)
            by_webhook(payment, second["imp_uid"])
            others += AMOUNT
        if step == "take back" and teller.history:
            cleared_up(payment, teller, approver, today)
            teller.take_back(today)
            cleared_up(payment, teller, approver, today)
            continue
        door(payment, teller.imp_uid)
    cleared_up(payment, teller, approver, today)
    assert booked(payment, is_own=True) == teller.truth()
    assert sum(booked(payment, is_own=False).values()) == others
    assert list(problems_of(payment)) == []
    assert summed() == booked(None, is_own=True)
    assert list(audit_roll_ups()) == []


def summed() -> dict[date, int]:
    """The same of all payments as figures over days have it: folded, and what is not yet."""
    rows = roll_ups().movements("day", where=Q(is_own=True))
    return {row["day"]: row["amount"] for row in rows if row["amount"]}


def cleared_up(payment: Payment, teller: Teller, approver: User, today: date) -> None:
    """The gateway tells all, with every time; what it can't explain, a person confirms."""
    teller.tell(with_times=True)
    by_click(payment, teller.imp_uid)
    payment.refresh_from_db()
    last = payment.events.exclude(answer="").latest("sequence")
    if Finding.REFUND_GONE not in last.reason_code.split(","):
        return
    refund_change.confirm(
        payment=payment,
        actor=approver,
        reversed_on=today,
        note="이니시스 관리자에서 확인함",
        expected_version=payment.version,
    )
    payment.refresh_from_db()
    # Another attempt's approval may be open still; of its own nothing is.
    assert not payment.discrepancies.filter(imp_uid=payment.imp_uid, is_open=True).exists()


def booked(payment: Payment | None, *, is_own: bool) -> dict[date, int]:
    """Won by Korean day, of one payment or of all."""
    days: Counter[date] = Counter()
    movements = payment.movements.all() if payment else Movement.objects.all()
    for day, amount in movements.filter(is_own=is_own).values_list("day", "amount"):
        days[day] += amount
    return {day: won for day, won in days.items() if won}

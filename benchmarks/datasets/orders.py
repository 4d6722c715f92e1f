"""What becomes of the orders of `two_years`, one by one: what the gateway tells, and when.

An order draws its story by its number, and the story tells answers. What follows from an answer is
the product's own business (`hears`). To let something else happen: a function that takes an order,
and its line in `STORIES`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate
from random import Random
from types import MappingProxyType
from typing import Any

from django.contrib.auth.models import AbstractUser

from payments.core.kst import day_of
from payments.iamport import GatewayPayment, read_payment
from payments.ledger import Draft, Entry
from payments.ledger.write import described
from payments.merchant_uid import ALPHABET, RANDOM_LENGTH
from payments.models import Movement, Payment, PaymentEvent, Product
from payments.models.payment import PROJECTION
from payments.services.discrepancies.cases import Look
from payments.services.verification.compare import Step, compare, told_persons
from payments.services.verification.looks import looks_at
from payments.services.verification.movements import with_movements
from payments.states import EventKind, Finding, Source, Verification

from .answers import Refund, told

# Pay method, PG, MID; and how often.
WAYS = (
    (("card", "html5_inicis", "MOIseed01"), 52),
    (("card", "nice_v2", "nicseed1m"), 14),
    (("card", "tosspayments", "im_seed_toss"), 8),
    (("kakaopay", "kakaopay", "CASEED0001"), 10),
    (("naverpay", "naverpay", "np_seed"), 8),
    (("trans", "html5_inicis", "MOIseed01"), 5),
    (("phone", "danal_tpay", "A0100seed"), 3),
)
# Card company: its code, its name, the first six digits of its cards.
CARDS = (
    ("366", "신한카드", "457916"),
    ("361", "BC카드", "552377"),
    ("381", "KB국민카드", "527289"),
    ("365", "삼성카드", "531070"),
    ("367", "현대카드", "433028"),
    ("041", "NH채움카드", "546111"),
)
BANKS = (("004", "국민은행"), ("088", "신한은행"), ("020", "우리은행"), ("081", "하나은행"))
QUOTAS = (0, 0, 0, 0, 2, 3, 6, 12)
FAMILIES, GIVEN = "김이박최정강조윤장임", ("민지", "서준", "하늘", "지호", "수아", "도윤")
VBANK = ("vbank", "html5_inicis", "MOIseedvb1")
_WAYS = [way for way, _weight in WAYS]
_WAY_WEIGHTS = list(accumulate(weight for _way, weight in WAYS))
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """What all orders share. `step` is the time between two of them."""

    customers: Sequence[AbstractUser]
    products: Sequence[Product]
    begin: datetime
    end: datetime
    step: timedelta
    seed: int


class Order:
    """One order in the making: its payment, events and movements, none of them saved."""

    def __init__(self, shop: Shop, pk: int, number: int) -> None:
        self.draw = Random(shop.seed << 32 | number)
        self.end = shop.end
        self.events: list[PaymentEvent] = []
        self.movements: list[Movement] = []
        # What was seen last of each attempt that differs, or did.
        self.looks: dict[str, Look] = {}
        at = shop.begin + shop.step * (number + self.draw.random())
        self.at = at.replace(microsecond=0)
        (self.way,) = self.draw.choices(_WAYS, cum_weights=_WAY_WEIGHTS)
        self._customer = self.draw.choice(shop.customers)
        self._card, self._bank = self.draw.choice(CARDS), self.draw.choice(BANKS)
        self._quota = self.draw.choice(QUOTAS)
        self._digits = f"{self.draw.randrange(10_000):04d}"
        self.buyer = self.draw.choice(FAMILIES) + self.draw.choice(GIVEN)
        self._phone = f"010-{self.draw.randrange(10_000):04d}-{self.draw.randrange(10_000):04d}"
        self.payment = self._ordered(pk, self.draw.choice(shop.products))
        self.imp_uid = f"imp_2{self.payment.pk:011d}"

    def _ordered(self, pk: int, product: Product) -> Payment:
        tail = "".join(self.draw.choices(ALPHABET, k=RANDOM_LENGTH))
        return Payment(
            pk=pk,
            merchant_uid=f"{day_of(self.at):%Y%m%d}{tail}",
            checkout_key=f"seed-{pk}",
            user_id=self._customer.pk,
            product=product,
            name=product.name,
            amount=product.price,
            pay_method=self.way[0],
            requested_at=self.at,
        )

    def happened(self) -> "Order":
        """With everything that happened to it."""
        (story,) = self.draw.choices(_STORIES, cum_weights=_STORY_WEIGHTS)
        story(self)
        return self

    def later(self, days: float) -> datetime:
        """A second within so many days after the order, a minute at least."""
        seconds = int(self.draw.random() * days * 86_400)
        return self.at + MINUTE + timedelta(seconds=seconds)

    def opens(self, kind: EventKind = EventKind.ORDERED) -> None:
        """The order is placed, or taken in from the gateway's list."""
        changes = {name: getattr(self.payment, name) for name in PROJECTION}
        is_ours = kind is EventKind.ORDERED
        source = Source.CHECKOUT if is_ours else Source.RECONCILIATION
        actor = self._customer if is_ours else None
        self._write(
            Entry(kind=kind, source=source, key=str(kind), actor=actor, changes=changes), self.at
        )

    def hears(self, at: datetime, **answer: Any) -> None:
        """The gateway tells this `at`; nothing, if that has yet to come."""
        if at >= self.end:
            return
        read = read_payment(answer)
        verdict = compare(
            payment=self.payment,
            answer=read,
            asked_imp_uid=read.imp_uid,
            imp_uid_taken=False,
            accepts_test_payments=True,
            now=at,
        )
        verdict, money = with_movements(
            payment=self.payment, answer=read, verdict=verdict, standing=self.movements
        )
        if verdict.findings:
            step = Step(EventKind.DISCREPANCY)
            self._concluded(at, step, answer, money, findings=",".join(verdict.findings))
        elif money and not verdict.steps:
            # A second attempt gave all of it back: nothing is left to say against the order.
            self._concluded(at, Step(EventKind.CONFIRMED), answer, money)
        if verdict.findings or read.imp_uid in self.looks:
            self._sees(read, verdict.findings)
        for step in verdict.steps:
            persons = told_persons(payment=self.payment, answer=read)
            self._concluded(at, step, answer, money, persons)

    def _sees(self, read: GatewayPayment, findings: Sequence[Finding]) -> None:
        seen = looks_at(
            payment=self.payment,
            answer=read,
            others=(),
            findings=findings,
            findings_of_others={},
            holders={},
        )
        self.looks |= {look.imp_uid: look for look in seen}

    def _concluded(
        self,
        at: datetime,
        step: Step,
        answer: dict[str, Any],
        money: Sequence[Draft],
        persons: Mapping[str, str] = MappingProxyType({}),
        findings: str = "",
    ) -> None:
        # As `conclude` names facts.
        is_fact = not findings and step.kind is not EventKind.CANCELLED
        fact = answer["imp_uid"] if is_fact else f"{answer['imp_uid']}:{len(self.events)}"
        outcome = Verification.MISMATCHED if findings else Verification.MATCHED
        entry = Entry(
            kind=step.kind,
            source=Source.WEBHOOK,
            key=f"{step.kind}:{fact}",
            amount=step.amount,
            imp_uid=answer["imp_uid"],
            reason_code=findings,
            changes=step.changes | {"verification": outcome, "verified_at": at},
            answer=answer,
            movements=money,
            aside=persons,
        )
        self._write(entry, at)

    def _write(self, entry: Entry, at: datetime) -> None:
        event, movements = described(payment=self.payment, entry=entry, at=at)
        self.events.append(event)
        self.movements += movements

    def approved(
        self, at: datetime, *refunds: Refund, imp_uid: str = "", **facts: Any
    ) -> dict[str, Any]:
        """What the gateway says of this attempt, approved `at`, with what went back of it."""
        attempt = imp_uid or self.imp_uid
        return told(
            self.payment,
            imp_uid=attempt,
            paid_at=at,
            refunds=refunds,
            **(self._facts(attempt) | facts),
        )

    def _facts(self, attempt: str) -> dict[str, Any]:
        method, provider, mid = self.way
        is_card = method == "card"
        code, company, first6 = self._card
        bank_code, bank_name = self._bank if method == "trans" else (None, None)
        return {
            "pay_method": method,
            "channel": "pc",
            "pg_provider": provider,
            "emb_pg_provider": None,
            "pg_id": mid,
            "pg_tid": f"{provider}_{attempt}",
            "escrow": False,
            "apply_num": attempt[-8:] if is_card else None,
            "card_code": code if is_card else None,
            "card_name": company if is_card else None,
            "card_quota": self._quota if is_card and self.payment.amount >= 50_000 else 0,
            "card_number": f"{first6}00****{self._digits}" if is_card else None,
            "card_type": 0 if is_card else None,
            "bank_code": bank_code,
            "bank_name": bank_name,
            "name": self.payment.name,
            "buyer_name": self.buyer,
            "buyer_email": self._customer.email,
            "buyer_tel": self._phone,
            "started_at": int(self.at.timestamp()),
            "failed_at": 0,
            "fail_reason": None,
            "cancel_reason": None,
            "receipt_url": f"https://receipt.example.com/{attempt}",
            "user_agent": "sorry_not_supported_anymore",
        }


# --- Stories -----------------------------------------------------------------------------------


def _paid(order: Order, **facts: Any) -> datetime:
    order.opens()
    at = order.at + MINUTE
    order.hears(at + timedelta(seconds=3), **order.approved(at, **facts))
    return at


def _refunded(order: Order, *shares: float) -> None:
    """These shares of it went back, one after the other, on later days mostly."""
    paid_at, refunds, at = _paid(order), [], order.at
    for number, share in enumerate(shares, start=1):
        at = max(at + MINUTE, order.later(30 * number))
        refunds.append((int(order.payment.amount * share), at))
        order.hears(at + timedelta(seconds=5), **order.approved(paid_at, *refunds))


def _approved_twice(order: Order) -> None:
    """A second attempt was approved, too; half of them went back on another day."""
    _paid(order)
    at, second = order.at + 5 * MINUTE, f"imp_3{order.payment.pk:011d}"
    order.hears(at + MINUTE, **order.approved(at, imp_uid=second))
    if order.draw.random() < 0.5:
        refund = (order.payment.amount, order.later(3) + 10 * MINUTE)
        answer = order.approved(at, refund, imp_uid=second)
        order.hears(refund[1] + MINUTE, **answer)


def _failed(order: Order) -> None:
    order.opens()
    at = order.at + MINUTE
    failed = {"failed_at": int(at.timestamp()), "fail_reason": "한도 초과"}
    order.hears(at, **(order.approved(at) | failed | {"status": "failed", "paid_at": 0}))


def _by_deposit(order: Order, days: float | None) -> None:
    """Into a virtual account, within so many days; None: never."""
    order.way = VBANK
    order.payment.pay_method = VBANK[0]
    order.opens()
    account: dict[str, Any] = {
        "vbank_name": "국민은행",
        "vbank_num": f"9801{order.payment.pk:08d}",
        "vbank_holder": "데브켓",
        "vbank_date": int((order.at + timedelta(days=3)).timestamp()),
    }
    waiting = account | {"status": "ready", "paid_at": 0}
    order.hears(order.at + MINUTE, **(order.approved(order.at) | waiting))
    if days is not None:
        at = order.later(days) + 2 * MINUTE
        deposit = {
            "amount": order.payment.amount,
            "depositor_name": order.buyer,
            "deposited_at": int(at.timestamp()),
        }
        order.hears(at + MINUTE, **order.approved(at, **account, deposit_history=[deposit]))


def _taken_in(order: Order) -> None:
    """Found in the gateway's list, and nobody has said yet whose it is."""
    order.payment.user_id = order.payment.product = None
    order.opens(EventKind.TAKEN_IN)
    at = order.at + MINUTE
    order.hears(at + MINUTE, **order.approved(at))


# What becomes of an order, and how often in a thousand.
STORIES: tuple[tuple[Callable[[Order], Any], int], ...] = (
    (_paid, 622),
    (lambda order: _refunded(order, 1), 80),
    (lambda order: _refunded(order, 0.3), 50),
    (lambda order: _refunded(order, 0.2, 0.4), 30),
    (lambda order: _refunded(order, 0.5, 0.5), 10),
    (_failed, 60),
    (lambda order: order.opens(), 45),
    (lambda order: _by_deposit(order, 2), 70),
    (lambda order: _by_deposit(order, None), 15),
    (_approved_twice, 5),
    (lambda order: _paid(order, sandbox=True), 8),
    (_taken_in, 5),
)
_STORIES = [story for story, _weight in STORIES]
_STORY_WEIGHTS = list(accumulate(weight for _story, weight in STORIES))

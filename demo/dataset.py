"""The demo's people, products and payments, made by the real services and the stand-in gateway.

Sixty days of orders as a shop would have them, most of them fine, with a handful of planted
differences (`PLANTED`) for staff to find. To add a case: a line in `STORIES` or `PLANTED`.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import requests
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.utils import timezone

from payments import conf
from payments.models import Payment, Product
from payments.services import checkout
from payments.services.verification.verify import verify
from payments.states import Source

PASSWORD = "backoffice-demo"  # printed by the demo, refused outside it
STAFF = {
    "viewer": "Viewer",
    "finance": "Finance",
    "operator": "Operator",
    "approver": "Approver",
    "admin": "Admin",
}
CUSTOMERS = {
    "minji.kim": "김민지",
    "seojun.lee": "이서준",
    "haeun.park": "박하은",
    "doyun.choi": "최도윤",
    "jiwoo.jung": "정지우",
    "siwoo.kang": "강시우",
    "sua.cho": "조수아",
    "yejun.yoon": "윤예준",
    "chaewon.jang": "장채원",
    "juwon.lim": "임주원",
    "jia.han": "한지아",
    "hyunwoo.oh": "오현우",
}
PRODUCTS = (
    ("devket-premium", "Devket 프리미엄 1년 이용권", 99_000, "읽을거리 저장, 하이라이트, 검색"),
    ("devket-premium-month", "Devket 프리미엄 1개월 이용권", 9_900, "한 달 동안 써 보기"),
    ("devket-team", "Devket 팀 이용권 (5인)", 390_000, "팀 공유 보관함과 관리자 기능"),
    ("devket-ebook", "Devket 읽기 습관 전자책", 15_000, "PDF와 EPUB"),
)
DAYS = 60

# What becomes of an order at the gateway, and how often.
STORIES: tuple[tuple[dict[str, Any], int], ...] = (
    ({"outcome": "paid"}, 68),
    ({"outcome": "failed"}, 9),
    ({"outcome": "ready"}, 6),
    ({"outcome": "cancelled"}, 5),
    ({"outcome": "cancelled", "part": 0.4}, 3),
    ({"outcome": "paid", "pay_method": "vbank"}, 6),
    ({"outcome": "vbank", "pay_method": "vbank"}, 3),
)

# One payment each: what the gateway knows and we were never told, or must not believe.
PLANTED: tuple[dict[str, Any], ...] = (
    {"outcome": "paid", "untold": True},
    {"outcome": "paid", "untold": True},
    {"outcome": "paid", "refund_later": True},
    {"outcome": "paid", "refund_later": True, "part": 0.5},
    {"outcome": "paid", "tampered": 100},
    {"outcome": "paid", "tampered": 1_000},
    {"outcome": "paid", "second_approval": True},
    {"outcome": "paid", "test": True},
)
# What the gateway tells of a card and a bank, one after the other.
CARDS = (
    {"card_code": "366", "card_name": "신한카드", "first": "465887"},
    {"card_code": "381", "card_name": "KB국민카드", "first": "457973"},
    {"card_code": "367", "card_name": "현대카드", "first": "433028"},
    {"card_code": "361", "card_name": "BC카드", "first": "920020"},
)
BANKS = (("004", "KB국민은행"), ("020", "우리은행"), ("088", "신한은행"))
MONTHS = (0, 0, 3, 0, 6, 0, 2)
# The gateway allows instalments from this amount on (contract 7.2).
INSTALMENTS_FROM = 50_000


@dataclass(frozen=True, slots=True)
class Order:
    """One order of the plan."""

    number: int
    email: str
    product: str
    pay_method: str
    at: datetime
    story: dict[str, Any]


def make_people() -> None:
    """Staff in their groups, customers, all with the demo's password."""
    users = get_user_model().objects
    for name, group in STAFF.items():
        email = f"{name}@example.com"
        if not users.filter(email=email).exists():
            user = users.create_user(name, email, PASSWORD, is_staff=True, first_name=group)
            user.groups.add(Group.objects.get(name=group))
            user.confirm_email()
    for name, full_name in CUSTOMERS.items():
        email = f"{name}@example.com"
        if not users.filter(email=email).exists():
            users.create_user(name, email, PASSWORD, first_name=full_name).confirm_email()


def make_products() -> None:
    """What the shop sells."""
    for slug, name, price, description in PRODUCTS:
        Product.objects.get_or_create(
            slug=slug, defaults={"name": name, "price": price, "description": description}
        )


def plan(*, count: int, now: datetime) -> Iterator[Order]:
    """The orders, oldest first: the same ones for the same `count` and `now`."""
    chance = random.Random(20221129)  # the same data every time
    stories = [story for story, weight in STORIES for _ in range(weight)]
    times = sorted(now - timedelta(days=DAYS * chance.random() ** 1.2) for _ in range(count))
    planted = dict(zip(sorted(chance.sample(range(count), len(PLANTED))), PLANTED, strict=True))
    for number, at in enumerate(times):
        story = planted.get(number) or chance.choice(stories)
        yield Order(
            number=number,
            email=f"{chance.choice(list(CUSTOMERS))}@example.com",
            product=chance.choice(PRODUCTS)[0],
            pay_method=story.get("pay_method") or chance.choice(["card", "card", "card", "trans"]),
            at=at,
            story=story,
        )


class Gateway:
    """The stand-in's control API: what buyers and the gateway's own console do."""

    def __init__(self) -> None:
        self._url = f"{conf.gateway().api_url}/_sandbox"
        self._http = requests.Session()

    def is_up(self) -> bool:
        """Whether it answers."""
        try:
            return self._http.get(f"{self._url}/health", timeout=2).ok
        except requests.RequestException:
            return False

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Call it; raises requests.HTTPError if it refuses."""
        response = self._http.post(f"{self._url}/{path}", json=body, timeout=10)
        response.raise_for_status()
        answer: dict[str, Any] = response.json()
        return answer


def play(order: Order, gateway: Gateway) -> Payment:
    """Let one order happen: the customer orders, uses the window, and we are told, or not."""
    payment = checkout.start(
        user=get_user_model().objects.get(email=order.email),
        product=Product.objects.get(slug=order.product),
        pay_method=order.pay_method,
        checkout_key=f"demo-{order.number}",
        requested_at=order.at,
    )
    attempt = gateway.post("payments", _window(order, payment))
    if order.story.get("untold"):
        return payment
    verify(payment=payment, source=Source.BROWSER, imp_uid=attempt["imp_uid"])
    _afterwards(order, payment, attempt, gateway)
    return payment


def _window(order: Order, payment: Payment) -> dict[str, Any]:
    """What the buyer did, for the stand-in. Amounts in won, times in unix seconds."""
    story, started = order.story, int(order.at.timestamp())
    body = {
        "merchant_uid": payment.merchant_uid,
        "amount": story.get("tampered", payment.amount),
        "ignore_prepare": "tampered" in story,
        "outcome": story["outcome"],
        "pay_method": order.pay_method,
        "name": payment.name,
        "buyer_email": order.email,
        "buyer_name": CUSTOMERS[order.email.partition("@")[0]],
        "buyer_tel": _telephone(order),
        "sandbox": "test" in story,
        "escrow": order.pay_method == "trans" and order.number % 4 == 0,
        "started_at": started,
        "webhook": False,
    }
    if story["outcome"] in {"paid", "cancelled"}:
        body |= {"paid_at": started + 40, "fields": _told(order, payment.amount, started + 40)}
    if story["outcome"] == "failed":
        body["failed_at"] = started + 65
    if story["outcome"] == "cancelled":
        body["cancelled_at"] = min(started + 90_000, int(timezone.now().timestamp()))
        body["cancel_amount"] = _part(story, payment.amount)
    if story["outcome"] == "vbank":
        body["vbank_due"] = int((timezone.now() + timedelta(days=3)).timestamp())
    return body


def _telephone(order: Order) -> str:
    """One for each customer."""
    number = 1_000 + 7_919 * list(CUSTOMERS).index(order.email.partition("@")[0]) % 9_000
    return f"010-{9_999 - number:04}-{number:04}"


def _told(order: Order, amount: int, paid_at: int) -> dict[str, Any]:
    """What the gateway tells of the card, the bank or the depositor, besides what it makes up."""
    if order.pay_method == "card":
        card = CARDS[order.number % len(CARDS)]
        last = f"{order.number * 7_919 % 10_000:04}"
        months = MONTHS[order.number % len(MONTHS)] if amount >= INSTALMENTS_FROM else 0
        told: dict[str, Any] = {name: card[name] for name in ("card_code", "card_name")}
        return told | {"card_number": f"{card['first']}******{last}", "card_quota": months}
    if order.pay_method == "trans":
        code, name = BANKS[order.number % len(BANKS)]
        return {"bank_code": code, "bank_name": name}
    name = CUSTOMERS[order.email.partition("@")[0]]
    return {"deposit_history": [{"depositor_name": name, "deposited_at": paid_at}]}


def _afterwards(order: Order, payment: Payment, attempt: dict[str, Any], gateway: Gateway) -> None:
    """What happens at the gateway behind our back."""
    if order.story.get("refund_later"):
        # The webhook of this refund meets a shop that is not up yet: it was sent once and is lost.
        refund = {"amount": _part(order.story, payment.amount), "reason": "고객 변심"}
        gateway.post(f"payments/{attempt['imp_uid']}/cancel", refund)
    if order.story.get("second_approval"):
        again = gateway.post("payments", _window(order, payment) | {"ignore_prepare": True})
        verify(payment=payment, source=Source.REDIRECT, imp_uid=again["imp_uid"])


def _part(story: dict[str, Any], amount: int) -> int:
    """The refunded won of a story: all of it, or a part rounded to 100 won."""
    return int(amount * story["part"]) // 100 * 100 if "part" in story else amount

"""Fills the database that both sides are shown: the demo's shop, and then what a year brings.

Run in the base's checkout, with its stand-in gateway. Everything goes
through doors whose names stay: commands, URL names with the fields of their forms, the gateway's
control API. To add a story: a function of `Shop`, called by `tell`; a state that no story leads to:
a row in `rows`.
"""

import os
import runpy
import sys
from datetime import timedelta
from typing import Any

import requests
import time_machine
from django.apps import apps
from django.core.management import call_command, get_commands
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from . import rows
from .desk import Desk
from .people import add_people
from .runs import add_runs
from .sides import SEEDED, set_clock

CLOSED_FOR = 5  # days, the last of them the day before yesterday


class Shop:
    """The shop's story after the demo's sixty days."""

    def __init__(self, gateway: str) -> None:
        self._gateway = gateway
        self.payments = apps.get_model("payments", "Payment").objects
        self.products = apps.get_model("payments", "Product").objects
        self.discrepancies = apps.get_model("payments", "Discrepancy").objects
        self.root, self.operator = Desk("root@example.com"), Desk("operator@example.com")
        self.customer = Desk("minji.kim@example.com")

    def tell(self) -> None:
        """In this order: each builds on what was before."""
        self.strange_payments()
        self.webhooks()
        self.reconcile(days=7)
        self.close_days()
        self.verify_some()
        self.reconcile(days=62)
        self.work_off()
        self.move_closed_days()
        self.mark_failed_and_paid_late()
        self.write_and_look()
        self.take_files()
        self.silence()

    def control(self, path: str, body: Any = None, method: str = "POST") -> Any:
        """What buyers, and the gateway's own people, do."""
        url = f"{self._gateway}/_sandbox/{path}"
        answer = requests.request(method, url, json=body, timeout=10)
        answer.raise_for_status()
        return answer.json()

    def order(self, key: str, **paid: Any) -> tuple[str, str]:
        """An order of the first product and what the buyer did with it: (order number, imp_uid)."""
        product = self.products.earliest("pk")
        body = {"product": product.slug, "checkout_key": key, "buyer_tel": "010-1234-5678"}
        method = paid.get("pay_method", "card")
        answer = self.customer.post("checkout:start", **body, pay_method=method)
        number = str(answer.json()["params"]["merchant_uid"])
        bought = {"merchant_uid": number, "amount": product.price, "webhook": False} | paid
        return number, str(self.control("payments", bought)["imp_uid"])

    def complete(self, number: str, imp_uid: str) -> None:
        """The buyer's browser comes back."""
        self.customer.client.post(
            reverse("checkout:complete"), {"merchant_uid": number, "imp_uid": imp_uid}
        )

    def paid(self, number: int) -> Any:
        """So many paid payments, the newest first, that the gateway says the same about."""
        agreeing = self.payments.filter(status="paid", verification="matched")
        return list(agreeing.order_by("-paid_at")[:number])

    def strange_payments(self) -> None:
        """What only the gateway has, what it says otherwise, deposits that are due."""
        for number in range(5):
            body = {"amount": 10_000 + number, "buyer_email": "seojun.lee@example.com"}
            self.control(
                "payments", body | {"merchant_uid": f"elsewhere-{number}", "webhook": False}
            )
        there = self.paid(6)
        self.control(f"payments/{there[0].imp_uid}", method="DELETE")
        lies = ({"currency": "USD"}, {"merchant_uid": "other"}, {"status": "failed"}, {"amount": 1})
        for payment, lie in zip(there[1:], lies, strict=False):
            self.control(f"payments/{payment.imp_uid}", lie, method="PATCH")
        self.control("payments", {"merchant_uid": "test-1", "amount": 500, "sandbox": True})
        for hours in (-2, 12, 100):
            due = int((timezone.now() + timedelta(hours=hours)).timestamp())
            order = self.order(f"due-{hours}", pay_method="vbank", outcome="vbank", vbank_due=due)
            self.complete(*order)

    def webhooks(self) -> None:
        """Of each outcome that a delivery can have."""
        quiet, refunded = self.paid(9)[-2:]
        self.control(f"payments/{refunded.imp_uid}/cancel", {"amount": 1_000})
        unknown = self.control("payments", {"merchant_uid": "unknown-1", "amount": 700})
        late = self.order("late-webhook")
        for imp_uid, number in (
            (quiet.imp_uid, quiet.merchant_uid),
            (refunded.imp_uid, refunded.merchant_uid),
            (late[1], late[0]),
            (unknown["imp_uid"], "unknown-1"),
            ("imp_999999999999", quiet.merchant_uid),
            ("imp/../1", "x"),
            ("test", "test"),
        ):
            self._webhook(imp_uid, number)
        for payment in self.payments.filter(verification="mismatched").exclude(imp_uid=None)[:2]:
            self._webhook(payment.imp_uid, payment.merchant_uid)
        Client().post(reverse("webhooks:iamport"), b"\xff nothing", content_type="text/plain")

    def _webhook(self, imp_uid: str | None, number: str) -> None:
        body = {"imp_uid": imp_uid, "merchant_uid": number, "status": "paid"}
        Client().post(reverse("webhooks:iamport"), body, content_type="application/json")

    def close_days(self) -> None:
        """Several days, one after the other."""
        today = SEEDED.date()
        for days in range(CLOSED_FOR + 1, 1, -1):
            day = f"day={today - timedelta(days=days)}"
            close = "admin:payments_dailyclose_close"
            self.root.send(close, having="seen", filters=day, begin="yes")
        assert apps.get_model("payments", "DailyClose").objects.count() == CLOSED_FOR

    def verify_some(self) -> None:
        """Runs over filters, one of them while the gateway is silent about some."""
        day = SEEDED.date() - timedelta(days=20)
        command("verify_payments", f"--filter=from={day}&basis=requested")
        command("verify_payments", "--filter=status=ready,failed", "--search=method:card")

    def reconcile(self, *, days: int) -> None:
        """The last so many days beside the gateway's list."""
        last = SEEDED.date()
        command("reconcile", f"--from={last - timedelta(days=days)}", f"--to={last}")

    def work_off(self) -> None:
        """Discrepancies that are owned, closed for each reason, opened again, taken in."""
        open_ones = list(self.discrepancies.filter(is_open=True))
        missing = [row for row in open_ones if rows.is_missing_here(row)]
        differing = [row for row in open_ones if row not in missing]
        for difference in differing[:4]:
            self.operator.post("admin:payments_discrepancy_own", difference.pk, version=0, owner="")
            self._owned(self.operator, difference)
        reasons = ("corrected", "corrected_there", "refunded", "accepted", "other")
        for difference, reason in zip(differing[2:], reasons, strict=False):
            self._decided("close", difference, reason=reason)
        self._decided("reopen", differing[2])
        for difference, whose in zip(missing[:3], ("nobody", "nobody", "suggested"), strict=False):
            take_in = "admin:payments_discrepancy_take_in"
            self.root.send(take_in, difference.pk, having="whose", whose=whose)
        taken_in = self.payments.filter(user=None).earliest("pk")
        buyer = apps.get_model("accounts", "User").objects.get(email="seojun.lee@example.com").pk
        note = "Her ticket 77 names this order"
        self.root.post("admin:payments_payment_customer", taken_in.pk, customer=buyer, note=note)

    def _owned(self, desk: Desk, difference: Any) -> None:
        difference.refresh_from_db()
        owner = apps.get_model("accounts", "User").objects.get(email="operator@example.com").pk
        own = "admin:payments_discrepancy_own"
        desk.post(own, difference.pk, version=difference.version, owner=owner)

    def _decided(self, what: str, difference: Any, **more: str) -> None:
        difference.refresh_from_db()
        words = f"{what}: looked into it, ticket {difference.pk}"
        name = f"admin:payments_discrepancy_{what}"
        self.operator.post(name, difference.pk, version=difference.version, text=words, **more)

    def move_closed_days(self) -> None:
        """After their close: a refund of one day, a payment that comes to another."""
        day = SEEDED - timedelta(days=3)
        closed = self.payments.filter(status="paid", paid_at__lt=day).order_by("-paid_at")
        for payment in closed[:2]:
            self.control(f"payments/{payment.imp_uid}/cancel", {"amount": payment.amount // 2})
            self.operator.post("admin:payments_payment_verify", payment.pk)
        when = int((SEEDED - timedelta(days=5)).timestamp())
        self.complete(*self.order("comes-late", started_at=when, paid_at=when + 60))

    def mark_failed_and_paid_late(self) -> None:
        """Orders that staff mark failed, one of which is paid all the same."""
        number, imp_uid = self.order("late-approval", outcome="ready")
        open_orders = [*self.payments.filter(status="ready", vbank_num="").order_by("pk")[:2]]
        for payment in (*open_orders, self.payments.get(merchant_uid=number)):
            self.operator.send(
                "admin:payments_payment_mark_failed",
                having="record",
                filters=f"id={payment.pk}",
                reason="fraud",
                note="Two cards, one address",
            )
        self.control(f"payments/{imp_uid}", {"status": "paid", "paid_at": 1_776_229_000}, "PATCH")
        self._webhook(imp_uid, number)

    def write_and_look(self) -> None:
        """Notes, saved views, a changed product, a name that was looked at."""
        payment = self.paid(1)[0]
        for desk, words in ((self.root, "She called again."), (self.operator, "계좌 확인 중")):
            desk.post("admin:payments_payment_note", payment.pk, text=words)
        for desk in (self.root, self.operator, Desk("viewer@example.com")):
            for name, query in (("Refunds", "status=cancelled"), ("큰 금액", "amount_min=100000")):
                desk.post("admin:payments_payment_save_view", name=name, query=query)
        page = reverse("admin:payments_payment_change", args=[payment.pk])
        finance = Desk("finance@example.com")
        finance.post("admin:payments_payment_unmask", reason="She asks for a receipt", next=page)
        finance.client.get(page)
        product = self.products.latest("pk")
        change: dict[str, Any] = {"name": "Devket 전자책", "active": []}
        self.root.send("admin:payments_product_change", product.pk, having="slug", **change)

    def take_files(self) -> None:
        """Exports, so that there are records of them."""
        reason = {"reason": "closing March, ticket 1234", "personal": "masked"}
        finance = Desk("finance@example.com")
        filters = "status=paid&period=30d"
        finance.post("admin:payments_payment_export", filters=filters, **reason)
        finance.post("admin:payments_dailyclose_daily_csv", **reason)

    def silence(self) -> None:
        """The gateway is silent when it is asked, and one order nobody has asked about."""
        self.order("never-asked")
        self.control("faults", {"kind": "status", "status": 503})
        for payment in self.paid(12)[-2:]:
            self._webhook(payment.imp_uid, payment.merchant_uid)
            self.operator.post("admin:payments_payment_verify", payment.pk)
        self.control("faults", method="DELETE")


def command(name: str, *words: str) -> None:
    """A command whose exit code says what it found, which is no failure here."""
    try:
        call_command(name, *words)
    except SystemExit as end:
        if end.code not in {0, 1, 2}:
            raise


def demo() -> None:
    """The demo's own data, by whichever way this commit has."""
    if "seed_demo" in get_commands():
        call_command("seed_demo")
        return
    sys.argv = ["demo.seed"]
    runpy.run_module("demo.seed", run_name="__main__", alter_sys=True)


def main() -> None:
    """Migrate and fill the database of DATABASE_URL through the gateway at IAMPORT_API_URL."""
    gateway = os.environ["IAMPORT_API_URL"]
    set_clock(gateway, SEEDED)
    with time_machine.travel(SEEDED, tick=True):
        call_command("migrate", verbosity=0)
        demo()
        add_people()
        Shop(gateway).tell()
        add_runs()
        rows.add_states()
    rows.report()

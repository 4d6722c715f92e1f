"""The webhook endpoint: everything is kept, nothing is believed."""

import json
import threading
from typing import Any

import pytest
import requests
from django.test import Client

from accounts.models import User
from payments.models import Payment, Product, WebhookDelivery
from payments.services.ledger_audit import problems_of
from tests.gateway import SandboxGateway
from tests.payments.conftest import kinds, start

URL = "/webhooks/iamport/"


def post(client: Client, **body: Any) -> tuple[int, WebhookDelivery]:
    response = client.post(URL, json.dumps(body), content_type="application/json")
    return response.status_code, WebhookDelivery.objects.latest("pk")


def body_of(attempt: dict[str, Any], **changes: Any) -> dict[str, Any]:
    facts = {name: attempt[name] for name in ("imp_uid", "merchant_uid", "status")}
    return facts | changes


@pytest.fixture
def attempt(payment: Payment, sandbox: SandboxGateway) -> dict[str, Any]:
    """The customer paid; only the gateway knows."""
    return sandbox.pay(payment.merchant_uid, 99_000)


class TestARealOne:
    def test_json_is_stored_and_applied(
        self, client: Client, payment: Payment, attempt: dict[str, Any]
    ) -> None:
        status, delivery = post(client, **body_of(attempt))
        payment.refresh_from_db()
        assert (status, delivery.outcome) == (200, "applied")
        assert delivery.payment == payment
        assert payment.is_paid
        assert payment.events.get(kind="paid").source == "webhook"

    def test_a_form_is_stored_and_applied(
        self, client: Client, payment: Payment, attempt: dict[str, Any]
    ) -> None:
        assert client.post(URL, body_of(attempt)).status_code == 200
        form = "&".join(f"{name}={value}" for name, value in body_of(attempt).items())
        client.post(URL, form, content_type="application/x-www-form-urlencoded")
        payment.refresh_from_db()
        assert payment.is_paid
        assert WebhookDelivery.objects.latest("pk").imp_uid == attempt["imp_uid"]

    def test_the_same_again_changes_nothing_and_is_kept(
        self, client: Client, payment: Payment, attempt: dict[str, Any]
    ) -> None:
        post(client, **body_of(attempt))
        before = kinds(payment)
        status, delivery = post(client, **body_of(attempt))
        assert (status, delivery.outcome) == (200, "harmless")
        assert kinds(payment) == before

    def test_an_old_word_does_not_undo_a_newer_fact(
        self, client: Client, payment: Payment, sandbox: SandboxGateway
    ) -> None:
        account = sandbox.pay(payment.merchant_uid, 99_000, outcome="vbank", pay_method="vbank")
        sandbox.deposit(account["imp_uid"])
        post(client, **body_of(account, status="paid"))
        status, delivery = post(client, **body_of(account, status="ready"))
        payment.refresh_from_db()
        assert (status, delivery.outcome) == (200, "harmless")
        assert payment.is_paid

    def test_a_refund_from_the_console_arrives(
        self, client: Client, payment: Payment, sandbox: SandboxGateway, attempt: dict[str, Any]
    ) -> None:
        post(client, **body_of(attempt))
        refund = sandbox.cancel(attempt["imp_uid"], 9_000)
        entry = refund["cancel_history"][0]
        post(
            client, **body_of(attempt, status="cancelled", cancellation_id=entry["cancellation_id"])
        )
        payment.refresh_from_db()
        assert (payment.status, payment.cancelled_amount) == ("cancelled", 9_000)
        assert WebhookDelivery.objects.latest("pk").cancellation_id == entry["cancellation_id"]


class TestAForgedOne:
    def test_an_invented_payment_changes_nothing_and_is_kept(
        self, client: Client, payment: Payment
    ) -> None:
        before = kinds(payment)
        status, delivery = post(
            client,
            imp_uid="imp_999999999999",
            merchant_uid=payment.merchant_uid,
            status="paid",
            amount=99_000,
        )
        payment.refresh_from_db()
        assert (status, delivery.outcome) == (200, "not_yet")
        assert payment.status == "ready"
        assert kinds(payment) == before

    def test_an_invented_payment_of_no_order_of_ours_is_called_forged_at_once(
        self, client: Client, payment: Payment
    ) -> None:
        status, delivery = post(client, imp_uid="imp_999999999999", merchant_uid="x")
        assert (status, delivery.outcome, delivery.payment) == (200, "forged", None)
        assert delivery.next_attempt_at is None

    def test_an_open_window_called_paid_stays_open(
        self, client: Client, payment: Payment, sandbox: SandboxGateway
    ) -> None:
        window = sandbox.pay(payment.merchant_uid, 99_000, outcome="ready")
        status, delivery = post(client, **body_of(window, status="paid"))
        payment.refresh_from_db()
        assert (status, delivery.outcome) == (200, "harmless")
        assert payment.status == "ready"

    def test_another_orders_payment_settles_that_order_only(
        self, client: Client, payment: Payment, others_payment: Payment, sandbox: SandboxGateway
    ) -> None:
        theirs = sandbox.pay(others_payment.merchant_uid, 99_000)
        _, delivery = post(client, **body_of(theirs, merchant_uid=payment.merchant_uid))
        payment.refresh_from_db()
        others_payment.refresh_from_db()
        assert (delivery.outcome, delivery.payment) == ("body_disagreed", others_payment)
        assert payment.status == "ready"
        assert others_payment.is_paid

    @pytest.mark.parametrize("claimed", ["x", "20260401ABCDEFGHJKLM", "\uc8fc\ubb38", "0"])
    def test_a_right_id_with_a_wrong_order_number_pays_the_order_and_says_so(
        self, client: Client, payment: Payment, attempt: dict[str, Any], claimed: str
    ) -> None:
        status, delivery = post(client, **body_of(attempt, merchant_uid=claimed))
        payment.refresh_from_db()
        assert payment.is_paid
        assert (status, delivery.outcome) == (200, "body_disagreed")
        assert (delivery.payment, delivery.merchant_uid) == (payment, claimed)

    def test_the_same_once_more_moved_nothing_and_is_called_forged(
        self, client: Client, payment: Payment, attempt: dict[str, Any]
    ) -> None:
        post(client, **body_of(attempt))
        status, delivery = post(client, **body_of(attempt, merchant_uid="x"))
        assert (status, delivery.outcome, delivery.payment) == (200, "forged", payment)

    def test_our_number_on_a_payment_of_another_shop_is_forged(
        self, client: Client, payment: Payment, sandbox: SandboxGateway
    ) -> None:
        foreign = sandbox.pay("ORDER-OF-ANOTHER-SHOP", 99_000)
        _, delivery = post(client, **body_of(foreign, merchant_uid=payment.merchant_uid))
        payment.refresh_from_db()
        assert (delivery.outcome, payment.status) == ("forged", "ready")

    def test_another_amount_with_a_wrong_number_is_a_difference_of_the_order_it_is_about(
        self, client: Client, payment: Payment, sandbox: SandboxGateway
    ) -> None:
        cheap = sandbox.pay(payment.merchant_uid, 100, ignore_prepare=True)
        _, delivery = post(client, **body_of(cheap, merchant_uid="x"))
        assert (delivery.outcome, delivery.payment) == ("mismatched", payment)

    def test_a_tampered_amount_is_told(
        self, client: Client, payment: Payment, sandbox: SandboxGateway
    ) -> None:
        cheap = sandbox.pay(payment.merchant_uid, 100, ignore_prepare=True)
        status, delivery = post(client, **body_of(cheap))
        payment.refresh_from_db()
        assert (status, delivery.outcome) == (200, "mismatched")
        assert (payment.status, payment.verification) == ("ready", "mismatched")


class TestOddOnes:
    def test_an_order_that_is_not_ours_is_kept(
        self, client: Client, db: None, sandbox: SandboxGateway
    ) -> None:
        foreign = sandbox.pay("ORDER-OF-ANOTHER-SHOP", 5_000)
        status, delivery = post(client, **body_of(foreign))
        assert (status, delivery.outcome, delivery.payment) == (200, "unknown_order", None)

    @pytest.mark.parametrize("body", [{"imp_uid": "", "merchant_uid": "test"}, {"test": "yes"}])
    def test_the_consoles_test_call_is_harmless(
        self, client: Client, db: None, sandbox: SandboxGateway, body: dict[str, str]
    ) -> None:
        status, delivery = post(client, **body)
        assert (status, delivery.outcome) == (200, "test_call")
        assert sandbox.calls()["counts"] == {}

    @pytest.mark.parametrize("body", [b"", b"\xff\x00", b"[1]", b"null", b"{", b'"imp_1"'])
    def test_an_unreadable_body_is_kept_and_refused(
        self, client: Client, db: None, body: bytes
    ) -> None:
        response = client.post(URL, body, content_type="application/json")
        assert response.status_code == 400
        assert WebhookDelivery.objects.get().outcome == "invalid"

    def test_a_huge_body_is_refused(self, client: Client, db: None) -> None:
        response = client.post(URL, b"x" * 100_000, content_type="application/json")
        assert response.status_code == 413
        assert not WebhookDelivery.objects.exists()

    def test_odd_types_do_not_crash_it(self, client: Client, db: None) -> None:
        status, delivery = post(client, imp_uid={"a": 1}, merchant_uid=["x"], status=None)
        assert (status, delivery.outcome) == (200, "test_call")

    def test_it_takes_post_only(self, client: Client, db: None) -> None:
        assert client.get(URL).status_code == 405


class TestWhenTheGatewayIsInTrouble:
    def test_the_delivery_is_kept_and_the_gateway_is_asked_to_repeat(
        self, client: Client, payment: Payment, sandbox: SandboxGateway, attempt: dict[str, Any]
    ) -> None:
        sandbox.fault("status", match={"path": "/payments*"}, status=502)
        status, delivery = post(client, **body_of(attempt))
        payment.refresh_from_db()
        assert (status, delivery.outcome) == (503, "failed")
        assert delivery.error
        assert payment.status == "ready"
        sandbox.heal()
        status, delivery = post(client, **body_of(attempt))
        payment.refresh_from_db()
        assert (status, delivery.outcome) == (200, "applied")
        assert payment.is_paid

    def test_the_delivery_survives_a_mistake_of_ours(
        self,
        client: Client,
        payment: Payment,
        attempt: dict[str, Any],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        def broken(**kwargs: object) -> None:
            raise ZeroDivisionError

        monkeypatch.setattr("payments.services.webhooks.attempts.settle", broken)
        client.raise_request_exception = False
        response = client.post(URL, json.dumps(body_of(attempt)), content_type="application/json")
        assert response.status_code == 500
        delivery = WebhookDelivery.objects.get()
        assert delivery.outcome == "failed"
        assert "ZeroDivisionError" in delivery.error


@pytest.mark.django_db(transaction=True)
def test_twenty_at_once_with_the_browsers_return_make_one_transition(
    live_server: Any, sandbox: SandboxGateway, customer: User, product: Product
) -> None:
    payment = start(customer, product)
    attempt = sandbox.pay(payment.merchant_uid, 99_000)
    browser = Client()
    browser.force_login(customer)
    cookies = {"sessionid": browser.cookies["sessionid"].value, "csrftoken": "a" * 32}
    together = threading.Barrier(21)
    statuses: list[int] = []

    def webhook(number: int) -> None:
        together.wait()
        data, url = body_of(attempt), live_server.url + URL
        if number % 2:
            response = requests.post(url, data=data, timeout=30)
        else:
            response = requests.post(url, json=data, timeout=30)
        statuses.append(response.status_code)

    def complete() -> None:
        together.wait()
        body = {"imp_uid": attempt["imp_uid"], "merchant_uid": payment.merchant_uid}
        response = requests.post(
            f"{live_server.url}/checkout/complete/",
            json=body,
            cookies=cookies,
            headers={"X-CSRFToken": "a" * 32, "Referer": live_server.url},
            timeout=30,
        )
        statuses.append(response.status_code)

    threads = [threading.Thread(target=webhook, args=(number,)) for number in range(20)]
    threads.append(threading.Thread(target=complete))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    payment.refresh_from_db()
    assert statuses == [200] * 21
    assert payment.is_paid
    assert kinds(payment).count("paid") == 1
    assert WebhookDelivery.objects.count() == 20
    assert list(problems_of(payment)) == []

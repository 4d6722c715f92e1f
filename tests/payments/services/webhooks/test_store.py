"""What is stored of a delivery, and how much of what anybody may post."""

import hashlib
import json
from typing import Any

import pytest
from django.test import Client

from payments.models import Payment, WebhookDelivery
from payments.services import webhooks
from payments.services.webhooks import store
from tests.gateway import SandboxGateway
from tests.payments.conftest import kinds

ADDRESS = "203.0.113.9"


def body_of(merchant_uid: str, imp_uid: str = "imp_123456789012", filling: int = 0) -> bytes:
    fields = {"imp_uid": imp_uid, "merchant_uid": merchant_uid, "filling": "x" * filling}
    return json.dumps(fields).encode()


def receive(body: bytes, remote_address: str | None = ADDRESS) -> WebhookDelivery:
    return webhooks.receive(
        body=body, content_type="application/json", remote_address=remote_address
    )


class TestItIsQuick:
    def test_one_about_an_order_of_ours_takes_two_statements(
        self, payment: Payment, django_assert_num_queries: Any
    ) -> None:
        with django_assert_num_queries(2):
            receive(body_of(payment.merchant_uid))

    def test_any_other_three(self, payment: Payment, django_assert_num_queries: Any) -> None:
        with django_assert_num_queries(3):
            receive(body_of("x"))
        with django_assert_num_queries(2):
            receive(b"{")


class TestTheBody:
    def test_a_usual_one_is_kept_whole(self, payment: Payment) -> None:
        for number in (payment.merchant_uid, "x"):
            body = body_of(number)
            delivery = receive(body)
            assert (delivery.body, delivery.body_size) == (body.decode(), len(body))
            assert delivery.body_hash == ""

    def test_of_one_about_nothing_of_ours_little_is_kept(self, db: None) -> None:
        body = body_of("x", filling=16_000)
        delivery = receive(body)
        assert delivery.body == body.decode()[: store.KEPT_OF_STRANGERS]
        assert delivery.body_size == len(body)
        assert delivery.body_hash == hashlib.sha256(body).hexdigest()
        # What it named is read from all of it.
        assert delivery.imp_uid == "imp_123456789012"

    def test_nor_of_what_cannot_be_read(self, db: None) -> None:
        assert len(receive(b"\xff" * 16_000).body) <= store.KEPT_OF_STRANGERS

    def test_of_ours_more_but_not_any_amount(self, payment: Payment) -> None:
        assert receive(body_of(payment.merchant_uid, filling=3_000)).body_hash == ""
        huge = receive(body_of(payment.merchant_uid, filling=16_000))
        assert (len(huge.body), bool(huge.body_hash)) == (store.KEPT_OF_OURS, True)

    def test_a_field_at_its_end_is_found(self, db: None) -> None:
        body = b'{"filling": "' + b"x" * 8_000 + b'", "imp_uid": "imp_1"}'
        assert receive(body).imp_uid == "imp_1"


class TestTheLimitOfAnAddress:
    @pytest.fixture(autouse=True)
    def two(self, settings: Any) -> None:
        settings.WEBHOOK_STRANGERS_PER_MINUTE = 2

    @pytest.mark.parametrize("body", [body_of("x"), b"{", b'{"test": 1}', b""])
    def test_one_address_may_post_only_so_much_that_is_not_about_our_orders(
        self, client: Client, db: None, sandbox: SandboxGateway, body: bytes
    ) -> None:
        def posted() -> int:
            return client.post(
                "/webhooks/iamport/", body, content_type="application/json"
            ).status_code

        assert 429 not in {posted(), posted()}
        assert posted() == 429
        assert WebhookDelivery.objects.count() == 2

    def test_who_is_refused_reads_for_how_long(self, client: Client, db: None) -> None:
        for _number in range(2):
            receive(b"{", "127.0.0.1")
        response = client.post("/webhooks/iamport/", b"{", content_type="application/json")
        assert 1 <= int(response.headers["Retry-After"]) <= 60
        assert response.json() == {"outcome": "too_many"}

    def test_it_never_holds_back_what_is_about_an_order_of_ours(
        self, client: Client, payment: Payment, sandbox: SandboxGateway
    ) -> None:
        paid = sandbox.pay(payment.merchant_uid, payment.amount)
        for _number in range(2):
            receive(b"{", "127.0.0.1")
        with pytest.raises(webhooks.TooMany):
            receive(b"{", "127.0.0.1")
        for _number in range(3):
            body = body_of(payment.merchant_uid, paid["imp_uid"])
            response = client.post("/webhooks/iamport/", body, content_type="application/json")
            assert response.status_code == 200
        payment.refresh_from_db()
        assert payment.is_paid
        # Also by the attempt's id alone, once it is known.
        assert receive(body_of("x", paid["imp_uid"]), "127.0.0.1").payment == payment
        assert kinds(payment).count("paid") == 1

    def test_another_address_is_not_meant(self, db: None) -> None:
        for _number in range(2):
            receive(b"{")
        assert receive(b"{", "203.0.113.10").pk
        assert receive(b"{", None).pk

    def test_a_whole_network_of_ipv6_is_one(self, db: None) -> None:
        for number in range(2):
            receive(b"{", f"2001:db8::{number}")
        with pytest.raises(webhooks.TooMany):
            receive(b"{", "2001:db8::99")

    def test_it_can_be_switched_off(self, db: None, settings: Any) -> None:
        settings.WEBHOOK_STRANGERS_PER_MINUTE = 0
        for _number in range(5):
            receive(b"{")
        assert WebhookDelivery.objects.count() == 5

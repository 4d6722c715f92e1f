"""The pages of one's own payments: the list, one payment in each state, and asking again."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from payments.core import kst
from payments.models import Payment, Product
from payments.pay_methods import label
from payments.services.verification.verify import verify
from payments.states import Source
from tests.gateway import SandboxGateway
from tests.payments.checkout.conftest import Browser, state
from tests.payments.conftest import start

# 2022-11-29 12:15:57 in Korea, the example of contract 3.3.
PAID_AT = 1669691757


def text(browser: Browser, url: str) -> str:
    response = browser.client.get(url)
    assert response.status_code == 200
    return str(response.content.decode())


def settled(payment: Payment) -> Payment:
    return verify(payment=payment, source=Source.BROWSER).payment


class TestMyPayments:
    def test_signed_out_leads_to_sign_in(self, nobody: Browser, payment: Payment) -> None:
        for url in ("/payments/", f"/payments/{payment.merchant_uid}/"):
            response = nobody.client.get(url)
            assert response.status_code == 302
            assert response["Location"] == f"/accounts/login/?next={url}"

    def test_there_are_only_ones_own(
        self, buyer: Browser, payment: Payment, others_payment: Payment
    ) -> None:
        page = text(buyer, "/payments/")
        assert payment.merchant_uid in page
        assert others_payment.merchant_uid not in page

    def test_a_paid_one_has_its_receipt_in_the_list(
        self, buyer: Browser, payment: Payment, sandbox: SandboxGateway
    ) -> None:
        receipt = sandbox.pay(payment.merchant_uid, 99_000)["receipt_url"]
        assert receipt not in text(buyer, "/payments/")
        settled(payment)
        assert f'href="{receipt}"' in text(buyer, "/payments/")

    @pytest.mark.parametrize("method", ["get", "post"])
    def test_somebody_elses_is_404_as_if_it_did_not_exist(
        self, buyer: Browser, others_payment: Payment, method: str
    ) -> None:
        for number in (others_payment.merchant_uid, "20260101AAAAAAAAAAAA"):
            url = f"/payments/{number}/" + ("check/" if method == "post" else "")
            assert getattr(buyer.client, method)(url).status_code == 404

    def test_older_ones_are_a_page_away_and_none_is_shown_twice(
        self, buyer: Browser, customer: User, product: Product, sandbox: SandboxGateway
    ) -> None:
        made = [start(customer, product, checkout_key=f"{n}").merchant_uid for n in range(41)]
        listed: list[str] = []
        url = "/payments/"
        while url:
            page = text(buyer, url)
            listed += re.findall(r'href="/payments/(\w+)/"', page)
            more = re.search(r'href="(\?before=\d+)"', page)
            url = f"/payments/{more[1]}" if more else ""
        assert listed == made[::-1]

    def test_the_list_takes_as_many_queries_for_twenty_as_for_one(
        self, buyer: Browser, customer: User, product: Product, sandbox: SandboxGateway
    ) -> None:
        counts = []
        for keys in (["0"], [f"{n}" for n in range(1, 21)]):
            for key in keys:
                start(customer, product, checkout_key=key)
            with CaptureQueriesContext(
                connection,
            ) as queries:
                text(buyer, "/payments/")
            counts.append(len(queries))
            assert not any("COUNT(" in query["sql"] for query in queries)
        assert counts[0] == counts[1]

    @pytest.mark.parametrize("before", ["", "x", "-1", "²", "9" * 30])
    def test_a_strange_place_to_go_on_from_is_no_error(self, buyer: Browser, before: str) -> None:
        assert buyer.client.get("/payments/", {"before": before}).status_code == 200


class TestOnePayment:
    def test_paid(self, buyer: Browser, payment: Payment, sandbox: SandboxGateway) -> None:
        paid = sandbox.pay(payment.merchant_uid, 99_000)
        settled(payment)
        page = buyer.page(payment).content.decode()
        assert state(buyer.page(payment)) == "paid"
        assert "99,000" in page
        assert label("card") in page
        assert f'href="{paid["receipt_url"]}" target="_blank" rel="noopener noreferrer"' in page

    def test_times_are_korean_wherever_the_server_is(
        self, server_zone: str, buyer: Browser, payment: Payment, sandbox: SandboxGateway
    ) -> None:
        User.objects.update(time_zone="America/New_York")
        # Ordered then, too: no payment is older than its order.
        Payment.objects.update(requested_at=datetime.fromtimestamp(PAID_AT - 60, UTC))
        payment.refresh_from_db()
        sandbox.pay(payment.merchant_uid, 99_000, started_at=PAID_AT, paid_at=PAID_AT)
        assert settled(payment).paid_at == datetime(2022, 11, 29, 3, 15, 57, tzinfo=UTC)
        assert "2022-11-29 12:15:57 KST" in buyer.page(payment).content.decode()
        ordered = kst.stamp(payment.requested_at)
        assert ordered.endswith(" KST")
        assert ordered in buyer.page(payment).content.decode()
        assert ordered in text(buyer, "/payments/")

    def test_partly_and_fully_refunded(
        self, buyer: Browser, payment: Payment, sandbox: SandboxGateway
    ) -> None:
        paid = sandbox.pay(payment.merchant_uid, 99_000)
        settled(payment)
        sandbox.cancel(paid["imp_uid"], 9_000)
        settled(payment)
        page = buyer.page(payment)
        assert state(page) == "partly_refunded"
        assert {"99,000", "9,000", "90,000"} <= set(re.findall(r"[\d,]+", page.content.decode()))
        sandbox.cancel(paid["imp_uid"])
        settled(payment)
        assert state(buyer.page(payment)) == "refunded"

    def test_waiting_for_a_deposit_shows_where_to_and_until_when(
        self, server_zone: str, buyer: Browser, payment: Payment, sandbox: SandboxGateway
    ) -> None:
        due = datetime(2099, 1, 1, 14, 59, 59, tzinfo=UTC)
        vbank = sandbox.pay(
            payment.merchant_uid,
            99_000,
            outcome="vbank",
            pay_method="vbank",
            vbank_due=int(due.timestamp()),
        )
        settled(payment)
        page = buyer.page(payment).content.decode()
        assert state(buyer.page(payment)) == "waiting"
        for fact in (vbank["vbank_num"], vbank["vbank_name"], "2099-01-01 23:59:59 KST"):
            assert fact in page
        assert 'data-copy="account-number"' in page
        assert "order-again" not in page

    def test_after_the_deadline_the_customer_is_told_not_to_transfer(
        self, buyer: Browser, payment: Payment, sandbox: SandboxGateway
    ) -> None:
        past = int(timezone.now().timestamp()) - 60
        sandbox.pay(
            payment.merchant_uid, 99_000, outcome="vbank", pay_method="vbank", vbank_due=past
        )
        settled(payment)
        assert "order-again" in buyer.page(payment).content.decode()

    def test_failed_tells_why_and_offers_another_try(
        self, buyer: Browser, payment: Payment, sandbox: SandboxGateway
    ) -> None:
        sandbox.pay(payment.merchant_uid, 99_000, outcome="failed", reason="<b>한도 초과</b>")
        settled(payment)
        page = buyer.page(payment).content.decode()
        assert state(buyer.page(payment)) == "failed"
        assert "&lt;b&gt;한도 초과&lt;/b&gt;" in page
        assert 'href="/products/premium/"' in page

    def test_another_try_is_not_offered_for_what_is_not_on_sale(
        self, buyer: Browser, payment: Payment, sandbox: SandboxGateway
    ) -> None:
        sandbox.pay(payment.merchant_uid, 99_000, outcome="failed")
        settled(payment)
        Product.objects.update(active=False)
        assert 'href="/products/premium/"' not in buyer.page(payment).content.decode()

    def test_an_open_order_offers_another_try_only_once_the_gateway_says_nothing_was_paid(
        self, buyer: Browser, payment: Payment, sandbox: SandboxGateway
    ) -> None:
        assert state(buyer.page(payment)) == "confirming"
        assert "order-again" not in buyer.page(payment).content.decode()
        sandbox.pay(payment.merchant_uid, 99_000, outcome="ready")
        settled(payment)
        assert state(buyer.page(payment)) == "confirming"
        assert "order-again" in buyer.page(payment).content.decode()

    def test_a_window_that_never_opened_leaves_room_for_another_try(
        self, buyer: Browser, payment: Payment
    ) -> None:
        buyer.give_up(payment.merchant_uid, error_code="F500")
        assert "order-again" in buyer.page(payment).content.decode()

    def test_an_attempt_that_is_not_visible_yet_leaves_none(
        self, buyer: Browser, payment: Payment
    ) -> None:
        buyer.complete(payment.merchant_uid, "imp_999999999999")
        assert "order-again" not in buyer.page(payment).content.decode()

    def test_a_mismatch_is_never_called_paid_and_offers_no_second_payment(
        self, buyer: Browser, payment: Payment, sandbox: SandboxGateway
    ) -> None:
        sandbox.pay(payment.merchant_uid, 100, ignore_prepare=True)
        settled(payment)
        assert state(buyer.page(payment)) == "mismatch"
        assert "order-again" not in buyer.page(payment).content.decode()
        assert 'class="badge good"' not in buyer.page(payment).content.decode()

    def test_a_second_approval_leaves_the_order_paid_and_says_that_something_is_checked(
        self, buyer: Browser, payment: Payment, sandbox: SandboxGateway
    ) -> None:
        first = sandbox.pay(payment.merchant_uid, 99_000)
        buyer.complete(payment.merchant_uid, first["imp_uid"])
        second = sandbox.pay(payment.merchant_uid, 99_000)
        assert buyer.complete(payment.merchant_uid, second["imp_uid"]).status_code == 409
        page = buyer.page(payment)
        assert state(page) == "paid"
        assert "notice wait" in page.content.decode()

    def test_no_page_of_a_payment_is_kept_by_a_browser(
        self, buyer: Browser, payment: Payment
    ) -> None:
        assert "no-store" in buyer.page(payment)["Cache-Control"]


class TestCheckAgain:
    def test_it_asks_the_gateway_and_comes_back(
        self, buyer: Browser, payment: Payment, sandbox: SandboxGateway
    ) -> None:
        sandbox.pay(payment.merchant_uid, 99_000)
        response = buyer.client.post(f"/payments/{payment.merchant_uid}/check/", follow=True)
        assert response.redirect_chain == [(f"/payments/{payment.merchant_uid}/", 302)]
        assert state(response) == "paid"

    def test_coming_back_from_sign_in_shows_the_page_and_asks_nothing(
        self, buyer: Browser, payment: Payment, sandbox: SandboxGateway
    ) -> None:
        calls = len(sandbox.calls())
        response = buyer.client.get(f"/payments/{payment.merchant_uid}/check/", follow=True)
        assert state(response) == "confirming"
        assert len(sandbox.calls()) == calls

    def test_a_silent_gateway_changes_nothing(
        self, buyer: Browser, payment: Payment, sandbox: SandboxGateway
    ) -> None:
        sandbox.fault("cut")
        response = buyer.client.post(f"/payments/{payment.merchant_uid}/check/", follow=True)
        assert state(response) == "confirming"

    def test_pressing_again_and_again_asks_once_in_ten_seconds(
        self, buyer: Browser, payment: Payment, sandbox: SandboxGateway, time_machine: Any
    ) -> None:
        time_machine.move_to(timezone.now(), tick=False)
        url = f"/payments/{payment.merchant_uid}/check/"
        rows = payment.events.count()
        for _press in range(5):
            response = buyer.client.post(url, {}, follow=True)
        assert state(response) == "confirming"
        assert "조금 전에 확인한 결과입니다" in response.content.decode()
        assert payment.events.count() == rows + 2
        sandbox.pay(payment.merchant_uid, 99_000)
        time_machine.shift(9)
        assert state(buyer.client.post(url, {}, follow=True)) == "confirming"
        time_machine.shift(1)
        assert state(buyer.client.post(url, {}, follow=True)) == "paid"

    def test_the_windows_own_question_does_not_hold_it_up(
        self, buyer: Browser, payment: Payment, sandbox: SandboxGateway
    ) -> None:
        # The attempt shows at the gateway a moment after the window has closed.
        buyer.complete(payment.merchant_uid, "imp_999999999999")
        sandbox.pay(payment.merchant_uid, 99_000)
        response = buyer.client.post(f"/payments/{payment.merchant_uid}/check/", follow=True)
        assert state(response) == "paid"

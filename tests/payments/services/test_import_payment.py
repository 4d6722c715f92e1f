"""Taking in what is missing here: only what the gateway says, and nobody's by a guess."""

import json
from typing import Any

import pytest

from accounts.models import User
from payments import gateway
from payments.errors import Conflict, GatewayUnavailable, NotAllowed
from payments.models import Bucket, Discrepancy, Payment
from payments.services import import_payment
from payments.services.discrepancies import queue
from payments.services.ledger_audit import problems_of
from payments.states import EventKind, Source
from tests.gateway import SandboxGateway
from tests.payments.books import begun, ended, kept, missing_here, told
from tests.payments.builders import NOON
from tests.payments.conftest import kinds

PAID_AT = int(NOON.timestamp())


def missing(stand_in: SandboxGateway, **fields: Any) -> Discrepancy:
    """A payment of the gateway that nobody here knows, found by a reconciliation."""
    facts: dict[str, Any] = {"paid_at": PAID_AT, "started_at": PAID_AT - 60, "name": "책 한 권"}
    amount = fields.pop("amount", 5_000)
    paid = stand_in.pay("order-elsewhere", amount, **(facts | fields))
    return missing_here(fields.get("imp_uid", paid["imp_uid"]), "order-elsewhere")


def take(
    discrepancy: Discrepancy, actor: User, customer: User | None = None, version: int | None = None
) -> Payment:
    payment = import_payment.import_payment(
        discrepancy=discrepancy,
        actor=actor,
        customer=customer,
        expected_version=discrepancy.version if version is None else version,
    )
    payment.refresh_from_db()
    assert list(problems_of(payment)) == []
    discrepancy.refresh_from_db()
    return payment


class TestTakingIn:
    def test_it_becomes_a_payment_through_the_ledger(
        self, sandbox: SandboxGateway, approver: User
    ) -> None:
        discrepancy = missing(sandbox)
        payment = take(discrepancy, approver)
        assert (payment.status, payment.amount, payment.name) == ("paid", 5_000, "책 한 권")
        assert (payment.merchant_uid, payment.imp_uid) == ("order-elsewhere", discrepancy.imp_uid)
        assert (payment.paid_at, payment.user, payment.product) == (NOON, None, None)
        assert kinds(payment) == ["taken_in", "paid"]
        first, second = payment.events.order_by("sequence")
        assert (first.actor, first.source) == (approver, Source.RECONCILIATION)
        assert second.amount == 5_000
        assert json.loads(second.answer)["imp_uid"] == payment.imp_uid

    def test_the_discrepancy_is_closed_in_the_same_breath(
        self, sandbox: SandboxGateway, approver: User
    ) -> None:
        discrepancy = missing(sandbox)
        payment = take(discrepancy, approver)
        assert (discrepancy.is_open, discrepancy.closing_reason) == (False, "taken_in")
        assert discrepancy.payment == payment
        step = discrepancy.steps.get(kind="closed")
        assert (step.actor, step.reason_code) == (approver, "taken_in")
        assert json.loads(step.ours)["status"] == "paid"

    def test_what_was_refunded_meanwhile_comes_in_with_its_refund(
        self, sandbox: SandboxGateway, approver: User
    ) -> None:
        discrepancy = missing(sandbox, outcome="cancelled", cancel_amount=2_000)
        payment = take(discrepancy, approver)
        assert (payment.status, payment.cancelled_amount) == ("cancelled", 2_000)
        assert kinds(payment) == ["taken_in", "paid", "cancelled"]

    def test_with_a_customer_it_is_the_customers(
        self, sandbox: SandboxGateway, approver: User, customer: User
    ) -> None:
        assert take(missing(sandbox), approver, customer).user == customer

    def test_then_the_books_agree(self, sandbox: SandboxGateway, approver: User) -> None:
        take(missing(sandbox), approver)
        assert ended(begun()).counts["agree"] == 1
        assert not Discrepancy.objects.filter(is_open=True).exists()

    @pytest.mark.parametrize(
        ("fields", "words"),
        [
            ({"outcome": "ready"}, import_payment.NO_MONEY),
            ({"outcome": "failed"}, import_payment.NO_MONEY),
            ({"fields": {"status": "melted"}}, import_payment.NO_MONEY),
            ({"currency": "USD", "amount": 12.5}, import_payment.NOT_WON),
            ({"currency": "USD"}, import_payment.NOT_WON),
            ({"amount": 10**13}, import_payment.NOT_WON),
            ({"sandbox": True}, import_payment.NOT_THERE),
            ({"imp_uid": "imp_1", "fields": {"imp_uid": "imp_2"}}, import_payment.DIFFERS),
            ({"fields": {"cancel_amount": 10}}, import_payment.DIFFERS),
        ],
        ids=str,
    )
    def test_what_is_no_payment_is_refused_with_words(
        self, sandbox: SandboxGateway, approver: User, fields: dict[str, Any], words: str
    ) -> None:
        discrepancy = missing(sandbox, **fields)
        with pytest.raises(NotAllowed) as refused:
            take(discrepancy, approver)
        assert refused.value.message == words
        assert not Payment.objects.exists()
        discrepancy.refresh_from_db()
        assert discrepancy.is_open

    def test_a_test_payment_that_is_not_hidden_is_refused_too(
        self, sandbox: SandboxGateway, approver: User
    ) -> None:
        sandbox.control("POST", "settings", {"hide_test_payments": False})
        with pytest.raises(NotAllowed) as refused:
            take(missing(sandbox, sandbox=True), approver)
        assert refused.value.message == import_payment.TEST

    def test_what_the_gateway_has_forgotten_is_refused(
        self, sandbox: SandboxGateway, approver: User
    ) -> None:
        discrepancy = missing(sandbox)
        sandbox.control("DELETE", f"payments/{discrepancy.imp_uid}")
        with pytest.raises(NotAllowed) as refused:
            take(discrepancy, approver)
        assert refused.value.message == import_payment.NOT_THERE

    def test_silence_takes_nothing_in(self, sandbox: SandboxGateway, approver: User) -> None:
        discrepancy = missing(sandbox)
        sandbox.fault("status", status=500)
        with pytest.raises(GatewayUnavailable):
            take(discrepancy, approver)
        assert not Payment.objects.exists()

    def test_an_id_that_is_ours_is_refused(
        self, sandbox: SandboxGateway, approver: User, payment: Payment
    ) -> None:
        discrepancy = missing(sandbox)
        mine = f"payments/{discrepancy.imp_uid}"
        sandbox.control("PATCH", mine, {"merchant_uid": payment.merchant_uid})
        with pytest.raises(NotAllowed) as refused:
            take(discrepancy, approver)
        assert refused.value.message == import_payment.NUMBER_TAKEN
        sandbox.control("PATCH", mine, {"merchant_uid": "order-elsewhere"})
        Payment.objects.update(imp_uid=discrepancy.imp_uid)
        with pytest.raises(NotAllowed) as refused:
            take(discrepancy, approver)
        assert refused.value.message == import_payment.ID_TAKEN

    def test_other_buckets_and_closed_ones_are_refused(
        self, sandbox: SandboxGateway, approver: User
    ) -> None:
        discrepancy = missing(sandbox)
        discrepancy = kept(None, told(imp_uid=discrepancy.imp_uid))
        with pytest.raises(NotAllowed) as refused:
            take(discrepancy, approver)
        assert refused.value.message == queue.CLOSED_ALREADY
        other = told(imp_uid=discrepancy.imp_uid)
        discrepancy = kept(None, other, Bucket.AMOUNT)
        with pytest.raises(NotAllowed) as refused:
            take(discrepancy, approver)
        assert refused.value.message == import_payment.ONLY_MISSING

    def test_a_page_that_is_out_of_date_is_refused(
        self, sandbox: SandboxGateway, approver: User
    ) -> None:
        with pytest.raises(Conflict):
            take(missing(sandbox), approver, version=0)

    def test_a_second_person_who_is_as_quick_is_told(
        self, sandbox: SandboxGateway, approver: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        discrepancy = missing(sandbox)
        fresh = import_payment.fresh_answer

        def overtaken(**arguments: Any) -> Any:
            answer = fresh(**arguments)
            monkeypatch.setattr(import_payment, "fresh_answer", fresh)
            take(Discrepancy.objects.get(), approver)
            return answer

        monkeypatch.setattr(import_payment, "fresh_answer", overtaken)
        with pytest.raises(Conflict):
            take(discrepancy, approver)
        assert Payment.objects.count() == 1

    def test_a_checkout_that_is_as_quick_wins(
        self, sandbox: SandboxGateway, approver: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        discrepancy = missing(sandbox)
        fresh = import_payment.fresh_answer

        def overtaken(**arguments: Any) -> Any:
            answer = fresh(**arguments)
            Payment.objects.create(
                merchant_uid=answer.merchant_uid, amount=1, requested_at=NOON, name="-"
            )
            return answer

        monkeypatch.setattr(import_payment, "fresh_answer", overtaken)
        with pytest.raises(Conflict):
            take(discrepancy, approver)
        discrepancy.refresh_from_db()
        assert discrepancy.is_open


class TestWhoseItIs:
    def suggested(self, sandbox: SandboxGateway, **fields: Any) -> Any:
        paid = sandbox.pay("order-elsewhere", 5_000, **fields)
        answer = gateway.client().payment(paid["imp_uid"])
        return import_payment.suggested_customer(answer=answer)

    def test_custom_data_names_the_customer(
        self, sandbox: SandboxGateway, customer: User, stranger: User
    ) -> None:
        for data in (
            {"user_id": customer.pk},
            {"userId": str(customer.pk)},
            {"email": "Customer@Example.com"},
            json.dumps({"user_id": customer.pk}),
        ):
            found = self.suggested(sandbox, custom_data=data, buyer_email=stranger.email)
            assert found == customer, data

    def test_or_else_the_buyers_address(self, sandbox: SandboxGateway, customer: User) -> None:
        for data in (None, "not json", "[[[", [1], {"user_id": True}, {"user_id": "9" * 40}, 7):
            found = self.suggested(sandbox, custom_data=data, buyer_email="CUSTOMER@example.com ")
            assert found == customer, data

    def test_nobody_is_better_than_somebody(self, sandbox: SandboxGateway, customer: User) -> None:
        for address in ("", "customer", "nobody@example.com", "x" * 300 + "@example.com"):
            assert self.suggested(sandbox, buyer_email=address) is None
        assert self.suggested(sandbox, custom_data={"user_id": customer.pk + 1_000}) is None
        User.objects.update(is_active=False)
        assert self.suggested(sandbox, buyer_email=customer.email) is None

    def test_a_person_decides_once(
        self, sandbox: SandboxGateway, approver: User, customer: User, stranger: User
    ) -> None:
        payment = take(missing(sandbox), approver)
        decided = import_payment.decide_customer(
            payment=payment, actor=approver, customer=customer, note="전화로 확인했습니다"
        )
        assert decided.user == customer
        assert list(problems_of(Payment.objects.get())) == []
        event = payment.events.get(kind=EventKind.CUSTOMER_SET)
        assert (event.actor, event.note) == (approver, "전화로 확인했습니다")
        with pytest.raises(NotAllowed) as refused:
            import_payment.decide_customer(
                payment=payment, actor=approver, customer=stranger, note="전화로 확인했습니다"
            )
        assert refused.value.message == import_payment.HAS_CUSTOMER
        assert Payment.objects.get().user == customer

    def test_a_decision_needs_words(
        self, sandbox: SandboxGateway, approver: User, customer: User
    ) -> None:
        payment = take(missing(sandbox), approver)
        with pytest.raises(NotAllowed):
            import_payment.decide_customer(
                payment=payment, actor=approver, customer=customer, note=" "
            )
        assert Payment.objects.get().user is None

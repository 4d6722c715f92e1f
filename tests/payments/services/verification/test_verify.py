"""The one door: only what the gateway answers about this order counts, and nothing is lost."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from accounts.models import User
from payments.errors import Conflict
from payments.models import Payment, Product
from payments.selectors.payments.flags import is_flagged
from payments.services.verification.verify import verify
from payments.states import EventKind, Finding, PaymentStatus, Source, Verification
from tests.gateway import SandboxGateway
from tests.payments.conftest import kinds, start

from .looking import NOON, look


class TestWhatTheGatewaySays:
    def test_an_approved_payment_becomes_paid(
        self, payment: Payment, sandbox: SandboxGateway
    ) -> None:
        paid = sandbox.pay(payment.merchant_uid, 99_000, paid_at=NOON, started_at=NOON - 20)
        result = look(payment, paid["imp_uid"])
        assert result.kind is EventKind.PAID
        assert (payment.status, payment.imp_uid) == ("paid", paid["imp_uid"])
        assert payment.paid_at == datetime.fromtimestamp(NOON, UTC)
        assert payment.verification == Verification.MATCHED
        assert kinds(payment)[-2:] == ["asked", "paid"]

    def test_the_row_holds_the_masked_answer_and_the_won_that_moved(
        self, payment: Payment, sandbox: SandboxGateway
    ) -> None:
        paid = sandbox.pay(payment.merchant_uid, 99_000, buyer_email="gildong@example.com")
        look(payment, paid["imp_uid"])
        event = payment.events.get(kind="paid")
        assert event.amount == 99_000
        assert json.loads(event.answer)["imp_uid"] == paid["imp_uid"]
        assert "gildong" not in event.answer

    def test_a_declined_payment_becomes_failed_with_the_gateways_reason(
        self, payment: Payment, sandbox: SandboxGateway
    ) -> None:
        failed = sandbox.pay(
            payment.merchant_uid, 99_000, outcome="failed", fields={"fail_reason": "한도 초과"}
        )
        assert look(payment, failed["imp_uid"]).kind is EventKind.FAILED
        assert (payment.status, payment.fail_reason) == ("failed", "한도 초과")
        assert payment.imp_uid == failed["imp_uid"]

    def test_an_open_window_leaves_the_order_open(
        self, payment: Payment, sandbox: SandboxGateway
    ) -> None:
        # The prototype's `status == "paid" or "failed"` was true for this one.
        window = sandbox.pay(payment.merchant_uid, 99_000, outcome="ready")
        assert look(payment, window["imp_uid"]).kind is EventKind.CONFIRMED
        assert (payment.status, payment.imp_uid) == ("ready", None)

    def test_a_virtual_account_is_shown_until_the_deposit(
        self, payment: Payment, sandbox: SandboxGateway
    ) -> None:
        account = sandbox.pay(
            payment.merchant_uid, 99_000, outcome="vbank", pay_method="vbank", vbank_due=NOON
        )
        assert look(payment, account["imp_uid"]).kind is EventKind.VBANK_ISSUED
        assert payment.is_awaiting_deposit
        assert payment.vbank_due == datetime.fromtimestamp(NOON, UTC)
        sandbox.deposit(account["imp_uid"])
        assert look(payment).kind is EventKind.PAID
        assert not payment.is_awaiting_deposit

    def test_a_deadline_that_was_moved_is_followed_there_and_back(
        self, payment: Payment, sandbox: SandboxGateway
    ) -> None:
        account = sandbox.pay(
            payment.merchant_uid, 99_000, outcome="vbank", pay_method="vbank", vbank_due=NOON
        )
        look(payment, account["imp_uid"])
        for due in (NOON + 86_400, NOON):
            sandbox.change(account["imp_uid"], vbank_date=due)
            assert look(payment, account["imp_uid"]).kind is EventKind.VBANK_MOVED
            assert payment.vbank_due == datetime.fromtimestamp(due, UTC)
            assert look(payment, account["imp_uid"]).kind is EventKind.CONFIRMED
        assert payment.is_awaiting_deposit

    def test_an_old_virtual_account_reported_again_changes_nothing(
        self, payment: Payment, sandbox: SandboxGateway
    ) -> None:
        fields: dict[str, Any] = {"outcome": "vbank", "pay_method": "vbank"}
        first = sandbox.pay(payment.merchant_uid, 99_000, **fields)
        second = sandbox.pay(payment.merchant_uid, 99_000, **fields)
        for imp_uid in (first["imp_uid"], second["imp_uid"], first["imp_uid"]):
            look(payment, imp_uid)
        assert kinds(payment).count("vbank_issued") == 2

    def test_a_failed_card_does_not_close_an_order_that_waits_for_a_deposit(
        self, payment: Payment, sandbox: SandboxGateway
    ) -> None:
        account = sandbox.pay(payment.merchant_uid, 99_000, outcome="vbank", pay_method="vbank")
        look(payment, account["imp_uid"])
        card = sandbox.pay(payment.merchant_uid, 99_000, outcome="failed")
        look(payment, card["imp_uid"])
        assert payment.is_awaiting_deposit

    def test_by_order_number_the_approved_attempt_counts(
        self, payment: Payment, sandbox: SandboxGateway
    ) -> None:
        approved = sandbox.pay(payment.merchant_uid, 99_000, started_at=NOON, paid_at=NOON)
        sandbox.pay(payment.merchant_uid, 99_000, outcome="failed")
        look(payment)
        assert (payment.status, payment.imp_uid) == ("paid", approved["imp_uid"])

    def test_a_late_approval_is_taken_and_flagged(
        self, payment: Payment, sandbox: SandboxGateway
    ) -> None:
        failed = sandbox.pay(payment.merchant_uid, 99_000, outcome="failed")
        look(payment, failed["imp_uid"])
        late = sandbox.pay(payment.merchant_uid, 99_000)
        look(payment, late["imp_uid"])
        assert payment.is_paid
        assert payment.failed_at is None
        assert payment.late_approval
        assert payment.events.get(kind="paid").reason_code == "late_approval"


class TestRefunds:
    @pytest.fixture
    def paid(self, payment: Payment, sandbox: SandboxGateway) -> Payment:
        attempt = sandbox.pay(payment.merchant_uid, 99_000)
        look(payment, attempt["imp_uid"])
        return payment

    def test_part_by_part_until_nothing_is_left(
        self, paid: Payment, sandbox: SandboxGateway
    ) -> None:
        assert paid.imp_uid
        sandbox.cancel(paid.imp_uid, 30_000)
        look(paid)
        assert (paid.status, paid.cancelled_amount, paid.net_amount) == (
            "cancelled",
            30_000,
            69_000,
        )
        assert paid.is_partly_cancelled
        sandbox.cancel(paid.imp_uid)
        look(paid)
        assert (paid.cancelled_amount, paid.net_amount) == (99_000, 0)
        refunds = paid.events.filter(kind="cancelled").order_by("sequence")
        assert [event.amount for event in refunds] == [-30_000, -69_000]

    def test_looking_again_writes_no_second_refund(
        self, paid: Payment, sandbox: SandboxGateway
    ) -> None:
        assert paid.imp_uid
        sandbox.cancel(paid.imp_uid)
        look(paid)
        look(paid)
        assert kinds(paid).count("cancelled") == 1

    def test_approved_and_refunded_before_we_looked_is_both(
        self, payment: Payment, sandbox: SandboxGateway
    ) -> None:
        sandbox.pay(payment.merchant_uid, 99_000, outcome="cancelled", cancel_amount=99_000)
        look(payment)
        assert payment.status == PaymentStatus.CANCELLED
        moved = payment.events.exclude(amount=0).order_by("sequence")
        assert [event.amount for event in moved] == [99_000, -99_000]


# What the gateway answers about this order's payment, and what is wrong with it.
LIES: list[tuple[dict[str, Any], Finding]] = [
    ({"amount": 100}, Finding.AMOUNT),
    ({"amount": 99_001}, Finding.AMOUNT),
    ({"currency": "USD"}, Finding.CURRENCY),
    ({"sandbox": True}, Finding.TEST_PAYMENT),
    ({"fields": {"cancel_amount": 10}}, Finding.REFUND),
    ({"fields": {"paid_at": 0}}, Finding.NO_PAYMENT_TIME),
    ({"fields": {"status": "settling"}}, Finding.UNKNOWN_STATUS),
]


class TestWhatDoesNotAgree:
    @pytest.mark.parametrize(("fields", "finding"), LIES, ids=[str(lie) for lie, _ in LIES])
    def test_it_never_becomes_paid_and_leaves_its_trace(
        self,
        payment: Payment,
        sandbox: SandboxGateway,
        fields: dict[str, Any],
        finding: Finding,
    ) -> None:
        # By order number: a look-up by imp_uid hides test payments (contract 2.2).
        amount = fields.get("amount", 99_000)
        rest = {name: value for name, value in fields.items() if name != "amount"}
        sandbox.pay(payment.merchant_uid, amount, ignore_prepare=True, **rest)
        result = look(payment)
        assert (result.kind, result.findings) == (EventKind.DISCREPANCY, (finding,))
        assert payment.status == PaymentStatus.READY
        assert payment.verification == Verification.MISMATCHED
        event = payment.events.get(kind="discrepancy")
        assert event.reason_code == finding
        assert event.answer

    def test_the_same_amount_of_another_order_is_not_ours(
        self, payment: Payment, others_payment: Payment, sandbox: SandboxGateway
    ) -> None:
        theirs = sandbox.pay(others_payment.merchant_uid, 99_000)
        result = look(payment, theirs["imp_uid"])
        assert result.findings == (Finding.MERCHANT_UID,)
        assert payment.status == PaymentStatus.READY

    def test_an_imp_uid_can_be_used_once(
        self, payment: Payment, others_payment: Payment, sandbox: SandboxGateway
    ) -> None:
        theirs = sandbox.pay(others_payment.merchant_uid, 99_000)
        look(others_payment, theirs["imp_uid"])
        result = look(payment, theirs["imp_uid"])
        assert set(result.findings) == {Finding.MERCHANT_UID, Finding.IMP_UID_TAKEN}
        assert payment.status == PaymentStatus.READY

    def test_a_second_approval_is_told_and_the_first_one_stays(
        self, payment: Payment, sandbox: SandboxGateway
    ) -> None:
        first = sandbox.pay(payment.merchant_uid, 99_000)
        look(payment, first["imp_uid"])
        second = sandbox.pay(payment.merchant_uid, 99_000, ignore_prepare=True)
        result = look(payment, second["imp_uid"])
        assert result.findings == (Finding.SECOND_APPROVAL,)
        assert (payment.status, payment.imp_uid) == ("paid", first["imp_uid"])
        assert payment.verification == Verification.MISMATCHED

    def test_two_approvals_seen_at_once_are_not_decided_by_us(
        self, payment: Payment, sandbox: SandboxGateway
    ) -> None:
        for _ in range(2):
            sandbox.pay(payment.merchant_uid, 99_000, ignore_prepare=True)
        assert look(payment).findings == (Finding.SECOND_APPROVAL,)
        assert payment.status == PaymentStatus.READY

    def test_money_does_not_leave_silently(self, payment: Payment, sandbox: SandboxGateway) -> None:
        attempt = sandbox.pay(payment.merchant_uid, 99_000)
        look(payment, attempt["imp_uid"])
        sandbox.control("PATCH", f"payments/{attempt['imp_uid']}", {"status": "ready"})
        assert look(payment).findings == (Finding.STATUS,)
        assert payment.is_paid

    def test_a_new_attempt_does_not_cover_an_old_difference(
        self, payment: Payment, sandbox: SandboxGateway
    ) -> None:
        tampered = sandbox.pay(payment.merchant_uid, 100, ignore_prepare=True)
        look(payment, tampered["imp_uid"])
        open_window = sandbox.pay(payment.merchant_uid, 99_000, outcome="ready")
        look(payment, open_window["imp_uid"])
        assert is_flagged(payment)
        look(payment, "imp_000000000000")
        assert is_flagged(payment)

    def test_a_difference_that_is_gone_is_over(
        self, payment: Payment, sandbox: SandboxGateway
    ) -> None:
        attempt = sandbox.pay(payment.merchant_uid, 100, ignore_prepare=True)
        look(payment, attempt["imp_uid"])
        sandbox.control("PATCH", f"payments/{attempt['imp_uid']}", {"amount": 99_000})
        look(payment)
        assert payment.is_paid
        assert payment.verification == Verification.MATCHED

    def test_an_unknown_id_is_told_and_changes_nothing(self, payment: Payment) -> None:
        assert look(payment, "imp_000000000000").kind is EventKind.NOT_FOUND
        assert payment.status == PaymentStatus.READY
        assert payment.verification == Verification.NEVER

    def test_an_order_without_any_attempt_is_not_found(self, payment: Payment) -> None:
        assert look(payment).kind is EventKind.NOT_FOUND
        assert payment.verification == Verification.NOT_FOUND


FAULTS: list[dict[str, Any]] = [
    {"kind": "hang", "seconds": 3},
    {"kind": "status", "status": 500},
    {"kind": "status", "status": 503},
    {"kind": "status", "status": 429},
    {"kind": "html"},
    {"kind": "malformed"},
    {"kind": "cut"},
    {"kind": "ip_denied"},
]


class TestWhenTheGatewayIsInTrouble:
    @pytest.mark.parametrize("fault", FAULTS, ids=[str(fault) for fault in FAULTS])
    def test_unknown_is_a_state_of_its_own(
        self, payment: Payment, sandbox: SandboxGateway, settings: Any, fault: dict[str, Any]
    ) -> None:
        settings.IAMPORT_READ_TIMEOUT = 0.3
        paid = sandbox.pay(payment.merchant_uid, 99_000)
        fields = {name: value for name, value in fault.items() if name != "kind"}
        sandbox.fault(fault["kind"], match={"path": "/payments*"}, **fields)
        result = look(payment, paid["imp_uid"])
        assert result.kind is EventKind.UNKNOWN
        assert not result.is_known
        assert payment.status == PaymentStatus.READY
        assert payment.verification == Verification.UNKNOWN
        assert payment.events.get(kind="unknown").note
        sandbox.heal()
        look(payment, paid["imp_uid"])
        assert payment.is_paid

    def test_a_refusal_is_not_an_answer_about_the_payment(
        self, payment: Payment, sandbox: SandboxGateway
    ) -> None:
        body = json.dumps({"code": 1, "message": "잠시 후 다시 시도해 주세요.", "response": None})
        sandbox.fault("status", match={"path": "/payments/find*"}, status=200, body=body)
        assert look(payment).kind is EventKind.UNKNOWN

    def test_not_knowing_does_not_cover_a_known_difference(
        self, payment: Payment, sandbox: SandboxGateway
    ) -> None:
        sandbox.pay(payment.merchant_uid, 100, ignore_prepare=True)
        look(payment)
        sandbox.fault("status", match={"path": "/payments*"}, status=500)
        look(payment)
        assert payment.verification == Verification.MISMATCHED

    def test_a_token_that_dies_early_is_renewed(
        self, payment: Payment, sandbox: SandboxGateway
    ) -> None:
        paid = sandbox.pay(payment.merchant_uid, 99_000)
        sandbox.fault("token", times=1)
        look(payment, paid["imp_uid"])
        assert payment.is_paid

    def test_a_crash_during_the_call_leaves_the_question(
        self, payment: Payment, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def killed(*args: object) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr("payments.services.verification.verify.call", killed)
        with pytest.raises(KeyboardInterrupt):
            verify(payment=payment, source=Source.BROWSER)
        assert kinds(payment)[-1] == "asked"


def test_a_page_that_is_out_of_date_is_refused(
    payment: Payment, sandbox: SandboxGateway, operator: User
) -> None:
    with pytest.raises(Conflict):
        verify(payment=payment, source=Source.ADMIN, actor=operator, expected_version=1)
    assert kinds(payment)[-1] == "prepared"


def test_one_question_is_one_call(payment: Payment, sandbox: SandboxGateway) -> None:
    paid = sandbox.pay(payment.merchant_uid, 99_000)
    sandbox.control("DELETE", "calls")
    look(payment, paid["imp_uid"])
    counts = sandbox.calls()["counts"]
    assert counts == {"GET /payments/{imp_uid}": 1}


def test_a_payment_of_a_test_channel_counts_where_that_is_switched_on(
    sandbox: SandboxGateway, customer: User, product: Product, settings: Any
) -> None:
    settings.IAMPORT_ACCEPT_TEST_PAYMENTS = True
    payment = start(customer, product)
    attempt = sandbox.pay(payment.merchant_uid, 99_000, sandbox=True)
    look(payment, attempt["imp_uid"])
    assert payment.is_paid

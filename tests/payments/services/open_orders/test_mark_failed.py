"""Marking failed: the gateway is asked first, and money is never waved away."""

from typing import Any

import pytest

from accounts.models import User
from payments.errors import Conflict, GatewayUnavailable, NotAllowed
from payments.models import Payment
from payments.services.ledger_audit import problems_of
from payments.services.open_orders import mark_failed
from payments.services.open_orders.fail import fail_order
from payments.services.verification.verify import verify
from payments.states import FailReason, Source
from tests.gateway import SandboxGateway
from tests.payments.conftest import kinds


def mark(
    payment: Payment, operator: User, note: str = "고객이 전화로 취소", *, override: bool = False
) -> Payment:
    try:
        return mark_failed.mark_failed(
            payment=payment,
            actor=operator,
            reason=FailReason.ABANDONED,
            note=note,
            expected_version=payment.version,
            override_silence=override,
        )
    finally:
        payment.refresh_from_db()
        assert list(problems_of(payment)) == []


def test_an_order_that_nobody_paid_is_failed_in_the_operators_name(
    payment: Payment, operator: User
) -> None:
    mark(payment, operator)
    event = payment.events.get(kind="marked_failed")
    assert payment.status == "failed"
    assert payment.fail_reason == "고객이 전화로 취소"
    assert (event.actor, event.reason_code) == (operator, "abandoned")
    assert kinds(payment)[-3:] == ["asked", "not_found", "marked_failed"]


def test_one_with_a_closed_window_is_failed_too(
    payment: Payment, operator: User, sandbox: SandboxGateway
) -> None:
    sandbox.pay(payment.merchant_uid, 99_000, outcome="ready")
    mark(payment, operator)
    assert payment.status == "failed"


def test_it_is_refused_when_the_gateway_says_paid(
    payment: Payment, operator: User, sandbox: SandboxGateway
) -> None:
    sandbox.pay(payment.merchant_uid, 99_000)
    with pytest.raises(NotAllowed) as refused:
        mark(payment, operator)
    assert refused.value.message == mark_failed.HAS_MONEY
    assert payment.status == "paid"
    assert payment.events.get(kind="refused").actor == operator


def test_it_is_refused_while_the_facts_differ(
    payment: Payment, operator: User, sandbox: SandboxGateway
) -> None:
    sandbox.pay(payment.merchant_uid, 100, ignore_prepare=True)
    with pytest.raises(NotAllowed) as refused:
        mark(payment, operator)
    assert refused.value.message == mark_failed.DIFFERS
    assert payment.status == "ready"


def test_it_is_refused_while_the_gateway_is_silent(
    payment: Payment, operator: User, sandbox: SandboxGateway
) -> None:
    sandbox.fault("status", status=500)
    with pytest.raises(GatewayUnavailable):
        mark(payment, operator)
    assert payment.status == "ready"
    assert kinds(payment)[-1] == "unknown"


def test_silence_can_be_overridden_and_the_record_says_so(
    payment: Payment, approver: User, sandbox: SandboxGateway
) -> None:
    sandbox.fault("status", status=500)
    mark(payment, approver, override=True)
    event = payment.events.get(kind="marked_failed")
    assert payment.status == "failed"
    assert kinds(payment)[-3:] == ["asked", "unknown", "marked_failed"]
    assert event.reason_code == f"abandoned,{mark_failed.GATEWAY_SILENT}"
    assert (event.actor, event.note, event.answer) == (approver, "고객이 전화로 취소", "")


def test_with_an_answer_the_override_makes_no_difference(
    payment: Payment, approver: User, sandbox: SandboxGateway
) -> None:
    mark(payment, approver, override=True)
    assert payment.events.get(kind="marked_failed").reason_code == "abandoned"


def test_money_is_never_overridden(
    payment: Payment, approver: User, sandbox: SandboxGateway
) -> None:
    sandbox.pay(payment.merchant_uid, 99_000)
    with pytest.raises(NotAllowed) as refused:
        mark(payment, approver, override=True)
    assert refused.value.message == mark_failed.HAS_MONEY
    assert payment.status == "paid"


def test_a_difference_is_never_overridden(
    payment: Payment, approver: User, sandbox: SandboxGateway
) -> None:
    sandbox.pay(payment.merchant_uid, 100, ignore_prepare=True)
    with pytest.raises(NotAllowed) as refused:
        mark(payment, approver, override=True)
    assert refused.value.message == mark_failed.DIFFERS
    # Nor later, when the gateway is silent: what it has shown still stands.
    sandbox.fault("status", status=500)
    with pytest.raises(NotAllowed) as refused:
        mark(payment, approver, override=True)
    assert refused.value.message == mark_failed.DIFFERS
    assert payment.status == "ready"
    assert kinds(payment)[-3:] == ["asked", "unknown", "refused"]


def test_money_that_comes_in_during_the_silence_wins(
    payment: Payment, approver: User, sandbox: SandboxGateway, monkeypatch: pytest.MonkeyPatch
) -> None:

    def pay_first(**arguments: Any) -> Payment:
        sandbox.heal()
        sandbox.pay(payment.merchant_uid, 99_000)
        verify(payment=payment, source=Source.WEBHOOK)
        return fail_order(**arguments)

    monkeypatch.setattr(mark_failed, "fail_order", pay_first)
    sandbox.fault("status", status=500)
    with pytest.raises(Conflict):
        mark(payment, approver, override=True)
    assert payment.status == "paid"


def test_a_reason_in_words_is_needed(payment: Payment, operator: User) -> None:
    before = kinds(payment)
    with pytest.raises(NotAllowed) as refused:
        mark(payment, operator, note="  ")
    assert refused.value.message == mark_failed.REASON_NEEDED
    assert kinds(payment) == before


def test_a_payment_that_changed_meanwhile_is_refused(payment: Payment, operator: User) -> None:
    with pytest.raises(Conflict):
        mark_failed.mark_failed(
            payment=payment,
            actor=operator,
            reason=FailReason.OTHER,
            note="x",
            expected_version=payment.version - 1,
        )
    assert "marked_failed" not in kinds(payment)


def test_that_it_changed_comes_before_what_it_became(
    payment: Payment, operator: User, sandbox: SandboxGateway
) -> None:
    version = payment.version
    mark(payment, operator)
    with pytest.raises(Conflict):
        mark_failed.mark_failed(
            payment=payment,
            actor=operator,
            reason=FailReason.OTHER,
            note="x",
            expected_version=version,
        )


def test_only_an_open_payment_can_be_marked(
    payment: Payment, operator: User, sandbox: SandboxGateway
) -> None:
    mark(payment, operator)
    with pytest.raises(NotAllowed):
        mark(payment, operator)
    assert kinds(payment).count("marked_failed") == 1


def test_what_the_gateway_itself_calls_failed_needs_no_mark(
    payment: Payment, operator: User, sandbox: SandboxGateway
) -> None:
    sandbox.pay(payment.merchant_uid, 99_000, outcome="failed")
    mark(payment, operator)
    assert payment.status == "failed"
    assert "marked_failed" not in kinds(payment)


def test_money_that_comes_in_while_we_decide_wins(
    payment: Payment, operator: User, sandbox: SandboxGateway, monkeypatch: pytest.MonkeyPatch
) -> None:

    def pay_first(**arguments: Any) -> Payment:
        sandbox.pay(payment.merchant_uid, 99_000)
        verify(payment=payment, source=Source.WEBHOOK)
        return fail_order(**arguments)

    monkeypatch.setattr(mark_failed, "fail_order", pay_first)
    with pytest.raises(Conflict):
        mark(payment, operator)
    assert payment.status == "paid"

"""Webhooks again: what failed is processed again, with growing pauses, up to a limit."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from payments.models import DeliveryOutcome, Payment, WebhookDelivery
from payments.services import webhooks
from payments.services.ledger_audit import audit
from payments.services.webhooks import RetryResult, attempts, retry_failed
from payments.services.webhooks.attempts import Asked, Verdict
from payments.states import EventKind
from tests.gateway import SandboxGateway
from tests.payments.conftest import kinds

MINUTE = timedelta(minutes=1)


def receive(imp_uid: str, merchant_uid: str = "20260401ABCDEFGHJKLM") -> WebhookDelivery:
    body = json.dumps({"imp_uid": imp_uid, "merchant_uid": merchant_uid, "status": "paid"})
    return webhooks.receive(
        body=body.encode(), content_type="application/json", remote_address=None
    )


def failed(sandbox: SandboxGateway, imp_uid: str, merchant_uid: str = "x") -> WebhookDelivery:
    """A delivery that came while the gateway did not answer."""
    sandbox.fault("status", status=502)
    delivery = webhooks.process(delivery=receive(imp_uid, merchant_uid))
    sandbox.heal()
    assert delivery.outcome == "failed"
    return delivery


def again(*deliveries: WebhookDelivery, later: timedelta = MINUTE) -> RetryResult:
    result = retry_failed(now=timezone.now() + later, seconds=60)
    for delivery in deliveries:
        delivery.refresh_from_db()
    assert list(audit()) == []
    return result


def pause(delivery: WebhookDelivery) -> timedelta:
    """How long until the next attempt, in whole minutes."""
    assert delivery.next_attempt_at is not None
    return MINUTE * round((delivery.next_attempt_at - timezone.now()) / MINUTE)


@pytest.fixture
def attempt(payment: Payment, sandbox: SandboxGateway) -> dict[str, Any]:
    """The customer paid; only the gateway knows."""
    return sandbox.pay(payment.merchant_uid, payment.amount)


def test_what_failed_is_applied_when_the_gateway_is_back(
    payment: Payment, attempt: dict[str, Any], sandbox: SandboxGateway
) -> None:
    delivery = failed(sandbox, attempt["imp_uid"], payment.merchant_uid)
    assert again(delivery) == RetryResult(settled=1)
    payment.refresh_from_db()
    assert payment.is_paid
    assert (delivery.outcome, delivery.attempts, delivery.error) == ("applied", 2, "")
    assert delivery.next_attempt_at is None
    assert again(delivery, later=timedelta(days=1)) == RetryResult()


def test_what_nobody_looked_at_is_taken_up_after_two_seconds(
    payment: Payment, attempt: dict[str, Any]
) -> None:
    delivery = receive(attempt["imp_uid"], payment.merchant_uid)
    assert again(delivery, later=timedelta(seconds=1)) == RetryResult()
    assert again(delivery, later=timedelta(seconds=3)) == RetryResult(settled=1)
    assert delivery.outcome == "applied"


def test_settled_deliveries_are_left_alone(
    payment: Payment, attempt: dict[str, Any], sandbox: SandboxGateway
) -> None:
    for delivery in (
        receive(attempt["imp_uid"], payment.merchant_uid),
        receive("imp_999999999999"),
        receive("test"),
        webhooks.receive(body=b"\xff", content_type="", remote_address=None),
    ):
        webhooks.process(delivery=delivery)
    before = sandbox.calls()["counts"]
    assert again(later=timedelta(days=1)) == RetryResult()
    assert sandbox.calls()["counts"] == before


def test_the_pauses_grow_up_to_an_hour_and_end_in_the_end(
    payment: Payment, sandbox: SandboxGateway
) -> None:
    delivery = failed(sandbox, "imp_000000000001")
    sandbox.fault("malformed")  # an answer that says nothing; silence would cost it no attempt
    pauses = [pause(delivery)]
    while delivery.next_attempt_at is not None:
        moment: datetime = delivery.next_attempt_at
        result = retry_failed(now=moment, seconds=60)
        delivery.refresh_from_db()
        if delivery.next_attempt_at is not None:
            assert result == RetryResult(failed=1)
            pauses.append(pause(delivery))
    assert [pause // MINUTE for pause in pauses[:8]] == [1, 2, 4, 8, 16, 32, 60, 60]
    assert set(pauses[8:]) == {60 * MINUTE}
    assert (delivery.outcome, delivery.attempts) == ("failed", attempts.ATTEMPTS)
    assert result == RetryResult(failed=1, given_up=1)
    assert delivery.is_given_up
    assert again(delivery, later=timedelta(days=30)) == RetryResult()


def test_before_its_pause_is_over_it_waits(payment: Payment, sandbox: SandboxGateway) -> None:
    delivery = failed(sandbox, "imp_000000000001")
    assert again(delivery, later=timedelta(seconds=30)) == RetryResult()
    assert delivery.attempts == 1


def test_a_poison_delivery_does_not_stop_the_rest(
    payment: Payment,
    attempt: dict[str, Any],
    sandbox: SandboxGateway,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    poison = [failed(sandbox, f"imp_00000000000{number}") for number in range(4)]
    delivery = failed(sandbox, attempt["imp_uid"], payment.merchant_uid)
    look = attempts._look

    def broken(stored: WebhookDelivery, actor: object, asked: Asked) -> Verdict:
        if stored.pk != delivery.pk:
            raise ZeroDivisionError
        return look(stored, None, asked)

    monkeypatch.setattr(attempts, "_look", broken)
    assert again(delivery, *poison) == RetryResult(settled=1, failed=4)
    assert delivery.outcome == "applied"
    assert {delivery.outcome for delivery in poison} == {"failed"}
    assert "ZeroDivisionError" in poison[0].error


def test_one_that_kills_its_process_is_counted_and_given_up_in_the_end(
    payment: Payment, sandbox: SandboxGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        """What no handler sees, like a process that is gone."""

    def dies(stored: WebhookDelivery, actor: object, asked: Asked) -> Verdict:
        raise Killed

    delivery = receive("imp_000000000001")
    monkeypatch.setattr(attempts, "_look", dies)
    monkeypatch.setattr(attempts, "ATTEMPTS", 3)
    for number in (1, 2, 3):
        with pytest.raises(Killed):
            retry_failed(now=timezone.now() + 10 * MINUTE, seconds=60)
        delivery.refresh_from_db()
        assert (delivery.outcome, delivery.attempts) == ("received", number)
    assert delivery.is_given_up
    assert again(later=timedelta(days=1)) == RetryResult()


def test_a_silent_gateway_is_asked_once_about_all_of_them(
    payment: Payment, sandbox: SandboxGateway
) -> None:
    for number in range(5):
        failed(sandbox, f"imp_00000000000{number}")
    sandbox.fault("status", status=502)
    calls = sandbox.calls()["total"]
    assert again() == RetryResult()
    assert sandbox.calls()["total"] == calls + 1
    sandbox.heal()
    # It cost none of them an attempt: all have their turn now.
    assert again() == RetryResult(settled=5)


def test_many_cost_as_many_calls_as_one(
    payment: Payment, attempt: dict[str, Any], sandbox: SandboxGateway
) -> None:
    other = sandbox.pay("another-shops-order", 5_000, ignore_prepare=True)
    deliveries = [receive(attempt["imp_uid"], payment.merchant_uid) for _number in range(5)]
    deliveries.append(receive(other["imp_uid"], "another-shops-order"))
    deliveries.append(receive("imp no id at all"))
    before = sandbox.calls()["counts"]
    assert again(*deliveries) == RetryResult(settled=7)
    outcomes = [delivery.outcome for delivery in deliveries]
    assert outcomes == ["applied", *["harmless"] * 4, "unknown_order", "forged"]
    looked_up = sandbox.calls()["counts"].items() - before.items()
    # What the answer leaves out is asked about once more, then alone, before it is "forged".
    assert dict(looked_up) == {"GET /payments": 2, "GET /payments/{imp_uid}": 1}


def test_when_its_time_is_over_it_stops(payment: Payment, sandbox: SandboxGateway) -> None:
    delivery = failed(sandbox, "imp_000000000001")
    assert retry_failed(now=timezone.now() + MINUTE, seconds=0) == RetryResult()
    delivery.refresh_from_db()
    assert delivery.attempts == 1


def test_of_two_who_take_up_the_same_one_only_one_looks(
    payment: Payment, attempt: dict[str, Any], sandbox: SandboxGateway
) -> None:
    delivery = failed(sandbox, attempt["imp_uid"], payment.merchant_uid)
    mine, theirs = (WebhookDelivery.objects.get(pk=delivery.pk) for _ in range(2))
    assert webhooks.process(delivery=theirs).outcome == "applied"
    before = sandbox.calls()["counts"]
    assert webhooks.process(delivery=mine).outcome == "applied"
    assert mine.attempts == 2
    assert sandbox.calls()["counts"] == before
    assert kinds(payment).count(EventKind.PAID) == 1


def test_a_slow_attempt_does_not_cover_what_a_later_one_found(
    payment: Payment, attempt: dict[str, Any], sandbox: SandboxGateway
) -> None:
    slow = receive(attempt["imp_uid"], payment.merchant_uid)
    assert attempts._begin(slow)
    assert again() == RetryResult(settled=1)
    attempts._finish(slow, Verdict(outcome=DeliveryOutcome.FAILED, error="too late"))
    slow.refresh_from_db()
    assert (slow.outcome, slow.attempts) == ("applied", 2)


def test_ids_that_can_not_be_one_do_not_keep_real_deliveries_waiting(
    payment: Payment, sandbox: SandboxGateway
) -> None:
    paid = sandbox.pay(payment.merchant_uid, 99_000)
    forged = [webhooks.process(delivery=receive("imp_" + "9" * 40)) for _number in range(4)]
    assert {delivery.outcome for delivery in forged} == {"forged"}
    assert {delivery.next_attempt_at for delivery in forged} == {None}
    real = failed(sandbox, paid["imp_uid"], payment.merchant_uid)
    assert again(real).settled == 1
    payment.refresh_from_db()
    assert payment.status == "paid"

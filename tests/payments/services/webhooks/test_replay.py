"""Processed again because somebody asks: on record, and nothing that was moved is forgotten."""

import json
from typing import Any

import pytest

from accounts.models import User
from payments import tasks
from payments.models import Payment, WebhookDelivery, WebhookReplay
from payments.services import webhooks
from payments.services.ledger_audit import audit
from payments.services.webhooks import attempts
from tests.gateway import SandboxGateway
from tests.payments.conftest import kinds


def deliver(imp_uid: str, merchant_uid: str = "x") -> WebhookDelivery:
    body = json.dumps({"imp_uid": imp_uid, "merchant_uid": merchant_uid, "status": "paid"})
    return webhooks.accept(body=body.encode(), content_type="", remote_address=None)


def replayed(delivery: WebhookDelivery, actor: User) -> WebhookReplay:
    [replay] = webhooks.replay_now(deliveries=[delivery], actor=actor)
    delivery.refresh_from_db()
    replay.refresh_from_db()
    assert list(audit()) == []
    return replay


@pytest.fixture
def paid(payment: Payment, sandbox: SandboxGateway) -> dict[str, Any]:
    """The customer paid; only the gateway knows."""
    return sandbox.pay(payment.merchant_uid, payment.amount)


def test_what_was_taken_for_an_invention_is_applied_in_the_persons_name(
    payment: Payment, paid: dict[str, Any], operator: User, sandbox: SandboxGateway
) -> None:
    sandbox.fault("status", match={"path": "/payments/*"}, status=404)
    delivery = deliver(paid["imp_uid"])
    assert delivery.outcome == "forged"
    sandbox.heal()
    replay = replayed(delivery, operator)
    assert (replay.outcome, replay.actor) == ("body_disagreed", operator)
    assert replay.done_at is not None
    assert (delivery.outcome, delivery.payment) == ("body_disagreed", payment)
    payment.refresh_from_db()
    assert payment.is_paid
    event = payment.events.get(kind="paid")
    assert (event.source, event.actor) == ("webhook", operator)


def test_what_was_given_up_gets_one_more_attempt(
    payment: Payment, paid: dict[str, Any], operator: User, sandbox: SandboxGateway
) -> None:
    sandbox.fault("status", status=502)
    delivery = deliver(paid["imp_uid"], payment.merchant_uid)
    WebhookDelivery.objects.update(attempts=attempts.ATTEMPTS, next_attempt_at=None)
    delivery.refresh_from_db()
    assert replayed(delivery, operator).outcome == "failed"
    assert delivery.is_given_up
    sandbox.heal()
    assert replayed(delivery, operator).outcome == "applied"
    assert delivery.outcome == "applied"


def test_what_was_applied_stays_so_and_is_not_applied_twice(
    payment: Payment, paid: dict[str, Any], operator: User, sandbox: SandboxGateway
) -> None:
    delivery = deliver(paid["imp_uid"], payment.merchant_uid)
    before = kinds(payment)
    assert replayed(delivery, operator).outcome == "harmless"
    sandbox.fault("status", status=502)
    assert replayed(delivery, operator).outcome == "failed"
    assert (delivery.outcome, delivery.next_attempt_at) == ("applied", None)
    assert kinds(payment) == before


def test_silence_takes_no_verdict_back(
    payment: Payment, operator: User, sandbox: SandboxGateway
) -> None:
    delivery = deliver("imp_999999999999")
    sandbox.fault("status", status=502)
    replay = replayed(delivery, operator)
    assert (replay.outcome, delivery.outcome) == ("failed", "forged")
    assert replay.error


def test_a_refund_that_came_meanwhile_is_recorded(
    payment: Payment, paid: dict[str, Any], operator: User, sandbox: SandboxGateway
) -> None:
    delivery = deliver(paid["imp_uid"], payment.merchant_uid)
    sandbox.cancel(paid["imp_uid"], 9_000)
    assert replayed(delivery, operator).outcome == "applied"
    payment.refresh_from_db()
    assert payment.cancelled_amount == 9_000


def test_a_silent_gateway_is_asked_three_times_and_the_rest_waits(
    payment: Payment, operator: User, sandbox: SandboxGateway
) -> None:
    deliveries = [deliver(f"imp_99999999990{number}") for number in range(5)]
    sandbox.fault("status", status=502)
    replays = webhooks.replay_now(deliveries=deliveries, actor=operator)
    assert [replay.outcome for replay in replays] == ["failed"] * 3 + [""] * 2
    sandbox.heal()
    tasks.process_webhooks_again.func()
    outcomes = WebhookReplay.objects.order_by("pk").values_list("outcome", flat=True)
    assert list(outcomes) == ["failed"] * 3 + ["forged"] * 2


def test_many_wait_in_the_database_for_a_worker(
    payment: Payment, paid: dict[str, Any], operator: User, sandbox: SandboxGateway
) -> None:
    sandbox.fault("status", match={"path": "/payments/*"}, status=404)
    deliveries = [deliver(paid["imp_uid"]), deliver("imp_999999999999")]
    sandbox.heal()
    queued: list[bool] = []
    batch = webhooks.replay_later(
        deliveries=deliveries, actor=operator, enqueue=lambda: queued.append(True)
    )
    assert queued == [True]
    assert "paid" not in kinds(payment)
    assert webhooks.replay_waiting(seconds=0) is True
    tasks.replay_webhooks.func()
    assert "paid" in kinds(payment)
    rows = WebhookReplay.objects.filter(batch=batch, actor=operator).exclude(done_at=None)
    assert sorted(rows.values_list("outcome", flat=True)) == ["body_disagreed", "forged"]
    assert webhooks.replay_waiting(seconds=60) is False


def test_a_mistake_of_ours_is_the_replays_and_stops_no_other(
    payment: Payment,
    paid: dict[str, Any],
    operator: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    poison, real = deliver("imp_999999999999"), deliver("imp_999999999998")
    look = attempts._look

    def broken(stored: WebhookDelivery, actor: Any, asked: Any) -> attempts.Verdict:
        if stored.pk == poison.pk:
            raise ZeroDivisionError
        return look(stored, actor, asked)

    monkeypatch.setattr(attempts, "_look", broken)
    bad, good = webhooks.replay_now(deliveries=[poison, real], actor=operator)
    assert (bad.outcome, good.outcome) == ("failed", "forged")
    assert "ZeroDivisionError" in bad.error


def test_what_names_no_payment_stays_what_it_is(operator: User, sandbox: SandboxGateway) -> None:
    delivery = webhooks.accept(body=b"{", content_type="", remote_address=None)
    assert replayed(delivery, operator).outcome == "invalid"
    assert sandbox.calls()["counts"] == {}

"""An answer that is older than what has come in meanwhile is never held against a payment."""

from collections.abc import Callable
from typing import Any

import pytest

from payments.models import Payment, VerificationRun
from payments.services import webhooks
from payments.services.ledger_audit import audit
from payments.services.verification import verify as verification
from payments.services.verification.verify import verify
from payments.services.verification_runs import batch, claims, control, worker
from payments.services.webhooks import attempts
from payments.states import EventKind, Source
from tests.gateway import SandboxGateway
from tests.payments.conftest import kinds

pytestmark = pytest.mark.django_db(transaction=True)

Move = Callable[[Payment, SandboxGateway], None]


def deposit(payment: Payment, sandbox: SandboxGateway) -> None:
    sandbox.deposit(str(payment.imp_uid))


def first_attempt(payment: Payment, sandbox: SandboxGateway) -> None:
    sandbox.pay(payment.merchant_uid, 99_000)


def part_refund(payment: Payment, sandbox: SandboxGateway) -> None:
    sandbox.cancel(str(payment.imp_uid), 9_000)


@pytest.fixture(params=[deposit, first_attempt, part_refund], ids=lambda move: move.__name__)
def move(request: pytest.FixtureRequest, payment: Payment, sandbox: SandboxGateway) -> Move:
    """What happens at the gateway during the call; the payment is made ready for it."""
    chosen: Move = request.param
    if chosen is deposit:
        sandbox.pay(payment.merchant_uid, 99_000, pay_method="vbank", outcome="vbank")
    if chosen is part_refund:
        sandbox.pay(payment.merchant_uid, 99_000)
    if chosen is not first_attempt:
        verify(payment=payment, source=Source.WEBHOOK)
        payment.refresh_from_db()
    return chosen


def moves_during(monkeypatch: pytest.MonkeyPatch, module: Any, happens: Callable[[], None]) -> None:
    """Once, between the gateway's answer and its settling."""
    call = module.call

    def slow(question: Any) -> Any:
        reply = call(question)
        monkeypatch.setattr(module, "call", call)
        happens()
        return reply

    monkeypatch.setattr(module, "call", slow)


def as_the_gateway_has_it(payment: Payment, move: Move) -> None:
    payment.refresh_from_db()
    wanted = ("cancelled", 9_000) if move is part_refund else ("paid", 0)
    assert (payment.status, payment.cancelled_amount) == wanted
    assert payment.verification == "matched"
    assert not {EventKind.DISCREPANCY, EventKind.NOT_FOUND} & set(kinds(payment))
    assert list(audit()) == []


def test_a_click_asks_once_more(
    payment: Payment, sandbox: SandboxGateway, move: Move, monkeypatch: pytest.MonkeyPatch
) -> None:
    def webhook() -> None:
        move(payment, sandbox)
        verify(payment=payment, source=Source.WEBHOOK)

    moves_during(monkeypatch, verification, webhook)
    result = verify(payment=payment, source=Source.ADMIN)
    assert result.kind is EventKind.CONFIRMED
    as_the_gateway_has_it(payment, move)


def test_a_run_asks_about_it_again(payment: Payment, sandbox: SandboxGateway, move: Move) -> None:
    run = control.start(
        payments=Payment.objects.all(), query="", actor=None, enqueue=lambda pk: None
    )
    claim = claims.take(run=run)
    assert claim is not None
    replies = batch.ask(questions=claim.questions)
    move(payment, sandbox)
    verify(payment=payment, source=Source.WEBHOOK)
    batch.settle(claim=claim, replies=replies)
    assert run.items.get().outcome == "waiting"
    assert worker.work(run_id=run.pk, seconds=5) is None
    assert VerificationRun.objects.get().items.get().outcome == "agrees"
    as_the_gateway_has_it(payment, move)


def test_a_webhook_is_looked_at_again(
    payment: Payment, sandbox: SandboxGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    paid = sandbox.pay(payment.merchant_uid, 99_000)
    body = f'{{"imp_uid": "{paid["imp_uid"]}", "merchant_uid": "{payment.merchant_uid}"}}'
    slow, late = (
        webhooks.receive(body=body.encode(), content_type="application/json", remote_address=None)
        for _number in range(2)
    )

    def refunded() -> None:
        sandbox.cancel(paid["imp_uid"])
        webhooks.process(delivery=late)

    moves_during(monkeypatch, attempts, refunded)
    assert webhooks.process(delivery=slow).outcome == "failed"
    assert webhooks.process(delivery=slow).outcome == "harmless"
    payment.refresh_from_db()
    assert (payment.status, payment.verification) == ("cancelled", "matched")
    assert list(audit()) == []

"""What finance matches by: told by answers, never lost to a poorer one, rebuilt by the audit."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import User
from payments.models import Payment, PaymentEvent, Product
from payments.services.ledger_audit import audit, problems_of
from payments.states import EventKind, Source
from tests.gateway import SandboxGateway
from tests.payments import builders
from tests.payments.conftest import kinds

from .looking import NOON, look

CARD: dict[str, Any] = {
    "card_code": "367",
    "card_name": "현대카드",
    "card_number": "433028******9694",
    "card_quota": 3,
    "pg_tid": "StdpayCARDINIpayTest1",
    "pg_id": "INIpayTest",
    "escrow": True,
    "buyer_name": "김구매",
    "buyer_tel": "010-1234-5678",
}
NOTHING: dict[str, Any] = dict.fromkeys(
    (*CARD, "apply_num", "receipt_url", "pg_provider", "bank_name", "cancel_reason")
)


@pytest.fixture
def paid(payment: Payment, sandbox: SandboxGateway) -> str:
    """A card payment, looked at."""
    imp_uid = str(sandbox.pay(payment.merchant_uid, 99_000, fields=CARD)["imp_uid"])
    look(payment)
    return imp_uid


def card_facts(payment: Payment) -> tuple[object, ...]:
    names = ("pg_id", "pg_tid", "card_code", "card_name", "card_first6", "card_last4")
    return (*(getattr(payment, name) for name in names), payment.card_quota, payment.escrow)


TOLD = ("INIpayTest", "StdpayCARDINIpayTest1", "367", "현대카드", "433028", "9694", 3, True)


def test_an_approval_brings_what_the_gateway_tells(payment: Payment, paid: str) -> None:
    assert card_facts(payment) == TOLD
    assert (payment.buyer_name, payment.buyer_tel) == ("김구매", "010-1234-5678")
    assert not payment.is_test


def test_a_transfer_brings_its_bank(payment: Payment, sandbox: SandboxGateway) -> None:
    sandbox.pay(payment.merchant_uid, 99_000, pay_method="trans")
    look(payment)
    assert (payment.bank_code, payment.bank_name) == ("004", "KB국민은행")
    assert (payment.card_name, payment.card_quota) == ("", None)


def test_a_refund_brings_its_reason(payment: Payment, paid: str, sandbox: SandboxGateway) -> None:
    sandbox.cancel(paid, 1_000)
    look(payment)
    assert payment.cancel_reason == "고객 요청"
    assert card_facts(payment) == TOLD


def test_who_paid_in_is_known_where_the_gateway_tells_it(
    payment: Payment, sandbox: SandboxGateway
) -> None:
    issued = sandbox.pay(payment.merchant_uid, 99_000, outcome="vbank", pay_method="vbank")
    look(payment)
    body = {"depositor_name": "김입금"}
    sandbox.control("POST", f"payments/{issued['imp_uid']}/deposit", body)
    look(payment)
    assert (payment.status, payment.depositor_name) == ("paid", "김입금")


@pytest.mark.parametrize("change", ["nothing", "a refund"])
def test_a_poorer_answer_empties_nothing(
    payment: Payment, paid: str, sandbox: SandboxGateway, change: str
) -> None:
    before = payment.apply_num, payment.receipt_url, payment.pg_provider
    if change == "a refund":
        sandbox.cancel(paid, 1_000)
    sandbox.change(paid, **NOTHING)
    look(payment)
    assert card_facts(payment) == TOLD
    assert (payment.apply_num, payment.receipt_url, payment.pg_provider) == before
    assert (payment.buyer_name, payment.verification) == ("김구매", "matched")


def test_a_later_answer_brings_what_was_not_told_before(
    payment: Payment, sandbox: SandboxGateway
) -> None:
    poor = sandbox.pay(payment.merchant_uid, 99_000, fields=NOTHING)
    look(payment)
    assert (payment.pg_tid, payment.card_quota, payment.buyer_tel) == ("", None, "")
    sandbox.change(poor["imp_uid"], **CARD)
    look(payment, source=Source.WEBHOOK)
    assert card_facts(payment) == TOLD
    assert payment.buyer_tel == "010-1234-5678"
    assert payment.events.get(sequence=payment.version).kind == EventKind.CONFIRMED


def test_what_is_told_otherwise_later_is_not_taken_over(
    payment: Payment, paid: str, sandbox: SandboxGateway
) -> None:
    sandbox.change(paid, pg_tid="another", card_name="다른카드")
    look(payment)
    assert card_facts(payment) == TOLD


def test_nothing_of_a_failed_attempt_stays_on_the_one_that_paid(
    payment: Payment, sandbox: SandboxGateway
) -> None:
    failed = sandbox.pay(payment.merchant_uid, 99_000, outcome="failed", fields=CARD)
    look(payment, failed["imp_uid"])
    assert (payment.status, payment.card_name) == ("failed", "현대카드")
    sandbox.pay(payment.merchant_uid, 99_000, pay_method="trans")
    look(payment)
    assert (payment.status, payment.bank_name) == ("paid", "KB국민은행")
    assert (payment.card_name, payment.card_first6, payment.card_quota) == ("", "", None)
    assert not payment.escrow


def test_another_attempt_says_nothing_of_the_one_that_paid(
    payment: Payment, paid: str, sandbox: SandboxGateway
) -> None:
    odd = CARD | {"card_name": "다른카드", "buyer_name": "다른사람"}
    other = sandbox.pay(payment.merchant_uid, 99_000, outcome="failed", fields=odd)
    look(payment, other["imp_uid"])
    assert (payment.card_name, payment.buyer_name) == ("현대카드", "김구매")


def test_who_bought_is_in_no_row_that_is_kept_for_good(payment: Payment, paid: str) -> None:
    kept = [f"{event.changes}{event.answer}{event.note}" for event in payment.events.all()]
    for secret in ("김구매", "1234-5678", "buyer_tel': '010"):
        assert not any(secret in text for text in kept)


def test_a_test_payment_is_known_as_one(
    payment: Payment, sandbox: SandboxGateway, settings: Any
) -> None:
    settings.IAMPORT_ACCEPT_TEST_PAYMENTS = True
    tested = sandbox.pay(payment.merchant_uid, 99_000, sandbox=True)
    look(payment)
    assert (payment.status, payment.is_test) == ("paid", True)
    sandbox.change(tested["imp_uid"], sandbox=False)
    look(payment)
    assert payment.is_test


def test_a_test_payment_that_is_not_accepted_leaves_nothing(
    payment: Payment, sandbox: SandboxGateway
) -> None:
    sandbox.pay(payment.merchant_uid, 99_000, sandbox=True, fields=CARD)
    look(payment)
    assert (payment.status, payment.is_test, payment.card_name) == ("ready", False, "")


VALUES = st.none() | st.text(max_size=60) | st.integers(-5, 10**6) | st.booleans()
ANSWERS = st.lists(st.dictionaries(st.sampled_from(sorted(CARD)), VALUES), max_size=4)


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=25
)
@given(answers=ANSWERS)
def test_whatever_is_told_of_facts_the_audit_rebuilds_it_and_nothing_is_lost(
    payment: Payment, paid: str, sandbox: SandboxGateway, answers: list[dict[str, Any]]
) -> None:
    for told in answers:
        sandbox.change(paid, **told)
        look(payment)
        assert card_facts(payment) == TOLD
    sandbox.change(paid, **CARD)


@pytest.mark.django_db(transaction=True)
def test_payments_of_before_get_theirs_from_the_answers_that_are_kept(
    customer: User, product: Product
) -> None:
    at = datetime.fromtimestamp(NOON, UTC)
    rich, poor, opened = (
        builders.paid(customer, product, at=at),
        builders.paid(customer, product, at=at),
        builders.ordered(customer, product, at=at),
    )
    later = {"status": "paid", "pg_tid": "tid-2", "sandbox": True, "card_quota": 0} | {
        name: CARD[name] for name in ("card_code", "card_name", "card_number")
    }
    builders.answered(rich, {"pg_tid": "tid-1", "pg_id": "MID", "card_quota": 99_999})
    builders.answered(rich, later)
    builders.answered(poor, {"card_quota": 0, "escrow": "yes"})
    before = list(PaymentEvent.objects.order_by("pk").values_list("hash", flat=True))
    try:
        MigrationExecutor(connection).migrate([("payments", "0015_filters_beside_accesses")])
    finally:
        new = MigrationExecutor(connection)
        new.migrate(new.loader.graph.leaf_nodes())
    for payment in (rich, poor, opened):
        payment.refresh_from_db()
    assert (rich.pg_tid, rich.pg_id, rich.card_name) == ("tid-2", "MID", "현대카드")
    assert (rich.card_quota, rich.is_test, rich.escrow) == (0, True, False)
    assert (poor.card_quota, poor.escrow) == (None, False)
    assert kinds(rich)[-1] == "filled"
    assert "filled" not in kinds(poor) + kinds(opened)
    after = list(PaymentEvent.objects.order_by("pk").values_list("hash", flat=True))
    assert after[: len(before)] == before
    assert [list(problems_of(payment)) for payment in (rich, poor, opened)] == [[], [], []]
    assert list(audit()) == []

"""Personal data is erased for good: no later answer brings it back, and the audit stays clean."""

from typing import Any

import pytest

from accounts.models import User
from payments.errors import NotAllowed
from payments.models import Payment, Product
from payments.services import personal_data
from payments.services.ledger_audit import problems_of
from payments.services.verification.verify import verify
from payments.states import EventKind, Source
from tests.gateway import SandboxGateway
from tests.payments import builders
from tests.payments.conftest import kinds

PERSONS: dict[str, Any] = {"buyer_name": "김구매", "buyer_tel": "010-1234-5678"}
REASON = "본인 요청, 접수 1234"


@pytest.fixture
def bought(payment: Payment, sandbox: SandboxGateway) -> Payment:
    """A deposit into a virtual account, by somebody who is named everywhere."""
    fields = {"vbank_holder": "김예금주", "deposit_history": [{"depositor_name": "김입금"}]}
    sandbox.pay(payment.merchant_uid, 99_000, pay_method="vbank", fields=fields | PERSONS)
    verify(payment=payment, source=Source.BROWSER)
    payment.refresh_from_db()
    assert (payment.buyer_name, payment.depositor_name) == ("김구매", "김입금")
    return payment


def test_it_is_gone_from_the_payment_and_the_act_is_on_record(
    bought: Payment, admin_person: User
) -> None:
    personal_data.erase(payment=bought, actor=admin_person, reason=f"  {REASON}\n")
    bought.refresh_from_db()
    assert (bought.buyer_name, bought.buyer_tel, bought.depositor_name) == ("", "", "")
    assert bought.vbank_holder == "***"
    assert bought.personal_erased_at is not None
    event = bought.events.get(kind=EventKind.ERASED)
    assert (event.actor, event.note, event.source) == (admin_person, REASON, "admin")
    assert (bought.status, bought.amount) == ("paid", 99_000)
    assert list(problems_of(bought)) == []


def test_no_later_answer_brings_it_back(
    bought: Payment, admin_person: User, sandbox: SandboxGateway
) -> None:
    personal_data.erase(payment=bought, actor=admin_person, reason=REASON)
    verify(payment=bought, source=Source.ADMIN)
    sandbox.cancel(str(bought.imp_uid), 1_000)
    verify(payment=bought, source=Source.ADMIN)
    bought.refresh_from_db()
    assert bought.status == "cancelled"
    assert (bought.buyer_name, bought.buyer_tel, bought.depositor_name) == ("", "", "")
    assert bought.vbank_holder == "***"
    assert list(problems_of(bought)) == []


@pytest.mark.parametrize("reason", ["", "   \n ", "ok"])
def test_without_a_reason_nothing_is_erased(
    customer: User, product: Product, admin_person: User, reason: str
) -> None:
    payment = builders.paid(customer, product, **PERSONS)
    with pytest.raises(NotAllowed):
        personal_data.erase(payment=payment, actor=admin_person, reason=reason)
    payment.refresh_from_db()
    assert (payment.buyer_name, payment.personal_erased_at) == ("김구매", None)


def test_it_is_erased_once(customer: User, product: Product, admin_person: User) -> None:
    payment = builders.paid(customer, product, **PERSONS)
    personal_data.erase(payment=payment, actor=admin_person, reason=REASON)
    with pytest.raises(NotAllowed) as refused:
        personal_data.erase(payment=payment, actor=admin_person, reason=REASON)
    assert refused.value.message == personal_data.ERASED_ALREADY
    assert kinds(payment).count("erased") == 1

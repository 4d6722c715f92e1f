"""The window's redirect: anybody may arrive, twice, in any order with webhook and callback."""

import json
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from accounts.models import User
from payments.checkout.return_page import PAUSE
from payments.checkout.status_view import page_url
from payments.models import Payment
from payments.selectors.payments.flags import is_flagged
from payments.services.ledger_audit import problems_of
from tests.gateway import SandboxGateway
from tests.payments.checkout.conftest import Browser, state
from tests.payments.conftest import kinds
from tests.responses import ClientResponse


def later(pauses: int = 1) -> time_machine.travel:
    """So many pauses from now, when a return asks once more."""
    return time_machine.travel(timezone.now() + pauses * (PAUSE + timedelta(seconds=1)))


def webhook(payment: Payment, imp_uid: str) -> ClientResponse:
    body = {"imp_uid": imp_uid, "merchant_uid": payment.merchant_uid, "status": "paid"}
    response: ClientResponse = Client().post(
        "/webhooks/iamport/", json.dumps(body), content_type="application/json"
    )
    assert response.status_code == 200
    return response


def fresh(payment: Payment) -> Payment:
    payment.refresh_from_db()
    assert list(problems_of(payment)) == []
    return payment


def test_the_customer_ends_on_the_payments_page(
    buyer: Browser, payment: Payment, sandbox: SandboxGateway
) -> None:
    paid = sandbox.pay(payment.merchant_uid, 99_000)
    response = buyer.arrive(
        imp_uid=paid["imp_uid"], merchant_uid=payment.merchant_uid, imp_success="true"
    )
    assert (response.status_code, response["Location"]) == (
        302,
        f"/payments/{payment.merchant_uid}/",
    )
    assert fresh(payment).is_paid
    assert payment.events.get(kind="paid").source == "redirect"


def test_the_order_is_settled_without_a_session(
    nobody: Browser, payment: Payment, sandbox: SandboxGateway
) -> None:
    paid = sandbox.pay(payment.merchant_uid, 99_000)
    response = nobody.arrive(imp_uid=paid["imp_uid"], merchant_uid=payment.merchant_uid)
    assert (response.status_code, state(response)) == (200, "paid")
    assert fresh(payment).is_paid
    assert f"/accounts/login/?next=/payments/{payment.merchant_uid}/" in response.content.decode()


@pytest.mark.parametrize("who", ["nobody", "other"])
def test_others_see_a_state_and_nothing_about_the_customer(
    request: pytest.FixtureRequest,
    who: str,
    payment: Payment,
    customer: User,
    sandbox: SandboxGateway,
) -> None:
    browser: Browser = request.getfixturevalue(who)
    vbank = sandbox.pay(payment.merchant_uid, 99_000, outcome="vbank", pay_method="vbank")
    response = browser.arrive(imp_uid=vbank["imp_uid"], merchant_uid=payment.merchant_uid)
    assert (response.status_code, state(response)) == (200, "waiting")
    page = response.content.decode()
    fresh(payment)
    assert payment.vbank_num
    for secret in (payment.vbank_num, payment.name, customer.email, "99,000"):
        assert secret not in page
    assert browser.page(payment).status_code == (302 if who == "nobody" else 404)


@pytest.mark.parametrize(
    ("outcome", "expected"), [("paid", "paid"), ("failed", "failed"), ("ready", "confirming")]
)
@pytest.mark.parametrize("claim", ["true", "false", ""])
def test_the_address_claims_and_the_gateway_decides(
    nobody: Browser,
    payment: Payment,
    sandbox: SandboxGateway,
    outcome: str,
    expected: str,
    claim: str,
) -> None:
    attempt = sandbox.pay(payment.merchant_uid, 99_000, outcome=outcome)
    response = nobody.arrive(
        imp_uid=attempt["imp_uid"], merchant_uid=payment.merchant_uid, imp_success=claim
    )
    assert state(response) == expected
    assert fresh(payment).is_paid is (outcome == "paid")


@pytest.mark.parametrize("outcome", ["paid", "failed", "vbank"])
def test_arriving_twice_is_arriving_once(
    buyer: Browser, nobody: Browser, payment: Payment, sandbox: SandboxGateway, outcome: str
) -> None:
    attempt = sandbox.pay(payment.merchant_uid, 99_000, outcome=outcome, pay_method="vbank")
    query = {"imp_uid": attempt["imp_uid"], "merchant_uid": payment.merchant_uid}
    nobody.arrive(**query)
    first = fresh(payment).status
    buyer.arrive(**query)
    nobody.arrive(**query)
    assert fresh(payment).status == first
    facts = [kind for kind in kinds(payment) if kind in {"paid", "failed", "vbank_issued"}]
    assert len(facts) == 1


def test_a_settled_payment_is_not_asked_about_again(
    buyer: Browser, payment: Payment, sandbox: SandboxGateway
) -> None:
    paid = sandbox.pay(payment.merchant_uid, 99_000)
    query = {"imp_uid": paid["imp_uid"], "merchant_uid": payment.merchant_uid}
    buyer.arrive(**query)
    calls = len(sandbox.calls())
    buyer.arrive(**query)
    buyer.arrive(merchant_uid=payment.merchant_uid)
    assert len(sandbox.calls()) == calls


@pytest.mark.parametrize(
    "order",
    [
        ("webhook", "redirect", "callback"),
        ("redirect", "webhook", "callback"),
        ("callback", "redirect", "webhook"),
        ("redirect", "redirect", "webhook"),
        ("webhook", "webhook", "redirect"),
    ],
)
def test_any_order_with_webhook_and_callback_ends_in_one_payment(
    buyer: Browser, payment: Payment, sandbox: SandboxGateway, order: tuple[str, ...]
) -> None:
    imp_uid = sandbox.pay(payment.merchant_uid, 99_000)["imp_uid"]
    for step in order:
        if step == "webhook":
            webhook(payment, imp_uid)
        elif step == "redirect":
            buyer.arrive(imp_uid=imp_uid, merchant_uid=payment.merchant_uid)
        else:
            assert buyer.complete(payment.merchant_uid, imp_uid).status_code == 200
    assert fresh(payment).is_paid
    assert kinds(payment).count("paid") == 1


def test_another_attempt_on_a_paid_order_is_looked_at(
    nobody: Browser, payment: Payment, sandbox: SandboxGateway
) -> None:
    for number in range(2):
        paid = sandbox.pay(payment.merchant_uid, 99_000)
        with later(number):
            nobody.arrive(imp_uid=paid["imp_uid"], merchant_uid=payment.merchant_uid)
    assert payment.events.get(kind="discrepancy").reason_code == "second_approval"


def test_a_strangers_imp_uid_says_nothing_about_a_paid_order(
    nobody: Browser, payment: Payment, others_payment: Payment, sandbox: SandboxGateway
) -> None:
    own = sandbox.pay(payment.merchant_uid, 99_000)
    nobody.arrive(imp_uid=own["imp_uid"], merchant_uid=payment.merchant_uid)
    other = sandbox.pay(others_payment.merchant_uid, 99_000)
    with later():
        response = nobody.arrive(imp_uid=other["imp_uid"], merchant_uid=payment.merchant_uid)
    assert state(response) == "paid"
    assert fresh(payment).verification == "matched"
    assert fresh(others_payment).status == "ready"


@pytest.mark.parametrize("is_paid", [True, False])
def test_however_often_it_is_called_the_gateway_is_asked_once_in_a_while(
    nobody: Browser, payment: Payment, sandbox: SandboxGateway, is_paid: bool
) -> None:
    if is_paid:
        paid = sandbox.pay(payment.merchant_uid, 99_000)
        nobody.arrive(imp_uid=paid["imp_uid"], merchant_uid=payment.merchant_uid)
    calls, events = len(sandbox.calls()), payment.events.count()
    with later():
        for number in range(20):
            nobody.arrive(imp_uid=f"imp_{number:012}", merchant_uid=payment.merchant_uid)
    assert len(sandbox.calls()) - calls <= 2  # one question, and a token where there was none
    assert payment.events.count() - events == 2


@pytest.mark.parametrize("imp_uid", ["", "  ", "x" * 33, "imp\x00"])
def test_without_a_usable_imp_uid_the_order_number_is_asked_about(
    nobody: Browser, payment: Payment, sandbox: SandboxGateway, imp_uid: str
) -> None:
    sandbox.pay(payment.merchant_uid, 99_000)
    assert state(nobody.arrive(imp_uid=imp_uid, merchant_uid=payment.merchant_uid)) == "paid"


def test_somebody_elses_imp_uid_pays_nothing(
    nobody: Browser, payment: Payment, others_payment: Payment, sandbox: SandboxGateway
) -> None:
    paid = sandbox.pay(others_payment.merchant_uid, 99_000)
    response = nobody.arrive(imp_uid=paid["imp_uid"], merchant_uid=payment.merchant_uid)
    assert state(response) == "confirming"
    assert (fresh(payment).status, fresh(others_payment).status) == ("ready", "ready")
    assert not is_flagged(payment)


@pytest.mark.parametrize("merchant_uid", ["", "nothing", "x" * 41, "a\x00b", "2026\udc00"])
def test_an_unknown_order_is_404_and_says_what_to_do(
    nobody: Browser, others_payment: Payment, sandbox: SandboxGateway, merchant_uid: str
) -> None:
    calls = len(sandbox.calls())
    number = merchant_uid.encode("utf-8", "surrogatepass")
    response = nobody.arrive(merchant_uid=number, imp_uid="imp_1")  # type: ignore[arg-type]
    assert response.status_code == 404
    assert 'href="/payments/"' in response.content.decode()
    assert nobody.arrive().status_code == 404
    assert len(sandbox.calls()) == calls


@pytest.mark.parametrize("kind", ["status", "html", "malformed", "cut"])
def test_without_an_answer_it_is_still_being_confirmed(
    nobody: Browser, payment: Payment, sandbox: SandboxGateway, kind: str
) -> None:
    paid = sandbox.pay(payment.merchant_uid, 99_000)
    query = {"imp_uid": paid["imp_uid"], "merchant_uid": payment.merchant_uid}
    sandbox.fault(kind)
    assert state(nobody.arrive(**query)) == "confirming"
    sandbox.heal()
    assert state(nobody.arrive(**query)) == "confirming"  # asked a moment ago
    with later():
        assert state(nobody.arrive(**query)) == "paid"


@pytest.mark.parametrize("none", ["null", "undefined", "None", "NaN", "false", "[object Object]"])
def test_a_word_for_no_id_is_no_id(
    nobody: Browser, payment: Payment, sandbox: SandboxGateway, none: str
) -> None:
    sandbox.pay(payment.merchant_uid, 99_000)
    response = nobody.arrive(imp_uid=none, merchant_uid=payment.merchant_uid)
    assert state(response) == "paid"
    assert nobody.arrive(merchant_uid=none, imp_uid=none).status_code == 404


def test_without_its_number_an_order_is_found_by_its_id_by_its_customer_alone(
    nobody: Browser, buyer: Browser, payment: Payment, sandbox: SandboxGateway
) -> None:
    paid = sandbox.pay(payment.merchant_uid, 99_000)
    nobody.arrive(imp_uid=paid["imp_uid"], merchant_uid=payment.merchant_uid)
    assert nobody.arrive(imp_uid=paid["imp_uid"]).status_code == 404
    for number in ("", "x" * 41, "a\0b", "another"):
        response = buyer.arrive(imp_uid=paid["imp_uid"], merchant_uid=number)
        assert response.headers["Location"] == page_url(payment)


def test_what_the_address_said_is_kept_with_the_question(
    nobody: Browser, payment: Payment, sandbox: SandboxGateway
) -> None:
    claims: dict[str, Any] = {"error_code": "F400", "error_msg": "x" * 5_000}
    nobody.arrive(merchant_uid=payment.merchant_uid, **claims)
    note = payment.events.get(kind="asked").note
    assert note.startswith("F400 xxx")
    assert len(note) < 700


def test_only_get_is_taken(nobody: Browser) -> None:
    assert nobody.client.post("/checkout/return/").status_code == 405

"""Marking failed: seen first, with a reason, per record, and never against the gateway's word."""

from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from payments.admin.payments import actions
from payments.admin.payments import mark_failed as failing_page
from payments.models import Payment, Product
from payments.services.open_orders import mark_failed
from payments.services.verification.verify import verify
from payments.states import Source
from tests.gateway import SandboxGateway
from tests.payments import builders
from tests.payments.admin.conftest import (
    LIST,
    MARK_FAILED,
    SignIn,
    act,
    english,
    messages_on,
    page_of,
    text_of,
)
from tests.payments.conftest import kinds, start
from tests.responses import ClientResponse


@pytest.fixture
def client(operator: User, sign_in: SignIn) -> Client:
    """The operator's browser."""
    return sign_in(operator)


def mark(client: Client, *payments: Payment, **fields: Any) -> ClientResponse:
    """Press the button on the page that was opened for these payments."""
    records = [f"{payment.pk}:{payment.version}" for payment in payments]
    body = {"record": records, "reason": "abandoned", "note": "고객이 전화로 취소"}
    return client.post(MARK_FAILED, body | fields)


def test_the_page_lists_the_records_and_leaves_out_the_others_with_the_cause(
    client: Client, customer: User, product: Product
) -> None:
    open_order = builders.ordered(customer, product)
    paid = builders.paid(customer, product)
    response = act(client, "mark_failed", open_order, paid, query="status=ready,paid")
    page = text_of(client.get(response["Location"]))
    assert f'name="record" value="{open_order.pk}:{open_order.version}"' in page
    assert f'value="{paid.pk}:' not in page
    assert "1 payment will be marked failed" in page
    assert "At most 500 characters. It stays in the payment&#x27;s history for good." in page
    assert "1 payment is left out" in page
    assert (
        f"<strong>{paid.merchant_uid}</strong> (Paid, ₩99,000): {english(mark_failed.NOT_OPEN)}"
        in page
    )
    assert f'href="{LIST}?status=ready%2Cpaid"' in page


def test_an_open_order_is_closed_for_a_reason_in_the_operators_name(
    client: Client, operator: User, payment: Payment
) -> None:
    response = mark(client, payment, _changelist_filters="status=ready")
    assert response["Location"] == f"{LIST}?status=ready"
    assert messages_on(response) == f"{payment.merchant_uid}: Marked failed: 고객이 전화로 취소"
    payment.refresh_from_db()
    event = payment.events.get(kind="marked_failed")
    assert payment.status == "failed"
    assert (event.actor, event.reason_code, event.note) == (
        operator,
        "abandoned",
        "고객이 전화로 취소",
    )


def test_it_is_refused_when_the_gateway_says_paid_and_the_payment_becomes_paid(
    client: Client, payment: Payment, sandbox: SandboxGateway
) -> None:
    sandbox.pay(payment.merchant_uid, 99_000)
    messages = messages_on(mark(client, payment))
    assert f"{payment.merchant_uid}: {english(mark_failed.HAS_MONEY)} It is now: Paid." in messages
    payment.refresh_from_db()
    assert payment.status == "paid"
    assert kinds(payment)[-1] == "refused"


def test_it_is_refused_while_the_gateway_is_silent(
    client: Client, payment: Payment, sandbox: SandboxGateway
) -> None:
    sandbox.fault("status", status=500)
    assert "does not answer. Nothing was changed" in messages_on(mark(client, payment))
    payment.refresh_from_db()
    assert payment.status == "ready"


def test_a_payment_that_changed_since_the_page_was_opened_is_refused_by_name(
    client: Client, payment: Payment
) -> None:
    seen = Payment.objects.get(pk=payment.pk)
    verify(payment=payment, source=Source.BROWSER)
    messages = messages_on(mark(client, seen))
    assert messages.startswith(f"{payment.merchant_uid}: This payment has changed")
    payment.refresh_from_db()
    assert payment.status == "ready"
    assert not payment.events.filter(source="admin").exists()


INCOMPLETE: list[dict[str, str]] = [
    {"reason": ""},
    {"reason": "because"},
    {"note": ""},
    {"note": "  \n "},
    {"note": "가" * 501},
]


@pytest.mark.parametrize("fields", INCOMPLETE)
def test_a_reason_in_code_and_words_is_required(
    client: Client, payment: Payment, fields: dict[str, str]
) -> None:
    response = mark(client, payment, **fields)
    page = text_of(response)
    assert response.status_code == 200
    assert 'class="errorlist"' in page
    assert f'name="record" value="{payment.pk}:{payment.version}"' in page
    payment.refresh_from_db()
    assert payment.status == "ready"
    assert not payment.events.filter(source="admin").exists()


def test_a_form_that_comes_back_keeps_the_versions_that_were_seen(
    client: Client, payment: Payment
) -> None:
    seen = Payment.objects.get(pk=payment.pk)
    verify(payment=payment, source=Source.BROWSER)
    page = text_of(mark(client, seen, note=""))
    assert 'name="record"' not in page
    assert "This payment has changed in the meantime" in page


def test_of_several_each_has_its_own_outcome(
    client: Client, sandbox: SandboxGateway, customer: User, product: Product
) -> None:
    orders = [start(customer, product, checkout_key=f"click-{n}") for n in range(3)]
    closed, paid_there, paid_here = orders
    sandbox.pay(paid_there.merchant_uid, 99_000)
    sandbox.pay(paid_here.merchant_uid, 99_000)
    seen = Payment.objects.get(pk=paid_here.pk)
    verify(payment=paid_here, source=Source.BROWSER)
    messages = messages_on(mark(client, closed, paid_there, seen))
    assert "3 payments: changed 1, refused 2" in messages
    assert f"{paid_there.merchant_uid}: {english(mark_failed.HAS_MONEY)}" in messages
    assert f"{paid_here.merchant_uid}: This payment has changed" in messages
    statuses = Payment.objects.in_bulk([order.pk for order in orders])
    assert [statuses[order.pk].status for order in orders] == ["failed", "paid", "paid"]


def test_a_failure_that_the_gateway_knew_of_keeps_the_gateways_reason(
    client: Client, payment: Payment, sandbox: SandboxGateway
) -> None:
    declined = {"fail_reason": "한도 초과"}
    sandbox.pay(payment.merchant_uid, 99_000, outcome="failed", fields=declined)
    assert "한도 초과" in messages_on(mark(client, payment))
    assert not payment.events.filter(kind="marked_failed").exists()


def test_too_many_at_once_are_refused(
    client: Client, customer: User, product: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions, "MAX_FAILED", 2)
    orders = [builders.ordered(customer, product) for _ in range(3)]
    assert "At most 2 payments at once" in messages_on(act(client, "mark_failed", *orders))


@pytest.mark.parametrize("record", ["", "x", "1", "1:x", "999:1", "-1:1", "9" * 30 + ":1", "1:1:1"])
def test_a_record_that_makes_no_sense_marks_nothing(
    client: Client, payment: Payment, record: str
) -> None:
    response = client.post(MARK_FAILED, {"record": record, "reason": "other", "note": "x"})
    assert response.status_code == 302
    payment.refresh_from_db()
    assert payment.status == "ready"


def test_the_page_shows_how_much_is_closed_and_masks_the_customer(
    client: Client, customer: User, product: Product
) -> None:
    orders = [builders.ordered(customer, product) for _ in range(3)]
    page = text_of(client.get(act(client, "mark_failed", *orders)["Location"]))
    assert page.count("₩99,000") == 3
    assert "₩297,000" in page
    assert page.count("cu***@example.com") == 3
    assert customer.email not in page


def test_from_a_payments_page_it_goes_back_to_that_page(client: Client, payment: Payment) -> None:
    page = text_of(client.get(page_of(payment)))
    link = f"{MARK_FAILED}?id={payment.pk}&amp;back=page"
    assert f'href="{link}"' in page
    confirm = text_of(client.get(link.replace("&amp;", "&")))
    assert f'href="{page_of(payment)}"' in confirm
    assert mark(client, payment, back="page")["Location"] == page_of(payment)


def test_that_a_payment_changed_is_said_before_what_it_became(
    client: Client, payment: Payment, sandbox: SandboxGateway
) -> None:
    seen = Payment.objects.get(pk=payment.pk)
    sandbox.pay(payment.merchant_uid, 99_000)
    verify(payment=payment, source=Source.BROWSER)
    assert "This payment has changed" in messages_on(mark(client, seen))


# --- While the gateway is silent ----------------------------------------------------------------

SECOND_TIME = {"without_answer": "1", "confirmed": "on"}


@pytest.fixture
def approvers(approver: User, sign_in: SignIn) -> Client:
    """The approver's browser."""
    return sign_in(approver)


@pytest.fixture
def silent(sandbox: SandboxGateway) -> SandboxGateway:
    """A gateway that answers nothing."""
    sandbox.fault("status", status=500)
    return sandbox


def test_an_operator_is_told_that_somebody_else_may_go_on(
    client: Client, payment: Payment, silent: SandboxGateway
) -> None:
    messages = messages_on(mark(client, payment))
    assert english(failing_page.NO_OVERRIDE) in messages
    payment.refresh_from_db()
    assert payment.status == "ready"


def test_an_approver_is_asked_a_second_time_and_nothing_has_changed_yet(
    approvers: Client, payment: Payment, silent: SandboxGateway
) -> None:
    page = text_of(mark(approvers, payment))
    payment.refresh_from_db()
    assert payment.status == "ready"
    assert "The gateway gave no answer about 1 payment" in page
    assert "Mark failed all the same" in page
    # The versions on this page are those after the question.
    assert f'name="record" value="{payment.pk}:{payment.version}"' in page
    assert '<input type="hidden" name="reason" value="abandoned"' in page
    assert "고객이 전화로 취소" in page


def test_the_second_yes_closes_it_and_the_record_says_so(
    approvers: Client, approver: User, payment: Payment, silent: SandboxGateway
) -> None:
    mark(approvers, payment)
    payment.refresh_from_db()
    response = mark(approvers, payment, **SECOND_TIME)
    assert "Marked failed: 고객이 전화로 취소" in messages_on(response)
    payment.refresh_from_db()
    event = payment.events.get(kind="marked_failed")
    assert payment.status == "failed"
    assert (event.actor, event.reason_code) == (approver, "abandoned,gateway_silent")


def test_the_second_page_needs_its_own_yes(
    approvers: Client, payment: Payment, silent: SandboxGateway
) -> None:
    page = text_of(mark(approvers, payment, without_answer="1"))
    assert 'class="errorlist"' in page
    assert "Mark failed all the same" in page
    payment.refresh_from_db()
    assert payment.status == "ready"


def test_an_operator_who_posts_the_second_yes_is_refused(
    client: Client, payment: Payment, silent: SandboxGateway
) -> None:
    assert mark(client, payment, **SECOND_TIME).status_code == 403
    payment.refresh_from_db()
    assert payment.status == "ready"
    assert not payment.events.filter(source="admin").exists()


def test_what_the_gateway_says_after_all_beats_the_second_yes(
    approvers: Client, payment: Payment, silent: SandboxGateway
) -> None:
    mark(approvers, payment)
    silent.heal()
    silent.pay(payment.merchant_uid, 99_000)
    payment.refresh_from_db()
    assert english(mark_failed.HAS_MONEY) in messages_on(mark(approvers, payment, **SECOND_TIME))
    payment.refresh_from_db()
    assert payment.status == "paid"


def test_a_payment_that_changed_since_the_second_page_is_refused(
    approvers: Client, payment: Payment, silent: SandboxGateway
) -> None:
    mark(approvers, payment)
    seen = Payment.objects.get(pk=payment.pk)
    verify(payment=payment, source=Source.BROWSER)
    assert "This payment has changed" in messages_on(mark(approvers, seen, **SECOND_TIME))
    payment.refresh_from_db()
    assert payment.status == "ready"


def test_of_many_only_those_that_were_asked_in_vain_come_back(
    approvers: Client, customer: User, product: Product, sandbox: SandboxGateway
) -> None:
    orders = [start(customer, product, checkout_key=f"click-{n}") for n in range(5)]
    sandbox.fault("status", status=500)
    page = text_of(mark(approvers, *orders))
    assert page.count('name="record"') == 3
    assert "no answer 3, not asked 2" in page

"""All that happened to a payment, on its page."""

import json
import re
from html import unescape
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from payments.models import Payment, Product
from payments.selectors.payments import timeline
from payments.services import webhooks
from payments.services.open_orders import mark_failed
from payments.services.verification.settle import settle
from payments.services.verification.verify import ask, call, verify
from payments.states import FailReason, Source, Verification
from tests.gateway import SandboxGateway
from tests.payments import builders
from tests.payments.admin.conftest import SignIn, page_of, text_of, verify_of

from .pages import rows, section


@pytest.fixture
def client(operator: User, sign_in: SignIn) -> Client:
    """The operator's browser."""
    return sign_in(operator)


def received(payment: Payment, status: str = "paid") -> Any:
    body = {"imp_uid": payment.imp_uid, "merchant_uid": payment.merchant_uid, "status": status}
    return webhooks.receive(
        body=json.dumps(body).encode(), content_type="application/json", remote_address=None
    )


def test_the_timeline_tells_who_did_what_and_why_newest_first(
    client: Client, operator: User, payment: Payment, sandbox: SandboxGateway
) -> None:
    sandbox.pay(payment.merchant_uid, 99_000)
    client.post(verify_of(payment))
    lines = rows(text_of(client.get(page_of(payment))))
    assert ["Paid" in lines[0], "Asked the gateway" in lines[1]] == [True, True]
    assert f"Gateway Staff · {operator}" in lines[0]
    assert "Not paid → Paid +₩99,000" in lines[0]
    assert f"Staff {operator}" in lines[1]
    assert "Ordered" in lines[-1]
    assert all(" KST " in row and " UTC" in row for row in lines)


@pytest.mark.parametrize(
    ("language", "words"), [("en", "Approved attempts:"), ("ko", "승인된 거래:")]
)
def test_which_attempts_are_approved_is_said_in_the_readers_language(
    client: Client,
    operator: User,
    payment: Payment,
    sandbox: SandboxGateway,
    language: str,
    words: str,
) -> None:
    User.objects.filter(pk=operator.pk).update(language=language)
    imp_uids = [sandbox.pay(payment.merchant_uid, 99_000)["imp_uid"] for _ in range(2)]
    verify(payment=payment, source=Source.WEBHOOK)
    page = text_of(client.get(page_of(payment)))
    said = rows(page)[0].split(words)[1]
    assert all(imp_uid in said for imp_uid in imp_uids)
    assert "approved:" not in page


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "the answer was not applied"), ("ko", "응답을 반영하지 않았습니다")],
)
def test_an_answer_that_was_overtaken_is_explained_in_the_readers_language(
    client: Client,
    operator: User,
    payment: Payment,
    sandbox: SandboxGateway,
    language: str,
    words: str,
) -> None:
    User.objects.filter(pk=operator.pk).update(language=language)
    question = ask(payment=payment, source=Source.COMMAND)
    reply = call(question)
    sandbox.pay(payment.merchant_uid, 99_000)
    verify(payment=payment, source=Source.WEBHOOK)
    settle(question=question, reply=reply)
    page = text_of(client.get(page_of(payment)))
    assert any(words in row for row in rows(page)[:2])
    assert "the payment moved while" not in page


def test_the_gateways_answer_can_be_unfolded_field_by_field(
    client: Client, payment: Payment, sandbox: SandboxGateway
) -> None:
    sandbox.pay(payment.merchant_uid, 99_000, fields={"buyer_name": "홍길동전"})
    verify(payment=payment, source=Source.WEBHOOK)
    page = section(text_of(client.get(page_of(payment))), "timeline")
    answer = page.split('<details class="answer">')[1].split("</details>")[0]
    answer_data = payment.events.exclude(answer="").get().answer_data
    assert re.search(r"<code>amount</code></th><td>99000</td>", answer)
    assert f"{answer_data['paid_at']} <small><time" in answer
    assert "Empty: " in answer
    assert "홍길동전" not in page


def test_webhooks_stand_among_the_events_by_time_and_are_linked(
    client: Client, customer: User, product: Product
) -> None:
    payment = builders.paid(customer, product)
    delivery = received(payment)
    builders.found(payment, Verification(payment.verification))
    page = text_of(client.get(page_of(payment)))
    voices = re.findall(r'<li class="(\w+)', section(page, "timeline"))
    assert voices == ["gateway", "webhook", "gateway", "customer"]
    assert f"/admin/payments/webhookdelivery/{delivery.pk}/change/" in section(page, "timeline")
    assert "Received, not looked at yet" in rows(page)[1]
    assert "Says “paid”." in rows(page)[1]


def test_a_close_without_the_gateways_word_says_so(
    client: Client, payment: Payment, approver: User, sandbox: SandboxGateway
) -> None:
    sandbox.fault("status", status=500)
    mark_failed.mark_failed(
        payment=payment,
        actor=approver,
        reason=FailReason.ABANDONED,
        note="고객이 전화로 취소",
        expected_version=payment.version,
        override_silence=True,
    )
    lines = rows(text_of(client.get(page_of(payment))))
    assert "The customer never finished; Closed without the gateway's word" in lines[0]
    assert f"Staff {approver}" in lines[0]


def test_all_of_a_long_history_is_read_page_by_page_and_nothing_twice(
    client: Client, customer: User, product: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timeline, "MAX_ENTRIES", 7)
    payment = builders.paid(customer, product)
    for _ in range(8):
        builders.found(payment, Verification(payment.verification))
        received(payment)
    url, seen, pages = f"{page_of(payment)}?_changelist_filters=status%3Dpaid", [], 0
    while url:
        page = text_of(client.get(url))
        seen += re.findall(r'<li [^>]*id="(\S+)"', section(page, "timeline"))
        older = re.search(r'href="(\?event=[^"]*)#timeline"', page)
        assert older is None or "_changelist_filters=status%3Dpaid" in older[1]
        url, pages = page_of(payment) + unescape(older[1]) if older else "", pages + 1
    assert pages == 3
    assert len(seen) == len(set(seen)) == 10 + 8


@pytest.mark.parametrize("query", ["event=x", "event=-1&webhook=²", f"event={'9' * 30}"])
def test_a_place_in_the_history_that_makes_no_sense_is_the_newest(
    client: Client, customer: User, product: Product, query: str
) -> None:
    page = text_of(client.get(f"{page_of(builders.paid(customer, product))}?{query}"))
    assert len(rows(page)) == 2


def test_a_page_costs_the_same_after_years_of_questions(
    client: Client, customer: User, product: Product, django_assert_max_num_queries: Any
) -> None:
    payment = builders.paid(customer, product)
    for _ in range(60):
        builders.found(payment, Verification(payment.verification))
        received(payment)
    with django_assert_max_num_queries(14):
        page = text_of(client.get(page_of(payment)))
    assert len(rows(page)) == timeline.MAX_ENTRIES

"""The page of one payment: its head, the order beside the gateway's answer, all that happened."""

import json
import re
from datetime import UTC, datetime
from html import unescape
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from payments.admin.shared import personal_data
from payments.models import Payment, Product
from payments.selectors.payments import timeline
from payments.selectors.payments.flags import is_flagged
from payments.services import notes, webhooks
from payments.services.open_orders import mark_failed
from payments.services.verification.verify import verify
from payments.states import FailReason, Source, Verification
from tests.gateway import SandboxGateway
from tests.payments import builders
from tests.payments.admin.conftest import (
    LIST,
    MARK_FAILED,
    SignIn,
    english,
    page_of,
    text_of,
    verify_of,
)
from tests.payments.conftest import start


@pytest.fixture
def client(operator: User, sign_in: SignIn) -> Client:
    """The operator's browser."""
    return sign_in(operator)


def plain(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def section(page: str, name: str) -> str:
    return page.split(f'id="{name}"')[1].split("</section>", maxsplit=1)[0]


def compared(page: str) -> dict[str, tuple[str, str, str]]:
    """Field: ours, theirs and the verdict, of each row of the comparison."""
    columns = {}
    for row in section(page, "comparison").split('<th scope="row">')[1:]:
        label, *cells = re.split(r"</th>|</td>", row)[:4]
        columns[label] = tuple(
            plain(re.sub(r'<span class="side.*?</span>|<button.*?</button>', "", cell))
            for cell in cells
        )
    return columns  # type: ignore[return-value]


def rows(page: str) -> list[str]:
    """The timeline's rows as text, top to bottom."""
    return [plain(row) for row in section(page, "timeline").split("<li ")[1:]]


def received(payment: Payment, status: str = "paid") -> Any:
    body = {"imp_uid": payment.imp_uid, "merchant_uid": payment.merchant_uid, "status": status}
    return webhooks.receive(
        body=json.dumps(body).encode(), content_type="application/json", remote_address=None
    )


# --- The head -------------------------------------------------------------------------------


def test_the_head_says_what_it_is_and_how_much(
    client: Client, customer: User, product: Product
) -> None:
    payment = builders.refunded(
        customer, product, refund=9_000, at=datetime(2026, 3, 31, 15, 30, tzinfo=UTC)
    )
    page = text_of(client.get(page_of(payment)))
    head = plain(page.split('<header class="payment-head">')[1].split("</header>")[0])
    for text in (payment.merchant_uid, "₩99,000", "₩9,000", "₩90,000", "Partly refunded", "Agrees"):
        assert text in head
    for text in (
        str(payment.imp_uid),
        "30012345",
        "2026-04-01 00:30:00 KST",
        "2026-03-31 15:30:00 UTC",
    ):
        assert text in page


def test_an_order_without_money_has_no_net(
    client: Client, customer: User, product: Product
) -> None:
    page = text_of(client.get(page_of(builders.ordered(customer, product))))
    assert page.count("<dt>", page.index("figures"), page.index("</dl>")) == 1


def test_what_only_the_state_forbids_says_why(
    client: Client, customer: User, product: Product
) -> None:
    link, why = f"{MARK_FAILED}?id=", english(mark_failed.NOT_OPEN)
    open_page = text_of(client.get(page_of(builders.ordered(customer, product))))
    paid_page = text_of(client.get(page_of(builders.paid(customer, product))))
    assert [link in open_page, why in open_page] == [True, False]
    assert [link in paid_page, why in paid_page] == [False, True]


def test_who_may_only_look_is_told_so_and_finds_no_button(
    viewer: User, customer: User, product: Product, sign_in: SignIn
) -> None:
    payment = builders.ordered(customer, product)
    page = text_of(sign_in(viewer).get(page_of(payment)))
    assert "You may look at this payment." in page
    for door in (verify_of(payment), MARK_FAILED, 'id="note"', english(mark_failed.NOT_OPEN)):
        assert door not in page


@pytest.mark.parametrize(
    ("url", "is_linked"),
    [("https://pg.example/r/1", True), ("javascript:alert(1)", False), ("", False)],
)
def test_a_receipt_is_a_link_only_to_a_web_page(
    client: Client, customer: User, product: Product, url: str, is_linked: bool
) -> None:
    payment = builders.ordered(customer, product, receipt_url=url)
    page = text_of(client.get(page_of(payment)))
    assert ("Open the receipt" in page) is is_linked
    assert "javascript:" not in page


# --- Our order beside the answer --------------------------------------------------------------


def test_an_order_and_an_answer_that_agree_have_nothing_marked(
    client: Client, payment: Payment, sandbox: SandboxGateway
) -> None:
    sandbox.pay(payment.merchant_uid, 99_000)
    verify(payment=payment, source=Source.BROWSER)
    page = text_of(client.get(page_of(payment)))
    assert {verdict for _ours, _theirs, verdict in compared(page).values()} == {"same"}
    assert "Nothing contradicts." in page
    assert 'class="differs"' not in section(page, "comparison")


def test_each_difference_is_marked_in_words(
    client: Client, payment: Payment, sandbox: SandboxGateway
) -> None:
    paid = sandbox.pay(payment.merchant_uid, 100, ignore_prepare=True)
    client.post(verify_of(payment))
    page = text_of(client.get(page_of(payment)))
    fields = compared(page)
    assert fields["Amount"] == ("₩99,000", "₩100", "differs The amount differs")
    assert fields["Status"] == ("Not paid (ready)", "Paid (paid)", "differs")
    assert fields["Order number"][2] == "same"
    # An open order is bound to no attempt yet.
    assert fields["PortOne payment id"] == ("–", paid["imp_uid"], "only at the gateway")
    assert section(page, "comparison").count('<tr class="differs">') == 2
    assert "2 fields differ." in page
    assert "The gateway's answer does not agree:" in plain(section(page, "comparison"))


def test_a_difference_stays_on_the_page_while_it_stands(
    client: Client, payment: Payment, sandbox: SandboxGateway
) -> None:
    wrong = sandbox.pay(payment.merchant_uid, 100, ignore_prepare=True)
    verify(payment=payment, source=Source.WEBHOOK, imp_uid=wrong["imp_uid"])
    other = sandbox.pay(payment.merchant_uid, 99_000, outcome="ready")
    verify(payment=payment, source=Source.WEBHOOK, imp_uid=other["imp_uid"])
    assert is_flagged(payment)
    page = text_of(client.get(page_of(payment)))
    assert compared(page)["Amount"][1] == "₩100"
    assert "A newer answer was about another attempt" in page


def test_what_staff_changed_after_the_answer_is_no_contradiction(
    client: Client, operator: User, payment: Payment, sandbox: SandboxGateway
) -> None:
    sandbox.pay(payment.merchant_uid, 99_000, outcome="ready")
    mark_failed.mark_failed(
        payment=payment,
        actor=operator,
        reason=FailReason.ABANDONED,
        note="고객이 전화로 취소",
        expected_version=payment.version,
    )
    page = text_of(client.get(page_of(payment)))
    assert compared(page)["Status"] == ("Failed (failed)", "Not paid (ready)", "changed here since")
    assert "Nothing contradicts." in page


def test_a_finding_that_no_value_shows_is_marked_on_its_field(
    client: Client, payment: Payment, sandbox: SandboxGateway
) -> None:
    for _ in range(2):
        sandbox.pay(payment.merchant_uid, 99_000)
    client.post(verify_of(payment))
    page = text_of(client.get(page_of(payment)))
    assert "The order was approved a second time" in compared(page)["PortOne payment id"][2]


def test_before_any_answer_the_order_stands_alone_and_the_page_says_so(
    client: Client, customer: User, product: Product
) -> None:
    page = text_of(client.get(page_of(builders.ordered(customer, product))))
    assert "has not answered about this payment yet" in page
    assert "Press Re-verify to ask." in page
    assert compared(page)["Amount"] == ("₩99,000", "–", "")


def test_ids_have_a_button_that_copies_them_and_can_be_selected_without_it(
    client: Client, customer: User, product: Product
) -> None:
    payment = builders.paid(customer, product)
    page = text_of(client.get(page_of(payment)))
    for text in (payment.merchant_uid, payment.imp_uid, payment.apply_num):
        assert f'<code class="id">{text}</code>' in page
        button = re.search(rf'<button[^>]*data-copy="{text}"[^>]*>', page)
        assert button is not None
        assert button[0].endswith(" hidden>")


FACTS: dict[str, Any] = {
    "pg_id": "INIpayTest",
    "pg_tid": "StdpayCARD1",
    "card_name": "현대카드",
    "card_first6": "433028",
    "card_last4": "9694",
    "card_quota": 3,
    "escrow": True,
}
PERSONS: dict[str, Any] = {
    "buyer_name": "홍구매자님",
    "buyer_tel": "010-1234-5678",
    "depositor_name": "김입금자님",
}


def test_what_finance_matches_by_stands_in_groups(
    client: Client, customer: User, product: Product
) -> None:
    page = section(text_of(client.get(page_of(builders.paid(customer, product, **FACTS)))), "facts")
    text = plain(page)
    for fact in (
        "MID INIpayTest",
        "PG transaction id StdpayCARD1",
        "Card company 현대카드",
        "Card number 433028******9694",
        "Instalments 3 months",
        "Escrow Yes",
    ):
        assert fact in text
    assert 'data-copy="StdpayCARD1"' in page
    assert "Test payment" not in text


def test_a_lump_sum_and_what_nobody_told(client: Client, customer: User, product: Product) -> None:
    payment = builders.paid(customer, product, card_quota=0)
    text = plain(section(text_of(client.get(page_of(payment))), "facts"))
    assert "Instalments Lump sum" in text
    assert "Card company" not in text


def test_a_test_payment_says_so_wherever_it_is_shown(
    client: Client, customer: User, product: Product
) -> None:
    page = text_of(client.get(page_of(builders.paid(customer, product, is_test=True))))
    head = plain(page.split('<header class="payment-head">')[1].split("</header>")[0])
    assert "Test payment" in head
    assert "Test payment Yes: it moved no money" in plain(section(page, "facts"))


def test_what_agrees_is_folded_into_one_line_and_what_differs_is_not(
    client: Client, payment: Payment, sandbox: SandboxGateway
) -> None:
    paid = sandbox.pay(payment.merchant_uid, 99_000)
    verify(payment=payment, source=Source.BROWSER)
    page = section(text_of(client.get(page_of(payment))), "comparison")
    number = len(compared(f'id="comparison"{page}'))
    assert f"<summary>{number} fields agree</summary>" in page
    assert "<table" not in page.split("<details")[0]
    sandbox.change(paid["imp_uid"], pg_tid="another")
    verify(payment=payment, source=Source.BROWSER)
    page = section(text_of(client.get(page_of(payment))), "comparison")
    shown, folded = page.split("<details")
    assert ["another" in shown, f"{number - 1} fields agree" in folded] == [True, True]


# --- What happened ----------------------------------------------------------------------------


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


# --- Personal data ----------------------------------------------------------------------------


def test_the_customer_is_masked_in_facts_and_timeline_until_it_is_unmasked(
    finance: User, customer: User, product: Product, sign_in: SignIn, monkeypatch: Any
) -> None:
    payment, client = builders.paid(customer, product), sign_in(finance)
    page = text_of(client.get(page_of(payment)))
    assert customer.email not in page
    assert page.count("cu***@example.com") == 2
    monkeypatch.setattr(personal_data, "is_unmasked", lambda request: True)
    page = text_of(client.get(page_of(payment)))
    assert page.count(customer.email) == 2


def test_whoever_bought_is_masked_until_somebody_says_why(
    finance: User, customer: User, product: Product, sign_in: SignIn
) -> None:
    payment, client = builders.paid(customer, product, **PERSONS), sign_in(finance)
    page = text_of(client.get(page_of(payment)))
    assert not any(secret in page for secret in PERSONS.values())
    assert "Buyer's phone 01***78" in plain(section(page, "facts"))
    client.post(f"{LIST}unmask/", {"reason": "환불 문의 확인", "next": page_of(payment)})
    page = text_of(client.get(page_of(payment)))
    assert all(secret in page for secret in PERSONS.values())


def test_personal_data_is_erased_from_the_page_by_those_who_may(
    admin_person: User, operator: User, customer: User, product: Product, sign_in: SignIn
) -> None:
    payment = builders.paid(customer, product, **PERSONS)
    url = f"{LIST}{payment.pk}/erase/"
    theirs, ours = sign_in(operator), sign_in(admin_person)
    assert url not in text_of(theirs.get(page_of(payment)))
    assert theirs.post(url, {"reason": "본인 요청"}).status_code == 403
    assert f'action="{url}"' in text_of(ours.get(page_of(payment)))
    refused = text_of(ours.post(url, {"reason": ""}, follow=True))
    assert "Say in a few words why it is erased" in refused
    page = text_of(ours.post(url, {"reason": "본인 요청"}, follow=True))
    assert "is erased for good" in page
    assert url not in page
    assert "Buyer's name" not in page
    payment.refresh_from_db()
    assert (payment.buyer_name, payment.events.get(kind="erased").note) == ("", "본인 요청")


def test_staff_are_named_in_the_timeline(
    client: Client, operator: User, customer: User, product: Product
) -> None:
    payment = builders.paid(customer, product)
    notes.add_note(payment=payment, actor=operator, text="확인함")
    newest = rows(text_of(client.get(page_of(payment))))[0]
    assert newest.startswith('class="staff"')
    assert f"확인함 Staff {operator}" in newest


@pytest.mark.parametrize("who", ["viewer", "admin_person"])
def test_the_customer_is_a_link_for_those_who_may_see_people(
    request: pytest.FixtureRequest, customer: User, product: Product, sign_in: SignIn, who: str
) -> None:
    payment = builders.paid(customer, product)
    page = text_of(sign_in(request.getfixturevalue(who)).get(page_of(payment)))
    link = f'href="/admin/accounts/user/{customer.pk}/change/"'
    assert (link in page) is (who == "admin_person")


def test_the_customers_other_payments_are_one_click_away(
    client: Client, payment: Payment, customer: User, product: Product, others_payment: Payment
) -> None:
    second = start(customer, product, checkout_key="another-click")
    link = f"{LIST}?user={customer.pk}"
    assert f'href="{link}"' in text_of(client.get(page_of(payment)))
    payments = client.get(link).context["cl"].result_list
    assert {other.pk for other in payments} == {payment.pk, second.pk}


def test_what_a_stranger_wrote_is_shown_and_never_run(
    client: Client, customer: User, product: Product
) -> None:
    evil = "<script>alert(1)</script>"
    payment = builders.failed(customer, product, name=evil)
    body = json.dumps({"imp_uid": "imp_1", "merchant_uid": payment.merchant_uid, "status": evil})
    delivery = webhooks.receive(body=body.encode(), content_type=evil, remote_address="203.0.113.9")
    for url in (
        page_of(payment),
        LIST,
        "/admin/payments/webhookdelivery/",
        f"/admin/payments/webhookdelivery/{delivery.pk}/change/",
    ):
        page = text_of(client.get(url))
        assert evil not in page
        assert "alert(1)" in page


def test_the_page_shows_the_money_that_moved_day_by_day(
    client: Client, customer: User, product: Product
) -> None:
    at = datetime(2026, 4, 1, 3, tzinfo=UTC)
    payment = builders.refunded(customer, product, refund=30_000, at=at)
    page = plain(text_of(client.get(page_of(payment))))
    assert "Money that moved" in page
    assert "Approval +₩99,000 2026-04-01 12:00:00 KST" in page
    assert "Refund −₩30,000 2026-04-01 13:00:00 KST" in page
    assert "Of another attempt" not in page


def test_a_payment_without_money_shows_none(
    client: Client, customer: User, product: Product
) -> None:
    page = text_of(client.get(page_of(builders.ordered(customer, product))))
    assert 'id="movements"' not in page

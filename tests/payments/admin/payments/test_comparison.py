"""The order beside the gateway's answer, on the payment's page."""

import re
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from payments.models import Payment, Product
from payments.selectors.payments.flags import is_flagged
from payments.services.open_orders import mark_failed
from payments.services.verification.verify import verify
from payments.states import FailReason, Source
from tests.gateway import SandboxGateway
from tests.payments import builders
from tests.payments.admin.conftest import SignIn, page_of, text_of, verify_of

from .pages import plain, section


@pytest.fixture
def client(operator: User, sign_in: SignIn) -> Client:
    """The operator's browser."""
    return sign_in(operator)


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


def test_an_order_and_an_answer_that_agree_have_nothing_marked(
    client: Client, payment: Payment, sandbox: SandboxGateway
) -> None:
    sandbox.pay(payment.merchant_uid, 99_000)
    verify(payment=payment, source=Source.BROWSER)
    page = text_of(client.get(page_of(payment)))
    verdicts = {verdict for _ours, _theirs, verdict in compared(page).values()}
    # When the window was opened, and who bought: nothing to compare.
    assert verdicts == {"same", "not compared"}
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


def test_an_accepted_difference_asks_for_nothing_more(
    client: Client, operator: User, payment: Payment, sandbox: SandboxGateway
) -> None:
    sandbox.pay(payment.merchant_uid, 100, ignore_prepare=True)
    client.post(verify_of(payment))
    todo = "refund or correct it there, then re-verify"
    assert todo in plain(section(text_of(client.get(page_of(payment))), "comparison"))
    builders.accepted(payment, by=operator)
    said = plain(section(text_of(client.get(page_of(payment))), "comparison"))
    assert "The gateway's answer does not agree: The amount differs." in said
    assert "This difference was looked into and accepted." in said
    assert todo not in said


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
    verdicts = [verdict for *_sides, verdict in compared(f'id="comparison"{page}').values()]
    number = verdicts.count("same")
    assert f"<summary>{number} fields agree · 2 are not compared</summary>" in page
    assert "<table" not in page.split("<details")[0]
    sandbox.change(paid["imp_uid"], pg_tid="another")
    verify(payment=payment, source=Source.BROWSER)
    page = section(text_of(client.get(page_of(payment))), "comparison")
    shown, folded = page.split("<details")
    assert ["another" in shown, f"{number - 1} fields agree" in folded] == [True, True]

"""What to do now, and where: for each kind, for who may do it and for who has to ask somebody."""

from typing import Any

import pytest
from django.test import Client
from django.utils.html import escape

from accounts.models import User
from payments.admin.discrepancies.next_steps import STEPS, Way
from payments.models import Bucket, Discrepancy, Payment, Product
from tests.gateway import SandboxGateway
from tests.payments import builders
from tests.payments.admin.conftest import SignIn, english, messages_on, page_of, text_of
from tests.payments.books import filed, mirror, missing_here

from .pages import address, close

CONSOLE = "https://console.example/payments"


@pytest.fixture
def payment(customer: User, product: Product) -> Payment:
    """Paid on the first of April."""
    return builders.paid(customer, product)


def card(client: Client, discrepancy: Discrepancy, query: str = "") -> str:
    """What stands under "What to do now"; "" without it."""
    page = text_of(client.get(f"{address(discrepancy)}?{query}"))
    return page.partition('id="next-steps"')[2].partition("</section>")[0]


def test_every_bucket_has_its_steps() -> None:
    assert set(STEPS) == set(Bucket)
    assert {step.way for steps in STEPS.values() for step in steps if step.way} == set(Way)


@pytest.mark.parametrize("bucket", Bucket)
def test_each_step_is_on_the_page_with_its_ids(
    operator: User, sign_in: SignIn, payment: Payment, bucket: Bucket
) -> None:
    found = filed(payment, bucket, status="cancelled", currency="USD", amount=9.5)
    body = card(sign_in(operator), found)
    assert body.count("<li>") == len(STEPS[bucket])
    assert "%(" not in body
    for step in STEPS[bucket]:
        assert escape(english(step.words).partition("%(")[0]) in body


def test_it_names_the_attempt_to_cancel_and_leads_to_the_console(
    operator: User, sign_in: SignIn, payment: Payment, settings: Any
) -> None:
    settings.IAMPORT_CONSOLE_URL = CONSOLE
    found = filed(payment, Bucket.DOUBLE_APPROVAL)
    body = card(sign_in(operator), found)
    assert f"Cancel {found.imp_uid} in PortOne&#x27;s console." in body
    assert f'data-copy="{found.imp_uid}"' in body
    assert f'href="{CONSOLE}"' in body
    settings.IAMPORT_CONSOLE_URL = ""
    body = card(sign_in(operator), found)
    assert f'data-copy="{found.imp_uid}"' in body
    assert "href" not in body


def test_a_press_re_verifies_right_there_and_comes_back(
    operator: User, sign_in: SignIn, payment: Payment, sandbox: SandboxGateway
) -> None:
    mirror(sandbox, [payment])
    found, client = (
        filed(payment, Bucket.REFUND, status="cancelled", cancel_amount=1_000),
        sign_in(operator),
    )
    body = card(client, found, "_changelist_filters=age%3Dtoday")
    assert body.count(f'action="{address(found, "verify")}"') == 1
    response = client.post(address(found, "verify"), {"_changelist_filters": "age=today"})
    assert response["Location"] == f"{address(found)}?_changelist_filters=age%3Dtoday"
    assert "this has closed by itself" in messages_on(response)
    # Nothing is left to do; asking once more is still possible.
    assert card(client, found) == ""
    page = text_of(client.get(address(found)))
    assert page.count(f'action="{address(found, "verify")}"') == 1


def test_who_may_not_re_verify_reads_whom_to_ask(
    finance: User, sign_in: SignIn, payment: Payment
) -> None:
    body = card(sign_in(finance), filed(payment))
    assert "An operator can re-verify it. Ask one." in body
    assert "<form" not in body


def test_what_is_missing_here_is_taken_in_by_who_may_and_asked_for_by_the_others(
    approver: User, operator: User, viewer: User, sign_in: SignIn, db: None
) -> None:
    found = missing_here("imp_2", "order-2")
    there = address(found, "take_in")
    body = card(sign_in(approver), found, "_changelist_filters=age%3Dtoday")
    assert f'href="{there}?_changelist_filters=age%3Dtoday"' in body
    for person in (operator, viewer):
        body = card(sign_in(person), found)
        assert "An approver can take it in as a payment." in body
        assert there not in body


def test_another_order_number_leads_to_a_search_for_it(
    operator: User, sign_in: SignIn, payment: Payment
) -> None:
    found = filed(payment, Bucket.ORDER_NUMBER, merchant_uid="other order")
    body = card(sign_in(operator), found)
    assert "PortOne names other order." in body
    assert 'href="/admin/payments/payment/?q=other+order"' in body


def test_a_refund_that_is_gone_leads_to_the_payment(
    operator: User, sign_in: SignIn, payment: Payment
) -> None:
    body = card(sign_in(operator), filed(payment, Bucket.REFUND, status="paid", cancel_amount=0))
    assert f'href="{page_of(payment)}"' in body


def test_a_closed_one_has_nothing_to_do(operator: User, sign_in: SignIn, payment: Payment) -> None:
    found, client = filed(payment), sign_in(operator)
    close(client, found)
    assert card(client, found) == ""

"""Yesterday is reconciled and worked off in a real browser, in both languages: one is taken over
and closed with words, another closes by itself once the facts agree.
"""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from django.utils.translation import gettext, pgettext
from playwright.sync_api import Page, expect

from accounts.models import User
from accounts.roles import sync_roles
from payments.core.kst import day_of, start_of
from payments.core.money import won
from payments.core.periods import Period
from payments.models import Discrepancy, Payment, Product, ReconciliationRun
from tests.gateway import SandboxGateway
from tests.payments import builders
from tests.payments.books import ended, mirror

from .conftest import Walk, press

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

RUNS = "/admin/payments/reconciliationrun/"
QUEUE = "/admin/payments/discrepancy/"
# The next time that the page asks, on a busy machine.
SOON = 10_000
WORDS = "포트원에 정정을 요청해 처리됨"


@pytest.fixture
def yesterday(sandbox: SandboxGateway, transactional_db: None) -> list[Payment]:
    """Three payments; the gateway has another amount for the first and a refund of the second."""
    sync_roles()
    noon = start_of(day_of(timezone.now()) - timedelta(days=1)) + timedelta(hours=12)
    product = Product.objects.create(slug="premium", name="Devket 프리미엄", price=99_000)
    buyer = User.objects.create_user("buyer", "buyer@example.com")
    payments = [builders.paid(buyer, product, at=noon + timedelta(hours=n)) for n in range(3)]
    refunded_at = int((noon + timedelta(hours=2, minutes=5)).timestamp())
    refund = {"outcome": "cancelled", "cancel_amount": 50_000, "cancelled_at": refunded_at}
    mirror(sandbox, payments, {payments[0].pk: {"amount": 98_000}, payments[1].pk: refund})
    return payments


def in_queue(page: Page, difference: str) -> Any:
    """The link to the one that differs so."""
    return page.locator("#result_list tbody tr", has_text=difference).get_by_role("link")


def test_yesterday_is_reconciled_and_worked_off(
    walk: Walk, yesterday: list[Payment], impatient: None
) -> None:
    page = walk("Finance", RUNS)
    page.get_by_role("link", name=gettext("Reconcile…")).click()
    page.get_by_role("link", name=str(Period.YESTERDAY.label)).click()
    press(page, gettext("Start the reconciliation"))
    sentence = page.locator(".run-sentence")
    expect(sentence).to_have_text(gettext("It starts as soon as a worker is free."))
    accounts = page.locator("#run-accounts")
    accounts.locator("summary").click()
    with page.expect_response("**/progress/**"):
        pass
    with page.expect_response("**/progress/**"):
        expect(accounts).not_to_have_attribute("open", "")
    run = ReconciliationRun.objects.get()
    assert run.requested_name == "finance@example.com"
    ended(run)
    # The page finds out by itself.
    expect(page.locator(".run-percent")).to_have_text("100%", timeout=SOON)
    expect(sentence).to_contain_text("2")

    page.locator("#bucket-amount").click()
    expect(page.locator("#result_list tbody tr")).to_have_count(1)
    page.goto(QUEUE)
    less = gettext("%(amount)s less at the gateway") % {"amount": won(1_000)}
    more = gettext("%(amount)s more refunded at the gateway") % {"amount": won(50_000)}
    expect(page.locator(".field-difference")).to_have_text([more, less])
    in_queue(page, less).click()
    press(page, gettext("Take over"))
    expect(page.locator(".facts")).to_contain_text("finance@example.com")
    page.locator("#close summary").click()
    page.locator("#close [name=reason]").select_option("corrected_there")
    page.locator("#close [name=text]").fill(WORDS)
    press(page, pgettext("discrepancy button", "Close"))
    # The next one follows; the one that was closed is a click away.
    expect(page.locator(".messagelist")).to_contain_text(gettext("The discrepancy is closed."))
    expect(page.locator(".field-difference, .between")).to_contain_text(more)
    page.locator(".messagelist a").click()
    expect(page.locator(".timeline")).to_contain_text(WORDS)

    theirs = walk("Operator", QUEUE)
    in_queue(theirs, more).click()
    press(theirs, gettext("Re-verify"))
    expect(theirs.locator(".states")).to_contain_text(gettext("Closed by itself"))

    page.goto(QUEUE)
    expect(page.locator(".nothing")).to_be_visible()
    page.goto(f"{QUEUE}?state=closed")
    expect(page.locator("#result_list")).to_contain_text(gettext("Closed by itself"))
    lines = Discrepancy.objects.values_list("lines__bucket", "closing_reason")
    reasons = dict(lines)
    assert reasons == {"amount": "corrected_there", "refund": "agrees"}

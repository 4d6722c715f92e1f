"""An operator's day in a real browser, in both languages: find, look, re-verify, note, mark failed.

What must work without JavaScript is walked through without it.
"""

import pytest
from django.utils.translation import gettext, ngettext, pgettext
from playwright.sync_api import Page, expect

from accounts.models import User
from accounts.roles import sync_roles
from payments.models import Payment, Product
from payments.services.ledger_audit import problems_of
from payments.states import Finding
from tests.browser import arrive, box_of
from tests.conftest import PASSWORD
from tests.gateway import SandboxGateway
from tests.payments.conftest import start

from .conftest import LIST, Walk, press

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def orders(sandbox: SandboxGateway, transactional_db: None) -> dict[str, Payment]:
    """Two open orders; of one, the gateway has the money, but not the right amount."""
    # A test that empties the tables takes the groups with it.
    sync_roles()
    product = Product.objects.create(slug="premium", name="Devket 프리미엄", price=99_000)
    orders = {}
    for name in ("tampered", "abandoned"):
        buyer = User.objects.create_user(name, f"{name}@example.com", PASSWORD)
        orders[name] = start(buyer, product)
    sandbox.pay(orders["tampered"].merchant_uid, 100, ignore_prepare=True)
    return orders


def page_of(payment: Payment) -> str:
    return f"{LIST}{payment.pk}/change/"


def give_a_reason(page: Page) -> None:
    page.locator("[name=reason]").select_option("abandoned")
    page.locator("[name=note]").fill("고객이 전화로 취소")
    press(page, gettext("Mark failed"))


def sound(payment: Payment) -> Payment:
    payment.refresh_from_db()
    assert list(problems_of(payment)) == []
    return payment


def test_a_mismatch_is_found_looked_at_asked_about_again_and_noted(
    walk: Walk, orders: dict[str, Payment]
) -> None:
    payment = orders["tampered"]
    page = walk("Operator", page_of(payment))
    press(page, gettext("Re-verify"))
    amount = page.locator("#comparison tr.differs", has_text="100").last
    expect(amount).to_contain_text(str(Finding.AMOUNT.label))
    expect(amount).to_contain_text(gettext("differs"))
    page.goto(f"{LIST}?verification=mismatched")
    page.get_by_role("link", name=payment.merchant_uid).click()
    expect(page.locator("#comparison")).to_contain_text(str(Finding.AMOUNT.label))
    page.locator("#timeline details.answer > summary").first.click()
    expect(page.locator("#timeline details.answer td", has_text="paid").first).to_be_visible()
    page.locator("#note-text").fill("포트원에 문의함")
    press(page, gettext("Save the note"))
    expect(page.locator(".messagelist")).to_contain_text(gettext("The note is saved."))
    expect(page.locator("#timeline li").first).to_contain_text("포트원에 문의함")
    assert sound(payment).status == "ready"
    assert payment.verification == "mismatched"


def test_an_abandoned_order_is_marked_failed_from_its_page(
    walk: Walk, orders: dict[str, Payment]
) -> None:
    page = walk("Operator", page_of(orders["abandoned"]))
    page.get_by_role("link", name=gettext("Mark failed…")).click()
    words = ngettext(
        "%(number)s payment will be marked failed", "%(number)s payments will be marked failed", 1
    )
    expect(page.get_by_role("heading", name=words % {"number": 1})).to_be_visible()
    give_a_reason(page)
    arrive(page, page_of(orders["abandoned"]))
    expect(page.locator(".payment-head")).to_contain_text(pgettext("payment status", "Failed"))
    assert sound(orders["abandoned"]).status == "failed"


def test_an_order_that_differs_is_not_marked_failed(walk: Walk, orders: dict[str, Payment]) -> None:
    page = walk("Operator", page_of(orders["tampered"]))
    page.get_by_role("link", name=gettext("Mark failed…")).click()
    give_a_reason(page)
    expect(page.locator(".messagelist")).to_contain_text(
        gettext(
            "The gateway's answer does not agree with this order. Clear up the difference first."
        )
    )
    assert sound(orders["tampered"]).status == "ready"


def test_while_the_gateway_is_silent_an_operator_stops_and_an_approver_may_go_on(
    walk: Walk, orders: dict[str, Payment], sandbox: SandboxGateway
) -> None:
    payment = orders["abandoned"]
    sandbox.fault("status", status=500)
    page = walk("Operator", page_of(payment))
    page.get_by_role("link", name=gettext("Mark failed…")).click()
    give_a_reason(page)
    expect(page.locator(".messagelist")).to_contain_text(
        gettext(
            "Without the gateway's answer, only a person with the right to override it may go on."
        )
    )
    assert sound(payment).status == "ready"
    page = walk("Approver", page_of(payment))
    page.get_by_role("link", name=gettext("Mark failed…")).click()
    give_a_reason(page)
    page.get_by_label(gettext("The gateway does not answer. Mark failed all the same.")).check()
    press(page, gettext("Mark failed all the same"))
    expect(page.locator("#timeline li").first).to_contain_text(
        gettext("Closed without the gateway's word, which did not answer")
    )
    assert sound(payment).status == "failed"
    assert payment.events.get(kind="marked_failed").actor_name == "approver@example.com"


def test_without_javascript_re_verify_and_notes_work(
    walk: Walk, orders: dict[str, Payment]
) -> None:
    payment = orders["tampered"]
    page = walk("Operator", page_of(payment), scripts=False)
    press(page, gettext("Re-verify"))
    expect(page.locator(".messagelist")).to_contain_text(str(Finding.AMOUNT.label))
    page.locator("#note-text").fill("스크립트 없이")
    press(page, gettext("Save the note"))
    expect(page.locator("#timeline li").first).to_contain_text("스크립트 없이")
    expect(page.locator(".copy").first).to_be_hidden()
    page.locator("#timeline details.answer > summary").first.click()
    expect(page.locator("#timeline details.answer table").first).to_be_visible()


def test_an_id_is_copied_with_a_click(walk: Walk, orders: dict[str, Payment]) -> None:
    payment = orders["abandoned"]
    page = walk("Viewer", page_of(payment))
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    button = page.locator("h1 .copy")
    button.click()
    expect(button).to_contain_text(gettext("Copied"))
    assert page.evaluate("navigator.clipboard.readText()") == payment.merchant_uid


def test_the_page_fits_every_screen(walk: Walk, orders: dict[str, Payment]) -> None:
    page = walk("Operator", page_of(orders["tampered"]))
    press(page, gettext("Re-verify"))
    page.locator("#timeline details.answer > summary").first.click()
    expect(page.locator("#timeline details.answer[open]")).to_have_count(1)
    for width in (390, 1024, 1440):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        columns = [box_of(page.locator(".column").nth(n)) for n in range(2)]
        side_by_side = columns[0]["y"] == columns[1]["y"]
        assert side_by_side is (width >= 1024), f"at {width} px"

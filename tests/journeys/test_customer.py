"""A customer in a real browser: from signing up to whatever becomes of the payment."""

import re
from collections.abc import Callable

import pytest
from django.core.mail import EmailMessage
from playwright.sync_api import FrameLocator, Page, expect

from accounts.models import User
from payments.locks import locked_payment
from payments.models import Payment, Product
from payments.services.ledger_audit import problems_of
from tests.accounts.people import CONFIRM, code_in
from tests.browser import Watch, arrive, bring_session
from tests.conftest import PASSWORD
from tests.gateway import SandboxGateway

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SIGNED_IN = "customer@example.com"


@pytest.fixture
def product(transactional_db: None) -> Product:
    return Product.objects.create(slug="premium", name="Devket 프리미엄", price=99_000)


@pytest.fixture
def buyer(transactional_db: None) -> User:
    person = User.objects.create_user(username="customer", email=SIGNED_IN, password=PASSWORD)
    person.confirm_email()
    return person


@pytest.fixture
def sign_in(product: Product, buyer: User, base_url: str) -> Callable[[Page], Page]:
    """Open the product as a customer who has an account, signed in already."""

    def through(page: Page) -> Page:
        bring_session(page.context, buyer, base_url)
        page.goto("/products/premium/")
        return page

    return through


@pytest.fixture
def type_in(product: Product, buyer: User) -> Callable[[Page], Page]:
    """The same customer signs in on the way."""

    def through(page: Page) -> Page:
        page.goto("/products/premium/")
        page.locator("main a.button").click()
        page.locator("[name=login]").fill(SIGNED_IN)
        page.locator("[name=password]").fill(PASSWORD)
        page.locator("main form:has([name=password]) button[type=submit]").first.click()
        arrive(page, "/products/premium/")
        return page

    return through


def press_pay(page: Page, pay_method: str = "card") -> None:
    page.locator(f"[name=pay_method][value={pay_method}]").check()
    page.locator("[name=buyer_tel]").fill("010-1234-5678")
    page.get_by_test_id("pay").click()


def window_of(page: Page) -> FrameLocator:
    return page.frame_locator("iframe[data-testid=pay-window]")


def expect_state(page: Page, state: str) -> None:
    page.wait_for_url(re.compile(r"/payments/\w+/$"))
    expect(page.get_by_test_id("payment")).to_have_attribute("data-state", state)


def only_payment() -> Payment:
    # Under its lock: a webhook that is on its way writes before it is looked at, or after.
    with locked_payment(Payment.objects.get().pk) as payment:
        assert list(problems_of(payment)) == []
    return payment


def test_somebody_new_signs_up_and_pays(
    shop: Page, product: Product, mailoutbox: list[EmailMessage]
) -> None:
    shop.goto("/")
    shop.get_by_role("link", name=product.name).click()
    shop.locator("main a[href*=signup]").click()
    shop.locator("[name=email]").fill("new@example.com")
    shop.locator("[name=password1]").fill(PASSWORD)
    shop.locator("[name=password2]").fill(PASSWORD)
    shop.locator("main form:has([name=password1]) button[type=submit]").first.click()
    arrive(shop, CONFIRM)
    shop.locator("[name=code]").fill(code_in(mailoutbox[0]))
    shop.locator("main form:has([name=code]) button[type=submit]").first.click()
    arrive(shop, "/products/premium/")
    press_pay(shop)
    expect(window_of(shop).get_by_test_id("pay-amount")).to_have_text("99,000원")
    window_of(shop).get_by_test_id("pay-approve").click()
    expect_state(shop, "paid")
    payment = only_payment()
    assert payment.user is not None
    assert (payment.status, payment.user.email) == ("paid", "new@example.com")
    shop.goto("/payments/")
    expect(shop.locator(".order")).to_have_count(1)


@pytest.mark.parametrize(
    ("button", "state", "status"),
    [
        ("pay-give-up", "failed", "failed"),
        ("pay-decline", "failed", "failed"),
        ("pay-close", "confirming", "ready"),
    ],
)
def test_without_an_approval_nothing_is_paid(
    shop: Page, sign_in: Callable[[Page], Page], button: str, state: str, status: str
) -> None:
    press_pay(sign_in(shop))
    window_of(shop).get_by_test_id(button).click()
    expect_state(shop, state)
    payment = only_payment()
    assert (payment.status, bool(payment.fail_reason)) == (status, status == "failed")


def test_after_a_decline_another_try_is_another_order(
    shop: Page, type_in: Callable[[Page], Page]
) -> None:
    press_pay(type_in(shop))
    window_of(shop).get_by_test_id("pay-decline").click()
    expect_state(shop, "failed")
    shop.get_by_test_id("order-again").click()
    press_pay(shop)
    window_of(shop).get_by_test_id("pay-approve").click()
    expect_state(shop, "paid")
    assert sorted(Payment.objects.values_list("status", flat=True)) == ["failed", "paid"]


def test_a_closed_window_can_be_opened_again_and_the_shop_never_calls_it_paid(
    shop: Page, sign_in: Callable[[Page], Page]
) -> None:
    press_pay(sign_in(shop))
    window_of(shop).get_by_test_id("pay-close").click()
    expect_state(shop, "confirming")
    shop.get_by_test_id("check").click()
    expect_state(shop, "confirming")
    expect(shop.get_by_test_id("order-again")).to_be_visible()


def test_another_amount_is_not_paid(
    shop: Page, watch: Watch, sign_in: Callable[[Page], Page]
) -> None:
    watch.expect("409")
    press_pay(sign_in(shop))
    window_of(shop).get_by_test_id("pay-tamper").click()
    expect_state(shop, "mismatch")
    payment = only_payment()
    assert (payment.status, payment.verification) == ("ready", "mismatched")


def test_a_test_channel_is_not_paid(
    shop: Page, watch: Watch, sandbox: SandboxGateway, sign_in: Callable[[Page], Page]
) -> None:
    watch.expect("409")
    sandbox.control("POST", "settings", {"hide_test_payments": False})
    press_pay(sign_in(shop))
    window_of(shop).get_by_test_id("pay-test-channel").check()
    window_of(shop).get_by_test_id("pay-approve").click()
    expect_state(shop, "mismatch")
    assert only_payment().status == "ready"


def test_a_virtual_account_is_paid_when_the_deposit_arrives(
    shop: Page, sandbox: SandboxGateway, sign_in: Callable[[Page], Page]
) -> None:
    press_pay(sign_in(shop), "vbank")
    window_of(shop).get_by_test_id("pay-issue-vbank").click()
    expect_state(shop, "waiting")
    payment = only_payment()
    expect(shop.get_by_test_id("account-number")).to_have_text(payment.vbank_num)
    assert payment.imp_uid
    sandbox.deposit(payment.imp_uid)
    sandbox.control("POST", "webhooks/flush", {})
    shop.reload()
    expect_state(shop, "paid")
    assert only_payment().is_paid


def test_a_lost_webhook_is_made_up_for_by_the_page_itself(
    shop: Page, watch: Watch, sandbox: SandboxGateway, sign_in: Callable[[Page], Page]
) -> None:
    watch.expect("503")
    sandbox.control("POST", "settings", {"webhook_lost": True})
    press_pay(sign_in(shop))
    approve = window_of(shop).get_by_test_id("pay-approve")
    expect(approve).to_be_visible()
    sandbox.fault("status", status=500, match={"method": "GET", "path": "/payments"}, times=1)
    approve.click()
    expect_state(shop, "confirming")
    # The page asks again after three seconds.
    expect(shop.get_by_test_id("payment")).to_have_attribute("data-state", "paid", timeout=15_000)


def test_an_sdk_that_does_not_tell_success_is_still_paid(
    shop: Page, sandbox: SandboxGateway, sign_in: Callable[[Page], Page]
) -> None:
    sandbox.control("POST", "settings", {"callback_drops_success": True})
    press_pay(sign_in(shop))
    window_of(shop).get_by_test_id("pay-approve").click()
    expect_state(shop, "paid")


def test_a_phone_leaves_the_shop_and_comes_back(
    phone: Page, sandbox: SandboxGateway, sign_in: Callable[[Page], Page]
) -> None:
    sandbox.control("POST", "settings", {"webhook_lost": True})
    press_pay(sign_in(phone))
    phone.get_by_test_id("pay-approve").click()
    expect_state(phone, "paid")
    assert only_payment().events.get(kind="paid").source == "redirect"


def test_a_phone_that_lost_its_session_still_settles_the_order(
    phone: Page, sign_in: Callable[[Page], Page]
) -> None:
    press_pay(sign_in(phone))
    expect(phone.get_by_test_id("pay-decline")).to_be_visible()
    phone.context.clear_cookies()
    phone.get_by_test_id("pay-decline").click()
    expect(phone.get_by_test_id("return")).to_have_attribute("data-state", "failed")
    assert only_payment().status == "failed"


def test_signed_out_in_another_tab_while_paying_still_settles_the_order(
    shop: Page, watch: Watch, sandbox: SandboxGateway, sign_in: Callable[[Page], Page]
) -> None:
    watch.expect("40")
    sandbox.control("POST", "settings", {"webhook_lost": True})
    press_pay(sign_in(shop))
    approve = window_of(shop).get_by_test_id("pay-approve")
    expect(approve).to_be_visible()
    shop.context.clear_cookies()
    approve.click()
    expect(shop.get_by_test_id("return")).to_have_attribute("data-state", "paid")
    assert only_payment().is_paid


def test_signed_out_before_paying_leads_to_sign_in_and_back(
    shop: Page, watch: Watch, sign_in: Callable[[Page], Page]
) -> None:
    watch.expect("401")
    watch.expect("403")
    sign_in(shop)
    (token,) = (cookie for cookie in shop.context.cookies() if cookie["name"] == "csrftoken")
    shop.context.clear_cookies()
    domain, path = token["domain"], token["path"]
    shop.context.add_cookies(
        [{"name": "csrftoken", "value": token["value"], "domain": domain, "path": path}]
    )
    press_pay(shop)
    expect(shop.locator("main a[href*='/accounts/login/?next=/products/premium/']")).to_be_visible()
    assert not Payment.objects.exists()


def test_a_gateway_that_is_down_is_told_and_the_next_click_works(
    shop: Page, watch: Watch, sandbox: SandboxGateway, sign_in: Callable[[Page], Page]
) -> None:
    watch.expect("503")
    sign_in(shop)
    sandbox.fault("status", status=500)
    press_pay(shop)
    expect(shop.get_by_test_id("said")).to_have_class("said bad")
    expect(shop.get_by_test_id("pay")).to_be_enabled()
    sandbox.heal()
    press_pay(shop)
    window_of(shop).get_by_test_id("pay-approve").click()
    expect_state(shop, "paid")


def test_a_lost_connection_is_told_and_the_way_on_is_shown(
    shop: Page, watch: Watch, sign_in: Callable[[Page], Page]
) -> None:
    watch.expect("Failed to load resource")
    sign_in(shop)
    shop.route("**/checkout/complete/", lambda route: route.abort())
    press_pay(shop)
    window_of(shop).get_by_test_id("pay-approve").click()
    expect(shop.get_by_test_id("said")).to_have_class("said bad")
    shop.locator("[data-way-on] a").click()
    expect_state(shop, "paid")


def test_an_sdk_that_does_not_load_is_told(
    shop: Page, watch: Watch, sign_in: Callable[[Page], Page]
) -> None:
    watch.expect("Failed to load resource")
    shop.route("**/v1/iamport.js", lambda route: route.abort())
    sign_in(shop)
    expect(shop.get_by_test_id("said")).to_have_class("said bad")
    expect(shop.get_by_test_id("pay")).to_be_disabled()


def test_a_number_that_is_none_opens_no_window(shop: Page, sign_in: Callable[[Page], Page]) -> None:
    sign_in(shop)
    shop.locator("[name=buyer_tel]").fill("12")
    shop.get_by_test_id("pay").click()
    expect(shop.locator("[name=buyer_tel]:invalid")).to_be_focused()
    assert not Payment.objects.exists()


def test_a_double_click_opens_one_window_for_one_order(
    shop: Page, sign_in: Callable[[Page], Page]
) -> None:
    sign_in(shop)
    shop.locator("[name=buyer_tel]").fill("010-1234-5678")
    shop.get_by_test_id("pay").dblclick()
    expect(window_of(shop).get_by_test_id("pay-approve")).to_be_visible()
    assert shop.locator("iframe").count() == 1
    assert Payment.objects.count() == 1

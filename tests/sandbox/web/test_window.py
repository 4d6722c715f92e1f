"""The SDK and the payment window in a real browser: a shop's page with a strict policy."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from playwright.sync_api import Dialog, FrameLocator, Page, expect

from tests.browser import Tabs, Watch, box_of
from tests.sandbox.conftest import Iamport, Shop

pytestmark = pytest.mark.browser

PAGE = """<!doctype html><html lang="ko"><title>shop</title><h1>상점</h1>
<button id="pay">결제</button><script src="{sdk}/v1/iamport.js"></script>
<script src="/shop.js"></script></html>"""
SCRIPT = """
window.results = [];
const asked = JSON.parse(decodeURIComponent(location.search.slice(1) || "%7B%7D"));
if (asked.code !== null) IMP.init(asked.code || "imp00000000");
document.getElementById("pay").addEventListener("click", () => {
  window.returned = IMP.request_pay(
    { merchant_uid: "order-1", amount: 12900, name: "가을 원두", ...asked.params },
    (result) => { document.body.dataset.results = window.results.push(result); });
});
"""
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Mobile/15E148 Safari/604.1"


# Opens the shop; see `visit`.
Visit = Callable[..., Page]


@pytest.fixture
def storefront(iamport: Iamport, shop: Shop) -> Shop:
    """A page that allows the sandbox's origin for script-src, frame-src and style-src alone."""
    sdk = iamport.url
    shop.pages = {
        "/": ("text/html", PAGE.format(sdk=sdk)),
        "/shop.js": ("text/javascript", SCRIPT),
        "/back": ("text/html", "<!doctype html><title>back</title>"),
    }
    allowed = f"script-src 'self' {sdk}; frame-src {sdk}; style-src {sdk}"
    shop.policy = f"default-src 'none'; {allowed}"
    return shop


@pytest.fixture
def visit(tabs: Tabs, watch: Watch, storefront: Shop) -> Visit:
    """Opens the shop with the parameters of request_pay; complaints of the browser fail."""
    watch.expect("favicon")

    def open_shop(
        tab: dict[str, Any] | None = None, code: str | None = None, **params: Any
    ) -> Page:
        page = watch.over(tabs.open(**(tab or {})))
        page.set_default_timeout(10_000)
        asked = {"params": params} if code is None else {"params": params, "code": code}
        page.goto(f"{storefront.url}/?{quote(json.dumps(asked))}")
        return page

    return open_shop


def opened(page: Page) -> FrameLocator:
    page.click("#pay")
    window = page.frame_locator("[data-testid=pay-window]")
    window.get_by_test_id("pay-give-up").wait_for()
    return window


def result_of(page: Page, count: int = 1) -> dict[str, Any]:
    """The page's policy forbids eval, which Playwright's wait_for_function needs: hence a mark."""
    page.locator(f"body[data-results='{count}']").wait_for()
    assert page.locator("iframe").count() == 0
    result: dict[str, Any] = page.evaluate("results.at(-1)")
    return result


def payment_of(iamport: Iamport, result: dict[str, Any]) -> dict[str, Any]:
    answer = iamport.get(f"/payments/{result['imp_uid']}", include_sandbox="true")
    payment: dict[str, Any] = answer.json()["response"]
    return payment


def test_approve(iamport: Iamport, visit: Visit) -> None:
    """Contract 4.4: the window shows name, amount, method; the callback gets the result."""
    page = visit()
    window = opened(page)
    assert window.get_by_role("heading").inner_text() == "가을 원두"
    assert window.get_by_test_id("pay-amount").inner_text() == "12,900원"
    assert window.get_by_test_id("pay-method").inner_text() == "신용카드"
    window.get_by_test_id("pay-approve").click()
    result = result_of(page)
    assert (result["success"], result["status"], result["paid_amount"]) == (True, "paid", 12900)
    assert payment_of(iamport, result)["status"] == "paid"
    assert page.evaluate("document.activeElement.id") == "pay"


@pytest.mark.parametrize(
    ("button", "status"),
    [("pay-give-up", "failed"), ("pay-close", "ready")],
)
def test_unhappy_ends(iamport: Iamport, visit: Visit, button: str, status: str) -> None:
    """Contract 3.2: given up, closed."""
    page = visit()
    opened(page).get_by_test_id(button).click()
    result = result_of(page)
    assert (result["success"], result["status"]) == (False, status)
    assert result["error_msg"]
    assert payment_of(iamport, result)["status"] == status


def test_issue_vbank(iamport: Iamport, visit: Visit) -> None:
    """Contract 3.2: a virtual account is issued, not approved on the spot."""
    page = visit(pay_method="vbank")
    window = opened(page)
    assert window.get_by_test_id("pay-approve").count() == 0
    window.get_by_test_id("pay-issue-vbank").click()
    result = result_of(page)
    assert (result["success"], result["status"]) == (True, "ready")
    assert payment_of(iamport, result)["vbank_num"] == result["vbank_num"]


def test_tamper_on_the_test_channel(iamport: Iamport, visit: Visit) -> None:
    """Contract 9.1: another amount; contract 2.2: sandbox: true."""
    page = visit()
    window = opened(page)
    window.get_by_test_id("pay-test-channel").check()
    window.get_by_test_id("pay-tamper-amount").fill("100")
    window.get_by_test_id("pay-tamper").click()
    payment = payment_of(iamport, result_of(page))
    assert (payment["amount"], payment["sandbox"]) == (100, True)


def test_keyboard_alone(visit: Visit) -> None:
    """The window works by keyboard: focus starts on pay, stays inside, Escape closes."""
    page = visit()
    window = opened(page)
    focused = window.locator(":focus")
    assert focused.get_attribute("data-testid") == "pay-approve"
    stops = []
    for _ in range(9):
        page.keyboard.press("Tab")
        stops.append(focused.get_attribute("data-testid"))
    assert stops[-1] == "pay-give-up"  # eight stops, then round again
    assert len(set(stops)) == 8
    page.keyboard.press("Escape")
    assert result_of(page)["error_code"] == "WINDOW_CLOSED"
    opened(page)
    page.keyboard.press("Enter")
    assert result_of(page, 2)["status"] == "paid"


def test_phone_redirect(iamport: Iamport, visit: Visit, storefront: Shop) -> None:
    """Contract 4.5: a full-page redirect; the callback is not run."""
    page = visit({"user_agent": PHONE}, m_redirect_url=f"{storefront.url}/back?step=2")
    page.click("#pay")
    page.get_by_test_id("pay-approve").click()
    page.wait_for_url("**/back?**")
    query = {name: values[0] for name, values in parse_qs(urlsplit(page.url).query).items()}
    imp_uid = query.pop("imp_uid")
    assert query == {"step": "2", "merchant_uid": "order-1", "imp_success": "true"}
    payment = iamport.get(f"/payments/{imp_uid}").json()["response"]
    assert (payment["status"], payment["channel"]) == ("paid", "mobile")


def test_phone_without_redirect_url(visit: Visit) -> None:
    """Contract 4.5: without m_redirect_url the window opens over the page and the callback runs."""
    page = visit({"user_agent": PHONE, "viewport": {"width": 390, "height": 844}})
    window = opened(page)
    expect(page.get_by_test_id("pay-window")).to_be_visible()
    expect(window.locator("#pay")).to_be_visible()
    for box in (box_of(page.get_by_test_id("pay-window")), box_of(window.locator("#pay"))):
        assert (box["x"], box["width"]) == (0, 390)
    window.get_by_test_id("pay-approve").click()
    assert result_of(page)["success"] is True


def test_blocked_windows(iamport: Iamport, visit: Visit) -> None:
    """Contract 4.4, 9#7: prepare mismatch and F1002 come back without a window."""
    iamport.post("/payments/prepare", {"merchant_uid": "order-1", "amount": 1})
    page = visit()
    page.click("#pay")
    result = result_of(page)
    assert (result["success"], result["imp_uid"]) == (False, None)
    iamport.pay("order-2")
    page = visit(merchant_uid="order-2")
    page.click("#pay")
    assert result_of(page)["error_code"] == "F1002"


def test_string_amount_and_unknown_user_code(visit: Visit) -> None:
    """Contract 4.3: a string is an error source; contract 4.2: the user code must be known."""
    page = visit(amount="12900")
    page.click("#pay")
    assert result_of(page)["success"] is False
    page = visit(code="imp99999999")
    page.click("#pay")
    assert result_of(page)["imp_uid"] is None


def test_without_init(visit: Visit) -> None:
    """Contract 4.2: no init → alert and returns false."""
    page = visit()
    messages = []

    def hear(dialog: Dialog) -> None:
        messages.append(dialog.message)
        dialog.accept()

    page.once("dialog", hear)
    page.evaluate("IMP.init('')")
    page.click("#pay")
    assert page.evaluate("window.returned") is False
    assert "IMP.init" in messages[0]
    assert page.locator("iframe").count() == 0


def test_other_origins_are_not_heard(visit: Visit) -> None:
    """A message that is not the window's own changes nothing."""
    page = visit()
    opened(page)
    page.evaluate("window.postMessage({name: 'iamport-sandbox', kind: 'result', result: {}}, '*')")
    assert page.evaluate("new Promise((go) => setTimeout(() => go(results.length), 50))") == 0
    assert page.locator("iframe").count() == 1


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_text_has_contrast(visit: Visit, width: int, scheme: str) -> None:
    """Readable in both schemes, and nothing hangs over the edge."""
    page = visit({"color_scheme": scheme, "viewport": {"width": width, "height": 844}})
    window = opened(page)
    weak = window.locator("#pay").evaluate(CONTRAST)
    assert weak == []
    assert window.locator("#pay").evaluate("(e) => e.scrollWidth <= e.clientWidth")


CONTRAST = """(root) => {
  const rgb = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((v) => v / 255)
    .map((v) => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = (e) => {
    const c = rgb(getComputedStyle(e).backgroundColor);
    return c.length === 3 || c[3] > 0.9 || !e.parentElement ? c : ground(e.parentElement);
  };
  return [...root.querySelectorAll("*")]
    .filter((e) => [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()))
    .map((e) => {
      const [a, b] = [light(rgb(getComputedStyle(e).color)), light(ground(e))];
      return [e.textContent.trim(), (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)];
    })
    .filter(([, ratio]) => ratio < 4.5);
}"""

"""The payments list in a real browser, and the same list without JavaScript."""

import csv
from pathlib import Path

import pytest
from django.utils.translation import gettext
from playwright.sync_api import Page, expect

from payments.models import Payment
from payments.states import PaymentStatus
from tests.browser import Tabs, Watch, arrive
from tests.gateway import SandboxGateway

from .conftest import LIST, SignIn, Walk, expect_rows, open_panel
from .test_staff import orders, person, sign_in, type_in

__all__ = ["orders", "sign_in"]

# How wide the document is with each of its panels open.
WITH_EACH_PANEL = """() => [...document.querySelectorAll("details.popover")].map((panel) => {
  panel.open = true;
  const width = document.documentElement.scrollWidth;
  panel.open = false;
  return width;
})"""

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def newest_first(orders: dict[str, Payment]) -> list[str]:
    return [orders[name].merchant_uid for name in ("stranger", "buyer")]


@pytest.fixture
def no_script(tabs: Tabs, base_url: str, watch: Watch) -> Page:
    """A browser with JavaScript off."""
    return watch.over(tabs.open(base_url=base_url, java_script_enabled=False))


def test_filtering_re_verifying_and_exporting_work_without_javascript(
    no_script: Page, orders: dict[str, Payment], transactional_db: None, tmp_path: Path
) -> None:
    page = no_script
    type_in(page, person("admin", group="Admin"), LIST)
    open_panel(page, "Status")
    page.get_by_label("Not paid", exact=True).check()
    page.locator("details[open] button").click()
    expect(page.locator(".chip")).to_contain_text("Not paid")
    expect_rows(page, *newest_first(orders))
    page.get_by_role("button", name=f"Re-verify {orders['buyer'].merchant_uid}").click()
    expect(page.locator(".messagelist")).to_contain_text("Not paid → Paid")
    assert "status=ready" in page.url
    expect_rows(page, orders["stranger"].merchant_uid)
    page.get_by_role("link", name="Clear all").click()
    expect_rows(page, *newest_first(orders))
    expect(page.locator(".figures")).to_contain_text("₩99,000")
    page.locator(".by-status a", has_text="Paid").last.click()
    expect_rows(page, orders["buyer"].merchant_uid)
    page.get_by_role("link", name="Export as CSV").click()
    page.get_by_label("Reason").fill("Closing March")
    with page.expect_download() as download:
        page.get_by_role("button", name="Export as CSV").click()
    download.value.save_as(tmp_path / "payments.csv")
    with (tmp_path / "payments.csv").open(encoding="utf-8-sig", newline="") as file:
        [row] = csv.DictReader(file)
    assert (row["Order number"], row["Amount"]) == (orders["buyer"].merchant_uid, "99000")
    assert row["Status"] == "paid"


def test_a_view_is_saved_found_and_deleted_again(
    sign_in: SignIn, orders: dict[str, Payment]
) -> None:
    page = sign_in("Viewer", f"{LIST}?status=ready&amount_min=1000")
    page.locator("summary", has_text="Save this view").click()
    page.get_by_label("Name of the view").fill("Open orders")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("link", name="All payments").click()
    page.goto("/admin/")
    page.locator("#site-nav").get_by_role("link", name="Open orders", exact=True).click()
    expect_rows(page, *newest_first(orders))
    expect(page.locator(".views .current")).to_contain_text("Open orders")
    page.get_by_role("button", name="Delete the view Open orders").click()
    expect(page.get_by_role("link", name="Open orders", exact=True)).to_have_count(0)


def test_escape_closes_a_panel_and_an_address_holds_only_what_was_chosen(
    sign_in: SignIn, orders: dict[str, Payment]
) -> None:
    page = sign_in("Viewer", LIST)
    page.locator(".panels a", has_text="Date").press("Enter")
    summary = page.locator(".panels summary", has_text="Date")
    expect(page.get_by_label("7 days")).to_be_visible()
    expect(summary).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_label("7 days")).to_be_hidden()
    expect(summary).to_be_focused()
    summary.press("Enter")
    page.get_by_label("Ordered", exact=True).check()
    page.get_by_label("Today", exact=True).check()
    page.locator("details[open] button").click()
    arrive(page, f"{LIST}?basis=requested&period=today")
    expect_rows(page, *newest_first(orders))


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_a_panel_shows_what_is_chosen_and_a_search_beside_it_keeps_that(
    walk: Walk, orders: dict[str, Payment], transactional_db: None, scripts: bool
) -> None:
    page = walk("Viewer", f"{LIST}?status=ready&amount_min=1000", scripts=scripts)
    expect(page.locator(".panels details")).to_have_count(0)
    page.locator("#searchbar").fill("amount:99000")
    page.locator(".search-line button").click()
    expect(page.locator(".chip")).to_have_count(3)
    expect_rows(page, *newest_first(orders))
    open_panel(page, gettext("Status"))
    label = str(PaymentStatus.READY.label)
    expect(page.get_by_role("checkbox", name=label, exact=True)).to_be_checked()
    assert ("_filters=2" in page.url) is not scripts
    page.get_by_role("checkbox", name=label, exact=True).uncheck()
    page.get_by_role("checkbox", name=str(PaymentStatus.FAILED.label), exact=True).check()
    page.locator("details[open] button").click()
    expect(page.locator(".panels details")).to_have_count(0)
    expect(page.locator(".chip", has_text=str(PaymentStatus.FAILED.label))).to_be_visible()
    expect(page.locator("#result_list")).to_have_count(0)
    assert "_filters" not in page.url
    assert "amount_min=1000" in page.url


def test_where_a_panel_can_not_be_fetched_the_page_that_has_it_is_opened(
    sign_in: SignIn, watch: Watch, orders: dict[str, Payment]
) -> None:
    page = sign_in("Viewer", f"{LIST}?status=ready")
    watch.expect("500")
    page.route("**/filters/**", lambda route: route.fulfill(status=500))
    open_panel(page, "Amount")
    arrive(page, f"{LIST}?_filters=3&status=ready")
    expect(page.get_by_label("At least (won)")).to_be_visible()


def test_an_id_that_is_typed_leads_to_its_payment_and_back_to_the_search(
    sign_in: SignIn, orders: dict[str, Payment]
) -> None:
    page, number = sign_in("Viewer", LIST), orders["buyer"].merchant_uid
    page.locator("#searchbar").fill(f" {number} ")
    page.keyboard.press("Enter")
    expect(page.locator(".payment-head h1")).to_contain_text(number)
    page.locator(".breadcrumbs a").last.click()
    expect_rows(page, number)
    expect(page.locator("#searchbar")).to_have_value(f" {number} ")


def test_a_gateway_that_does_not_answer_is_said_in_the_row(
    sign_in: SignIn, orders: dict[str, Payment], sandbox: SandboxGateway
) -> None:
    page = sign_in("Operator", LIST)
    sandbox.fault("status", status=500)
    page.locator(".row-button").first.click()
    expect(page.locator(".row-outcome")).to_contain_text("can't be reached")


def test_signed_out_in_the_meantime_no_page_is_put_into_a_row(
    sign_in: SignIn, watch: Watch, orders: dict[str, Payment]
) -> None:
    page = sign_in("Operator", LIST)
    page.context.clear_cookies(name="sessionid")
    watch.expect("403")
    page.locator(".row-button").first.click()
    expect(page.locator("[name=login]").or_(page.locator("#row-news:not(:empty)"))).to_be_attached()
    expect(page.locator("#result_list [name=login]")).to_have_count(0)


def test_no_width_scrolls_sideways(sign_in: SignIn, orders: dict[str, Payment]) -> None:
    page = sign_in("Admin", f"{LIST}?status=ready&period=")
    open_panel(page, "Date")
    for width in (390, 768, 1024, 1280, 1440):
        page.set_viewport_size({"width": width, "height": 900})
        widths = page.evaluate(WITH_EACH_PANEL)
        assert len(widths) >= 8
        assert max(widths) <= width, f"at {width} px"

"""Staff in a real browser: sign in, find, re-verify, mark failed, take the CSV home."""

import csv
from pathlib import Path

import pytest
from django.contrib.auth.models import Group
from playwright.sync_api import Page, expect

from accounts.models import User
from accounts.roles import sync_roles
from payments.models import Payment, Product
from payments.services.ledger_audit import problems_of
from tests.browser import Watch, arrive, bring_session
from tests.conftest import PASSWORD
from tests.gateway import SandboxGateway
from tests.payments.conftest import start

from .conftest import LIST, SignIn, expect_rows, open_panel

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def person(name: str, *, group: str = "") -> User:
    user = User.objects.create_user(
        username=name,
        email=f"{name}@example.com",
        password=PASSWORD,
        is_staff=bool(group),
        language="en",
    )
    if group:
        user.groups.add(Group.objects.get(name=group))
    return user


@pytest.fixture
def orders(sandbox: SandboxGateway, transactional_db: None) -> dict[str, Payment]:
    """Two open orders of two people, of which the gateway has the money for one."""
    # A test that empties the tables takes the groups with it.
    sync_roles()
    product = Product.objects.create(slug="premium", name="Devket 프리미엄", price=99_000)
    orders = {name: start(person(name), product) for name in ("buyer", "stranger")}
    sandbox.pay(orders["buyer"].merchant_uid, 99_000)
    return orders


def type_in(page: Page, staff: User, address: str) -> None:
    """Somebody types e-mail and password on the way to an address."""
    page.goto(address)
    page.locator("[name=login]").fill(staff.email)
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("[name=password]").press("Enter")
    arrive(page, address)


@pytest.fixture
def sign_in(page: Page, watch: Watch, base_url: str) -> SignIn:
    """Somebody new in this group, signed in already, opens an address."""

    def through(group: str, address: str) -> Page:
        bring_session(page.context, person(group.lower(), group=group), base_url)
        watch.over(page).goto(address)
        return page

    return through


def sound(payment: Payment) -> Payment:
    payment.refresh_from_db()
    assert list(problems_of(payment)) == []
    return payment


def test_staff_find_a_payment_by_status_and_customer_and_re_verify_it_in_its_row(
    page: Page, watch: Watch, orders: dict[str, Payment]
) -> None:
    type_in(watch.over(page), person("operator", group="Operator"), LIST)
    expect_rows(page, orders["stranger"].merchant_uid, orders["buyer"].merchant_uid)
    open_panel(page, "Status")
    page.get_by_label("Not paid", exact=True).check()
    page.get_by_role("checkbox", name="Paid", exact=True).check()
    open_panel(page, "Customer")
    page.locator(".select2-selection").click()
    page.locator(".select2-search__field").fill("bu")
    page.get_by_role("option", name="bu***@example.com").click()
    page.locator("details[open] button").click()
    expect(page.locator(".chips")).to_contain_text("bu***@example.com")
    expect_rows(page, orders["buyer"].merchant_uid)
    filtered = page.url
    page.locator(".action-select").check()
    button = page.get_by_role("button", name=f"Re-verify {orders['buyer'].merchant_uid}")
    button.click()
    expect(page.locator(".row-outcome")).to_contain_text("Not paid → Paid")
    expect(page.locator("#row-news")).to_contain_text("Not paid → Paid")
    assert page.url == filtered
    expect(page.locator(".field-status_words")).to_have_text("Paid")
    # Neither the tick nor the focus is lost with the old row.
    expect(page.locator(".action-counter")).to_contain_text("1 of 1 selected")
    expect(page.locator(".action-select")).to_be_checked()
    expect(button).to_be_focused()
    assert sound(orders["buyer"]).status == "paid"


def test_staff_mark_an_abandoned_order_failed_and_see_it_in_its_history(
    sign_in: SignIn, orders: dict[str, Payment]
) -> None:
    page = sign_in("Operator", LIST)
    page.locator("#action-toggle").check()
    page.locator("[name=action]").select_option("mark_failed")
    page.get_by_role("button", name="Go").click()
    expect(page.get_by_text("2 payments will be marked failed")).to_be_visible()
    page.locator("[name=reason]").select_option("abandoned")
    page.locator("[name=note]").fill("고객이 전화로 취소")
    page.get_by_role("button", name="Mark failed").click()
    expect(page.locator(".messagelist")).to_contain_text("2 payments: changed 1, refused 1")
    expect(page.locator(".messagelist")).to_contain_text(orders["buyer"].merchant_uid)
    assert sound(orders["stranger"]).status == "failed"
    assert sound(orders["buyer"]).status == "paid"
    page.get_by_role("link", name=orders["stranger"].merchant_uid).click()
    timeline = page.locator("#timeline")
    expect(timeline).to_contain_text("Marked failed")
    expect(timeline).to_contain_text("고객이 전화로 취소")
    expect(timeline).to_contain_text("operator@example.com")
    expect(page.get_by_role("link", name="Mark failed…")).to_have_count(0)


def test_a_payments_page_shows_the_answer_after_a_click(
    sign_in: SignIn, orders: dict[str, Payment]
) -> None:
    page = sign_in("Admin", f"{LIST}{orders['buyer'].pk}/change/")
    expect(page.locator("#comparison")).to_contain_text("has not answered")
    page.get_by_role("button", name="Re-verify").click()
    expect(page.locator("#comparison")).to_contain_text("Nothing contradicts.")
    page.get_by_text("Gateway's answer", exact=True).first.click()
    expect(page.locator("#timeline pre").first).to_contain_text(orders["buyer"].merchant_uid)


def test_finance_exports_what_is_on_the_screen(
    sign_in: SignIn, orders: dict[str, Payment], tmp_path: Path
) -> None:
    page = sign_in("Finance", LIST)
    page.locator("#searchbar").fill("stranger@example.com")
    page.locator("#searchbar").press("Enter")
    page.wait_for_url("**q=stranger*")
    expect_rows(page, orders["stranger"].merchant_uid)
    page.get_by_role("link", name="Export as CSV").click()
    page.get_by_label("Reason").fill("Closing March, ticket 1234")
    with page.expect_download() as download:
        page.get_by_role("button", name="Export as CSV").click()
    path = tmp_path / download.value.suggested_filename
    download.value.save_as(path)
    with path.open(encoding="utf-8-sig", newline="") as file:
        [row] = csv.DictReader(file)
    assert row["Order number"] == orders["stranger"].merchant_uid
    assert row["Amount"] == "99000"
    expect(page.get_by_role("button", name="Re-verify")).to_have_count(0)


def test_select_all_and_every_other_screen_work_without_a_complaint(
    sign_in: SignIn, orders: dict[str, Payment]
) -> None:
    page = sign_in("Admin", LIST)
    page.locator(".action-select").first.check()
    expect(page.locator(".action-counter")).to_contain_text("1 of 2 selected")
    for address in (
        "/admin/",
        "/admin/payments/webhookdelivery/",
        "/admin/payments/product/",
        "/admin/payments/product/add/",
    ):
        page.goto(address)
        expect(page.locator(".environment")).to_be_visible()


def test_a_customer_does_not_get_in(
    page: Page, watch: Watch, base_url: str, orders: dict[str, Payment]
) -> None:
    watch.expect("403")
    watch.over(page).goto(LIST)
    page.locator("[name=login]").fill("buyer@example.com")
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("[name=password]").press("Enter")
    expect(page.locator("#result_list")).to_have_count(0)
    page.goto(LIST)
    expect(page.locator("#result_list")).to_have_count(0)

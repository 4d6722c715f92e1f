"""A finance person's day in a real browser, in both languages: find, add up, keep, look, export."""

import csv
import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext, pgettext
from playwright.sync_api import Page, expect

from accounts.models import User
from accounts.roles import sync_roles
from payments.core.periods import Period
from payments.models import AccessKind, Payment, PersonalDataAccess, Product
from payments.states import PaymentStatus
from tests.payments import builders

from .conftest import LIST, Walk, expect_rows, open_panel, press

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

VIEW = "이번 주 마감 / week"
WHY = "환불 문의 확인"


@pytest.fixture
def buyer(transactional_db: None) -> User:
    return User.objects.create_user("buyer", "buyer@example.com")


@pytest.fixture
def week(buyer: User) -> list[str]:
    """The order numbers of what the buyer paid for in the last days; much else beside it."""
    # A test that empties the tables takes the groups with it.
    sync_roles()
    product = Product.objects.create(slug="premium", name="Devket 프리미엄", price=99_000)
    other = User.objects.create_user("other", "other@example.com")
    now = timezone.now()
    wanted = [
        builders.paid(buyer, product, at=now),
        builders.paid(buyer, product, at=now - timedelta(days=1), amount=15_000),
        builders.refunded(buyer, product, refund=9_000, at=now - timedelta(days=2)),
    ]
    builders.paid(other, product, at=now)
    builders.paid(buyer, product, at=now - timedelta(days=40))
    builders.failed(buyer, product, at=now)
    builders.ordered(buyer, product, at=now)
    return [payment.merchant_uid for payment in wanted]


def expect_figures(page: Page, *figures: int) -> None:
    """Count, gross, refunded and net of the totals bar."""
    words = [re.compile(rf"^\D*{figure:,}\D*$") for figure in figures]
    expect(page.locator(".totals .figures dd")).to_have_text(words)


def narrow_to_the_week(page: Page) -> None:
    """Two statuses, one customer, the last seven days."""
    open_panel(page, gettext("Status"))
    for status in (PaymentStatus.PAID, PaymentStatus.CANCELLED):
        page.get_by_role("checkbox", name=str(status.label), exact=True).check()
    open_panel(page, gettext("Customer"))
    page.locator(".select2-selection").click()
    page.locator(".select2-search__field").fill("buyer@example.com")
    page.get_by_role("option", name="bu***@example.com").click()
    open_panel(page, pgettext("filter", "Date"))
    page.get_by_label(str(Period.WEEK.label), exact=True).check()
    page.locator("details[open] button").click()


def export(page: Page, to: Path) -> list[dict[str, str]]:
    """The rows of the file, with its personal data in full."""
    page.get_by_role("link", name=gettext("Export as CSV")).click()
    page.locator("[name=reason]").fill("3월 마감")
    page.get_by_label(gettext("In full: hong@example.com")).check()
    with page.expect_download() as download:
        press(page, gettext("Export as CSV"))
    download.value.save_as(to)
    with to.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_a_week_is_found_added_up_kept_looked_at_and_exported(
    walk: Walk, week: list[str], tmp_path: Path
) -> None:
    page = walk("Finance", LIST)
    narrow_to_the_week(page)
    expect(page.locator(".chip")).to_have_count(4)
    expect_rows(page, *week)
    expect_figures(page, 3, 213_000, 9_000, 204_000)

    page.locator("summary", has_text=gettext("Save this view")).click()
    page.get_by_label(gettext("Name of the view")).fill(VIEW)
    press(page, gettext("Save"))
    page.goto("/admin/payments/product/")
    page.locator("#site-nav").get_by_role("link", name=VIEW, exact=True).click()
    expect(page.locator("#site-nav [aria-current=page]")).to_have_text(VIEW)
    expect_rows(page, *week)

    expect(page.locator("#result_list")).not_to_contain_text("buyer@example.com")
    page.locator(".personal summary").click()
    page.get_by_label(gettext("Why do you need it?")).fill(WHY)
    page.locator(".personal button").click()
    expect(page.locator("#result_list")).to_contain_text("buyer@example.com")
    link = page.locator("#result_list tbody th a").first
    looked_at = Payment.objects.get(merchant_uid=link.inner_text())
    link.click()
    expect(page.locator(".columns").first).to_contain_text("buyer@example.com")
    page.go_back()

    rows = export(page, tmp_path / "payments.csv")
    amount, refunded, net, number = (
        capfirst(gettext(words))
        for words in ("amount", "refunded amount", "net amount", "order number")
    )
    sums = [sum(int(row[name]) for row in rows) for name in (amount, refunded, net)]
    assert [len(rows), *sums] == [3, 213_000, 9_000, 204_000]
    assert {row[number] for row in rows} == set(week)
    said = PersonalDataAccess.objects.order_by("pk")
    assert [(one.kind, one.payment, one.reason) for one in said] == [
        (AccessKind.VIEWED, None, WHY),
        (AccessKind.VIEWED, looked_at, WHY),
        (AccessKind.EXPORTED, None, "3월 마감"),
    ]

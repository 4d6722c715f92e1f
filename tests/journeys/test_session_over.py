"""A staff session that ends while a page is open: whatever the page fetches then, no part of it
becomes the sign-in page, and signing in leads back to where the person was.
"""

import re
from typing import Any
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page, expect

from payments.models import Payment, VerificationRun
from payments.services.verification_runs import control

from .conftest import LIST, SignIn
from .test_staff import orders, person, sign_in

__all__ = ["orders", "person", "sign_in"]

RUNS = "/admin/payments/verificationrun/"

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def run(orders: dict[str, Payment]) -> VerificationRun:
    """One that waits for a worker, so that its page asks for news again and again."""
    return control.start(
        payments=Payment.objects.all(), query="", actor=None, enqueue=lambda pk: None
    )


def expect_sign_in(page: Page, back_to: str) -> None:
    """The whole page, not a part of the other one; it says why, and leads back."""
    expect(page.locator("[name=login]")).to_be_visible()
    expect(page.locator("#site-nav, #result_list, .run-title")).to_have_count(0)
    expect(page.locator("body")).to_contain_text(re.compile("signed out|로그아웃"))
    assert page.url.endswith(f"?{urlencode({'next': back_to})}")


def test_while_its_page_asks_for_news(
    sign_in: SignIn, run: VerificationRun, impatient: None, settings: Any
) -> None:
    address = f"{RUNS}{run.pk}/change/"
    page = sign_in("Operator", address)
    expect(page.locator("[hx-get]").first).to_be_attached()
    settings.STAFF_SESSION_HOURS = 0
    expect_sign_in(page, address)


def test_when_a_button_of_a_row_is_pressed(
    sign_in: SignIn, orders: dict[str, Payment], settings: Any
) -> None:
    page = sign_in("Operator", LIST)
    settings.STAFF_SESSION_HOURS = 0
    page.locator(".row-button").first.click()
    expect_sign_in(page, LIST)

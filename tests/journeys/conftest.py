"""A real browser in the shop, watched: whatever its console complains about fails the test."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.utils import translation
from playwright.sync_api import Page, expect

from accounts.models import User
from payments.admin.shared import runs
from tests.browser import Tabs, Watch, bring_session
from tests.conftest import PASSWORD
from tests.gateway import SandboxGateway

LIST = "/admin/payments/payment/"
Walk = Callable[..., Page]
SignIn = Callable[[str, str], Page]


@pytest.fixture(scope="session")
def base_url(live_server: Any) -> str:
    """Addresses in the tests are the shop's: `page.goto("/payments/")`."""
    return str(live_server.url)


@pytest.fixture
def shop(
    page: Page, watch: Watch, base_url: str, sandbox: SandboxGateway, transactional_db: None
) -> Iterator[Page]:
    """A browser for the shop; the gateway sends its webhooks there."""
    webhook_url = f"{base_url}/webhooks/iamport/"
    sandbox.control("POST", "settings", {"webhook_url": webhook_url})
    yield watch.over(page)
    # Neither a page that asks again nor a late webhook may meet the next test's database.
    page.goto("about:blank")
    sandbox.control("POST", "webhooks/flush", {})


@pytest.fixture
def phone(tabs: Tabs, base_url: str, playwright: Any, shop: Page, watch: Watch) -> Page:
    """The same shop on an iPhone."""
    return watch.over(tabs.open(base_url=base_url, **playwright.devices["iPhone 13"]))


# --- Staff ------------------------------------------------------------------------------------


@pytest.fixture(params=["ko", "en"])
def language(request: pytest.FixtureRequest) -> Any:
    """The reader's language; the words that a test looks for are the product's own in it."""
    with translation.override(request.param):
        yield request.param


@pytest.fixture
def walk(tabs: Tabs, watch: Watch, base_url: str, language: str) -> Walk:
    """Somebody new in this group, signed in already, opens an address."""

    def through(group: str, address: str, *, scripts: bool = True) -> Page:
        user = User.objects.create_user(
            group.lower(),
            f"{group.lower()}@example.com",
            PASSWORD,
            is_staff=True,
            language=language,
        )
        user.groups.add(Group.objects.get(name=group))
        page = watch.over(tabs.open(base_url=base_url, java_script_enabled=scripts))
        bring_session(page.context, user, base_url)
        page.goto(address)
        return page

    return through


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages that ask for news ask at once, not every two seconds."""
    monkeypatch.setattr(runs, "EVERY", "every 250ms")


def expect_rows(page: Page, *merchant_uids: str) -> None:
    """The order numbers on the list, top to bottom. A list that is still loading is waited for."""
    expect(page.locator("#result_list tbody .field-merchant_uid")).to_have_text(merchant_uids)


def open_panel(page: Page, heading: str) -> None:
    """A panel of filters: fetched if it is the first one, or a page of its own without scripts."""
    panel = page.locator(".panels .popover", has_text=heading)
    panel.locator("a, summary").click()
    expect(page.locator(".panels details[open] summary")).to_contain_text(heading)


def press(page: Page, words: str) -> None:
    page.get_by_role("button", name=words, exact=True).click()

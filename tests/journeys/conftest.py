"""A real browser in the shop, watched: whatever its console complains about fails the test."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.utils import translation
from playwright.sync_api import BrowserContext, ConsoleMessage, Page

from accounts.models import User
from tests.conftest import PASSWORD
from tests.gateway import SandboxGateway

LIST = "/admin/payments/payment/"
Walk = Callable[..., Page]


@pytest.fixture(scope="session")
def base_url(live_server: Any) -> str:
    """Addresses in the tests are the shop's: `page.goto("/payments/")`."""
    return str(live_server.url)


class Watch:
    """What browsers complained about. A refusal that a test provokes is announced to `expect`."""

    def __init__(self) -> None:
        self.complaints: list[str] = []
        self._expected: list[str] = []

    def expect(self, text: str) -> None:
        """A complaint that holds this text is part of the test."""
        self._expected.append(text)

    def over(self, page: Page) -> Page:
        """Watch this page too."""
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        return page

    def unexpected(self) -> list[str]:
        """Complaints that no test announced: script errors, blocked sources, missing files."""
        return [
            said
            for said in self.complaints
            if not any(expected in said for expected in self._expected)
        ]

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(f"{message.text} ({message.location['url']})")


@pytest.fixture
def watch() -> Iterator[Watch]:
    """Fails the test afterwards if a browser complained."""
    watching = Watch()
    yield watching
    assert watching.unexpected() == []


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
def phone(
    new_context: Callable[..., BrowserContext],
    playwright: Any,
    shop: Page,
    watch: Watch,
) -> Page:
    """The same shop on an iPhone."""
    return watch.over(new_context(**playwright.devices["iPhone 13"]).new_page())


# --- Staff ------------------------------------------------------------------------------------


@pytest.fixture(params=["ko", "en"])
def language(request: pytest.FixtureRequest) -> Any:
    """The reader's language; the words that a test looks for are the product's own in it."""
    with translation.override(request.param):
        yield request.param


@pytest.fixture
def walk(
    new_context: Callable[..., BrowserContext], watch: Watch, base_url: str, language: str
) -> Walk:
    """Somebody new in this group signs in on the way to an address."""

    def through(group: str, address: str, *, scripts: bool = True) -> Page:
        user = User.objects.create_user(
            group.lower(),
            f"{group.lower()}@example.com",
            PASSWORD,
            is_staff=True,
            language=language,
        )
        user.groups.add(Group.objects.get(name=group))
        page = watch.over(new_context(java_script_enabled=scripts).new_page())
        page.goto(address)
        page.locator("[name=login]").fill(user.email)
        page.locator("[name=password]").fill(PASSWORD)
        page.locator("[name=password]").press("Enter")
        page.wait_for_url(f"**{address}")
        return page

    return through


def press(page: Page, words: str) -> None:
    page.get_by_role("button", name=words, exact=True).click()

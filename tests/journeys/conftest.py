"""A real browser in the shop, watched: whatever its console complains about fails the test."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser import Tabs, Watch
from tests.gateway import SandboxGateway


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

"""Tabs of Debian's Chromium, driven by Playwright, and the watch that nothing complains in them."""

import os
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.browser import Tabs, Watch

INSTALL = "apt-get install -y chromium-headless-shell"


def chromium_path() -> str | None:
    """What `CHROMIUM` names, or Debian's Chromium: the one without windows first, it is quicker."""
    found = os.environ.get("CHROMIUM"), *map(shutil.which, ("chromium-headless-shell", "chromium"))
    return next((path for path in found if path), None)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests skip where there is no Chromium, with the one line that installs it."""
    if chromium_path() or os.environ.get("REQUIRE_BROWSER") == "1":
        return
    skip = pytest.mark.skip(reason=f"no Chromium here: {INSTALL}")
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(skip)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Playwright drives Debian's Chromium; nothing is downloaded."""
    path = chromium_path()
    if path is None:
        pytest.fail(f"REQUIRE_BROWSER=1, but there is no Chromium: {INSTALL}")
    return {
        **browser_type_launch_args,
        "executable_path": path,
        "args": [
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--no-first-run",
            # Nobody looks at these pages: letters need no fine drawing.
            "--disable-lcd-text",
            "--disable-font-subpixel-positioning",
            "--font-render-hinting=none",
            # One frame is kept for all pages of a tab: loading costs a third less.
            "--enable-features=RenderDocument:level/crashed-frame",
        ],
    }


@pytest.fixture(scope="session")
def _tabs_of_this_worker(browser: Browser) -> Tabs:
    return Tabs(browser)


@pytest.fixture
def tabs(_tabs_of_this_worker: Tabs) -> Iterator[Tabs]:
    """Tabs of any kind, wiped afterwards."""
    yield _tabs_of_this_worker
    _tabs_of_this_worker.wipe()


@pytest.fixture
def page(tabs: Tabs, base_url: str | None) -> Page:
    """A plain tab."""
    return tabs.open(base_url=base_url)


@pytest.fixture
def watch() -> Iterator[Watch]:
    """Fails the test afterwards if a browser complained."""
    watching = Watch()
    yield watching
    watching.end()
    assert watching.unexpected() == []

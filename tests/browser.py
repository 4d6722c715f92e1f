"""The browser as tests use it: tabs that are wiped and used again, and what their console says.

Opening a window costs about a second of processor time, a page in an open one a fifth. So a worker
keeps one tab of each kind (plain, without JavaScript, a phone ...) and every test finds it empty:
no cookie, nothing stored, no permission, no route, no second page. What the tab may keep is its
cache of files. A test that needs another kind names the options of `Browser.new_context`.
"""

from typing import Any
from urllib.parse import urljoin, urlsplit

from django.conf import settings
from django.test import Client
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Error,
    Locator,
    Page,
    ViewportSize,
)

from accounts.models import User

DESKTOP: ViewportSize = {"width": 1280, "height": 720}
# With an icon of its own: for a page without one the browser asks for /favicon.ico.
EMPTY = '<link rel="icon" href="data:,">'
FORGET = "() => { localStorage.clear(); sessionStorage.clear(); }"


class Tabs:
    """One tab of each kind, opened when a test first asks for it."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._tabs: dict[str, Page] = {}
        self._used: list[Page] = []

    def open(self, *, base_url: str | None = None, **kind: Any) -> Page:
        """The tab of this kind, as good as new; asked for twice in a test, it is wiped again."""
        key = repr((base_url, sorted(kind.items())))
        if key not in self._tabs:
            context = self._browser.new_context(base_url=base_url, **kind)
            self._tabs[key] = context.new_page()
        page = self._tabs[key]
        if page in self._used:
            _wipe(page)
        else:
            self._used.append(page)
        page.set_viewport_size(kind.get("viewport", DESKTOP))
        return page

    def wipe(self) -> None:
        """After a test: no page is left that asks again and meets the next test's database."""
        while self._used:
            _wipe(self._used.pop())


def _wipe(page: Page) -> None:
    context = page.context
    for other in context.pages:
        if other is not page:
            other.close()
    page.unroute_all()
    if page.url.startswith("http"):
        # An empty page of the same address, of which the server hears nothing.
        page.route("**/*", lambda route: route.fulfill(content_type="text/html", body=EMPTY))
        page.goto(urljoin(page.url, "/"))
        page.evaluate(FORGET)
        page.unroute_all()
    else:
        page.goto("about:blank")
    context.clear_cookies()
    context.clear_permissions()


class Watch:
    """What browsers complained about. A refusal that a test provokes is announced to `expect`."""

    def __init__(self) -> None:
        self.complaints: list[str] = []
        self._expected: list[str] = []
        self._watched: list[Page] = []

    def expect(self, text: str) -> None:
        """A complaint that holds this text is part of the test."""
        self._expected.append(text)

    def over(self, page: Page) -> Page:
        """Watch this page too."""
        if page not in self._watched:
            page.on("console", self._heard)
            page.on("pageerror", self._broken)
            self._watched.append(page)
        return page

    def end(self) -> None:
        """What is heard from now on belongs to the next test."""
        for page in self._watched:
            page.remove_listener("console", self._heard)
            page.remove_listener("pageerror", self._broken)
        self._watched.clear()

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

    def _broken(self, error: Error) -> None:
        self.complaints.append(str(error))


def box_of(element: Locator) -> dict[str, float]:
    """Where the element stands in its own frame (CSS pixels), once it is there.

    `Locator.bounding_box` answers None while the browser is laying the frame out anew.
    """
    box: dict[str, float] = element.evaluate("element => element.getBoundingClientRect().toJSON()")
    return box


def arrive(page: Page, address: str) -> None:
    """Wait until this address is open itself: a page that leads there names it in its own."""
    wanted = urlsplit(address)
    parts = slice(2, 4 if wanted.query else 3)
    page.wait_for_url(lambda url: urlsplit(url)[parts] == wanted[parts])


def bring_session(context: BrowserContext, user: User, address: str) -> None:
    """Sign in without typing a password, where the test is about something else."""
    client = Client()
    client.force_login(user)
    name = settings.SESSION_COOKIE_NAME
    context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": address}])

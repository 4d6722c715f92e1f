"""No screen breaks a rule of WCAG 2.2 AA that a machine can check, none scrolls sideways.

axe-core runs in the page, in both themes. A new screen: a line in `conftest.screens`.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from accounts.models import User

from .conftest import sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

AXE = (Path(__file__).parent / "axe.min.js").read_text()
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
RUN = """rules => axe.run(document, {
  runOnly: {type: "tag", values: rules}, resultTypes: ["violations"]
}).then(({violations}) => violations.flatMap(
  one => one.nodes.map(node => [one.id, node.html.slice(0, 300)])
))"""
OVERFLOW = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
PHONE = {"width": 390, "height": 844}


def each(
    context: BrowserContext, screens: dict[str, str], admin: User
) -> Iterator[tuple[str, Page]]:
    """Open each screen in turn in one page, the ones that need nobody signed in first."""
    page = context.new_page()
    signed_in = False
    for name in sorted(screens, key=lambda name: not is_public(name)):
        if not is_public(name) and not signed_in:
            sign_in(context, admin, urljoin(page.url, "/"))
            signed_in = True
        response = page.goto(screens[name])
        assert response is not None
        assert response.status == (404 if "not found" in name else 200), name
        assert page.url.endswith(screens[name]), f"{name} led to {page.url}"
        yield name, page
    # No page that still asks may meet the next test's database.
    page.goto("about:blank")


def is_public(name: str) -> bool:
    return name.startswith("public ")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_no_violation_on_any_screen(
    browser: Browser, base_url: str, theme: Any, admin: User, screens: dict[str, str]
) -> None:
    with browser.new_context(color_scheme=theme, base_url=base_url) as context:
        found = []
        for name, page in each(context, screens, admin):
            page.evaluate(AXE)
            found += [f"{name}: {rule}: {html}" for rule, html in page.evaluate(RUN, RULES)]
    assert not found, "\n".join(found)


def test_no_screen_scrolls_sideways_on_a_phone(
    browser: Browser, base_url: str, admin: User, screens: dict[str, str]
) -> None:
    with browser.new_context(viewport=PHONE, base_url=base_url) as context:
        widths = {name: page.evaluate(OVERFLOW) for name, page in each(context, screens, admin)}
    assert {name: width for name, width in widths.items() if width > 0} == {}

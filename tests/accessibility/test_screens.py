"""No screen breaks a rule of WCAG 2.2 AA that a machine can check, none scrolls sideways, and none
asks the browser for what the strict Content-Security-Policy refuses.

Each screen is opened once; axe-core runs in the page, in both themes. A new screen: a line in
`conftest.screens`.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal
from urllib.parse import urljoin

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize

from accounts.models import User
from tests.browser import DESKTOP, Watch, bring_session
from tests.gateway import SandboxGateway

# Colours, widths and names come from templates and stylesheets alone.
pytestmark = [
    pytest.mark.browser,
    pytest.mark.any_database,
    pytest.mark.django_db(transaction=True),
]

AXE = (Path(__file__).parent / "axe.min.js").read_text()
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
# What a theme can break: it is colours and nothing else.
CONTRAST = ["color-contrast"]
# No colour may be on its way from one theme to the other when axe looks.
RUN = """async ([type, values]) => {
  await new Promise(requestAnimationFrame);
  document.getAnimations().forEach(one => one.finish());
  const options = {runOnly: {type, values}, resultTypes: ["violations"]};
  const {violations} = await axe.run(document, options);
  return violations.flatMap(one => one.nodes.map(node => [one.id, node.html.slice(0, 300)]));
}"""
OVERFLOW = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
PHONE: ViewportSize = {"width": 390, "height": 844}


def each(
    context: BrowserContext, screens: dict[str, str], admin: User, watch: Watch
) -> Iterator[tuple[str, Page]]:
    """Open each screen in turn on a phone, the ones that need nobody signed in first."""
    page = context.new_page()
    # The browser keeps it: handed over anew for each screen it costs as much as loading the page.
    page.add_init_script(AXE)
    signed_in = False
    for name in sorted(screens, key=lambda name: not is_public(name)):
        if not is_public(name) and not signed_in:
            bring_session(context, admin, urljoin(page.url, "/"))
            signed_in = True
        page.set_viewport_size(PHONE)
        response = watch.over(page).goto(screens[name])
        assert response is not None
        assert response.status == (404 if "not found" in name else 200), name
        assert page.url.endswith(screens[name]), f"{name} led to {page.url}"
        # What axe puts into the page is refused, and rightly.
        watch.end()
        yield name, page
    # No page that still asks may meet the next test's database.
    page.goto("about:blank")


def is_public(name: str) -> bool:
    return name.startswith("public ")


def violations(page: Page) -> list[str]:
    """What axe finds on a wide screen: every rule in the light, and in the dark what colours do."""
    page.set_viewport_size(DESKTOP)
    found = []
    themes: list[tuple[Literal["light", "dark"], list[object]]] = [
        ("light", ["tag", RULES]),
        ("dark", ["rule", CONTRAST]),
    ]
    for theme, rules in themes:
        page.emulate_media(color_scheme=theme)
        found += [f"{theme}: {rule}: {html}" for rule, html in page.evaluate(RUN, rules)]
    return found


# Halves, so that two workers can walk at once.
@pytest.mark.parametrize("half", [0, 1])
def test_every_screen_is_accessible_fits_a_phone_and_keeps_the_console_silent(
    browser: Browser,
    base_url: str,
    watch: Watch,
    admin: User,
    screens: dict[str, str],
    sandbox: SandboxGateway,
    subtests: pytest.Subtests,
    half: int,
) -> None:
    screens = dict(list(screens.items())[half::2])
    watch.expect("/nowhere/")
    watch.expect('The specified value "x" does not conform')
    found, widths = [], {}
    with browser.new_context(base_url=base_url) as context:
        for name, page in each(context, screens, admin, watch):
            widths[name] = page.evaluate(OVERFLOW)
            found += [f"{name}: {violation}" for violation in violations(page)]
    with subtests.test("axe finds no violation in either theme"):
        assert not found, "\n".join(found)
    with subtests.test("nothing scrolls sideways on a phone"):
        assert {name: width for name, width in widths.items() if width > 0} == {}
    with subtests.test("the browser finds nothing to refuse"):
        assert watch.unexpected() == []

"""A theme that a reader chose looks as the one that the system asks for."""

import re
from typing import Literal

import pytest
from django.conf import settings
from playwright.sync_api import Browser

from accounts.models import User
from tests.browser import bring_session

pytestmark = [
    pytest.mark.browser,
    pytest.mark.any_database,
    pytest.mark.django_db(transaction=True),
]

STYLES = settings.BASE_DIR / "backoffice/static/backoffice/tokens.css"
TOKENS = sorted(set(re.findall(r"^ +(--[\w-]+):", STYLES.read_text(), re.MULTILINE)))
VALUES = """([theme, names]) => {
  document.documentElement.dataset.theme = theme;
  const style = getComputedStyle(document.documentElement);
  return Object.fromEntries(names.map(name => [name, style.getPropertyValue(name)]));
}"""


@pytest.mark.parametrize("address", ["/admin/", "/"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_chosen_theme_has_the_values_of_the_systems(
    browser: Browser, base_url: str, admin: User, theme: Literal["light", "dark"], address: str
) -> None:
    with browser.new_context(base_url=base_url) as context:
        bring_session(context, admin, f"{base_url}/")
        page = context.new_page()
        page.emulate_media(color_scheme=theme)
        page.goto(address)
        wished = page.evaluate(VALUES, ["auto", TOKENS])
        page.emulate_media(color_scheme="dark" if theme == "light" else "light")
        assert page.evaluate(VALUES, [theme, TOKENS]) == wished
        assert wished["--accent"]

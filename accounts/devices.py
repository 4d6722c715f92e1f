"""A browser by name, for the list of one's sessions and the notice of a new device.

A User-Agent is a claim, so this is to recognise one's own by, not to decide anything. To name
another browser or system: its mark below, before those that it pretends to be.
"""

from django.utils.translation import gettext as _

_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Whale/", "Whale"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("KAKAOTALK", "KakaoTalk"),
    ("NAVER(", "Naver"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def device_name(user_agent: str) -> str:
    """Such as `Chrome, Windows`; the claim's own beginning where it is none of the known."""
    browser, system = (_named(user_agent, marks) for marks in (_BROWSERS, _SYSTEMS))
    if browser and system:
        return f"{browser}, {system}"
    return browser or system or user_agent.strip()[:60] or _("Unknown browser")


def _named(user_agent: str, marks: tuple[tuple[str, str], ...]) -> str:
    return next((name for mark, name in marks if mark in user_agent), "")

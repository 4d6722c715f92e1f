"""What one can read off the page of a payment."""

import re
from html import unescape


def plain(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def section(page: str, name: str) -> str:
    return page.split(f'id="{name}"')[1].split("</section>", maxsplit=1)[0]


def rows(page: str) -> list[str]:
    """The timeline's rows as text, top to bottom."""
    return [plain(row) for row in section(page, "timeline").split("<li ")[1:]]

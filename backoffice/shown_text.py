"""What a page shows, without the signs that turn a text about or are none: behind all pages.

Texts are cleaned where they come in, but an order number or an id is kept as the gateway gave it:
changed, it would be another one. And anybody can open a payment window with a number of their own.
So the signs are left out here, on the way to the reader. Files have `core.spreadsheet`, logs
`backoffice.logs`; JSON is escaped.
"""

import re
from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase

# Those of `core.text.clean`, in UTF-8.
_UNSHOWN = re.compile(
    rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\xc2[\x80-\x9f]|\xd8\x9c"
    rb"|\xe2\x80[\x8e\x8f\xa8-\xae]|\xe2\x81[\xa6-\xa9]"
)


class ShownTextMiddleware:
    """Inside whatever packs or measures an answer."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        is_page = response.headers.get("Content-Type", "").startswith("text/html")
        content = getattr(response, "content", b"") if is_page else b""
        if _UNSHOWN.search(content):
            shown = _UNSHOWN.sub(b"", content)
            response.content = shown  # type: ignore[attr-defined]
            if response.has_header("Content-Length"):
                response.headers["Content-Length"] = str(len(shown))
        return response

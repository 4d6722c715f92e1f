"""The webhooks' address, in front of everything else.

The gateway posts once, follows no redirect and has no session (contract 5, 9#33). So none of what
the site does for browsers may come before it: no redirect to HTTPS or to a slash at the end, no
look at the session, no page in HTML. To take another spelling of the address: `ADDRESS`.
"""

import re
import uuid
from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from structlog.contextvars import bound_contextvars

from payments import conf
from payments.core.addresses import caller_address

from .views import iamport

# With or without a slash at the end, with doubled ones, in any case: whatever was typed into the
# gateway's console means this address.
ADDRESS = re.compile(r"/*webhooks/+iamport/*", re.IGNORECASE)


class WebhookMiddleware:
    """The first of all middlewares."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not ADDRESS.fullmatch(request.path_info):
            return self.get_response(request)
        address = caller_address(meta=request.META, proxies=conf.trusted_proxies())
        with bound_contextvars(request_id=str(uuid.uuid4()), ip=address):
            return iamport(request, address)

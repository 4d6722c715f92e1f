"""POST /webhooks/iamport/: store, then look.

The answer's status speaks to the gateway, which repeats on 5xx only (contract 5): 200 once the
delivery is stored and applied, harmless or waited for, 400 for an unreadable body, 413 for a huge
one, 429 for too many that are about none of our orders, 503 when the gateway could not be asked or
the delivery not be stored, 500 for a mistake of ours. The body of the answer is for people who
debug.
"""

import logging

from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, JsonResponse
from django.http.request import UnreadablePostError

from payments.models import DeliveryOutcome
from payments.services import webhooks

logger = logging.getLogger(__name__)

_STATUS_OF: dict[str, int] = {DeliveryOutcome.FAILED: 503, DeliveryOutcome.INVALID: 400}


def iamport(request: HttpRequest, remote_address: str | None) -> JsonResponse:
    """Receive one delivery. Raises nothing: what goes wrong is logged and said in the status."""
    if request.method != "POST":
        return _answer("post_only", 405, {"Allow": "POST"})
    try:
        body = _body(request)
        if body is None:
            return _answer("too_large", 413)
        delivery = webhooks.accept(
            body=body,
            content_type=request.headers.get("Content-Type", ""),
            remote_address=remote_address,
        )
    except webhooks.TooMany as error:
        return _answer("too_many", 429, {"Retry-After": str(error.seconds)})
    except UnreadablePostError:
        return _answer("broken_off", 400)
    except (DatabaseError, InterfaceError):
        logger.exception("a webhook met a database that is away")
        return _answer("database", 503)
    except Exception:
        logger.exception("a webhook failed")
        return _answer(DeliveryOutcome.FAILED, 500)
    return _answer(delivery.outcome, _STATUS_OF.get(delivery.outcome, 200))


def _body(request: HttpRequest) -> bytes | None:
    """What was posted; None if that is too much, whether it says so at once or not."""
    length = request.headers.get("Content-Length", "")
    if length.isascii() and length.isdigit() and int(length) > webhooks.MAX_BODY:
        return None
    # Django takes a body without a length (sent in chunks) for an empty one; a server that knows
    # where it ends says so.
    is_chunked = not length and bool(request.META.get("wsgi.input_terminated"))
    stream = request.META["wsgi.input"] if is_chunked else request
    # One byte more than allowed tells a full body from a huge one without reading it all.
    body: bytes = stream.read(webhooks.MAX_BODY + 1)
    return body if len(body) <= webhooks.MAX_BODY else None


def _answer(outcome: str, status: int, headers: dict[str, str] | None = None) -> JsonResponse:
    response = JsonResponse({"outcome": str(outcome)}, status=status, headers=headers)
    # What Django's own middleware does for the rest of the site.
    response.headers["Content-Length"] = str(len(response.content))
    return response

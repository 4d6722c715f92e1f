"""How a JSON endpoint says no: a status that tells the truth and a body that says what to do.

    {"error": {"code": "closed", "field": null, "message": "..."}, "next": "/payments/..."}

`code` is for the script, `message` for the customer. To refuse for a new reason, raise a `Refusal`
with a code of its own; what a service raises is turned into one by `SERVICE_ERRORS`.
"""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.views.csrf import csrf_failure as csrf_page

from payments.errors import GatewayRefused, GatewayUnavailable, NotAllowed, PaymentError
from payments.services.checkout import AlreadyPaid, OrderEnded, PriceChanged, TooManyOrders

# First match wins. 502: the gateway said no. 503: it said nothing, so trying again makes sense.
SERVICE_ERRORS: tuple[tuple[type[PaymentError], int, str], ...] = (
    (AlreadyPaid, 409, "already_paid"),
    (OrderEnded, 409, "closed"),
    (PriceChanged, 409, "price_changed"),
    (TooManyOrders, 429, "too_many"),
    (NotAllowed, 409, "not_allowed"),
    (GatewayRefused, 502, "gateway_refused"),
    (GatewayUnavailable, 503, "gateway_unavailable"),
)


class Refusal(Exception):
    """An answer other than 200: `response`. `extra` stands beside the error in its body."""

    def __init__(
        self, status: int, code: str, message: str | Promise, *, field: str = "", **extra: str
    ) -> None:
        super().__init__(code)
        error = {"code": code, "field": field or None, "message": str(message)}
        headers = {"Allow": "POST"} if status == 405 else None
        self.response = JsonResponse({"error": error, **extra}, status=status, headers=headers)


def refusal_of(error: PaymentError, **extra: str) -> Refusal:
    """What a customer is told about a service's error."""
    for kind, status, code in SERVICE_ERRORS:
        if isinstance(error, kind):
            return Refusal(status, code, error.message, **extra)
    raise error


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A refused CSRF token, as JSON for a script and as the usual page for a person."""
    if request.content_type != "application/json":
        return csrf_page(request, reason)
    message = _("This page has been open for too long. Reload it and try again.")
    return Refusal(403, "csrf", message).response

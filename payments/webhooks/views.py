"""POST /webhooks/iamport/: store, then look.

The answer's status speaks to the gateway, which repeats on 5xx only (contract 5): 200 once the
delivery is stored and applied or harmless, 400 for an unreadable body, 413 for a huge one, 503 when
the gateway could not be asked. The body of the answer is for people who debug.
"""

from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from payments.models import DeliveryOutcome
from payments.services import webhooks

_STATUS_OF: dict[str, int] = {DeliveryOutcome.FAILED: 503, DeliveryOutcome.INVALID: 400}


# The gateway has no session and no CSRF token, and the body is never trusted.
@csrf_exempt
@require_POST
def iamport(request: HttpRequest) -> JsonResponse:
    """Receive one delivery."""
    # One byte more than allowed tells a full body from a huge one without reading it all.
    body = request.read(webhooks.MAX_BODY + 1)
    if len(body) > webhooks.MAX_BODY:
        return JsonResponse({"outcome": "too_large"}, status=413)
    delivery = webhooks.accept(
        body=body,
        content_type=request.headers.get("Content-Type", ""),
        remote_address=request.META.get("REMOTE_ADDR") or None,
    )
    return JsonResponse({"outcome": delivery.outcome}, status=_STATUS_OF.get(delivery.outcome, 200))

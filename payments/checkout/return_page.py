"""Where the payment window sends the browser when it has left the shop's page (contract 4.5).

The URL is public, arrives once or twice, with or without a session, before or after the
webhook. Its query is a look-up key and nothing else; the order number in it can't be guessed. To
show somebody without the right session more than a state, think again: the URL gets shared.
"""

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from payments.models import Payment
from payments.selectors.checkout import own_attempt, payment_called, was_asked_by_return
from payments.selectors.payments.flags import is_flagged
from payments.services.verification.verify import verify
from payments.states import APPROVED, Source

from .forms import ReturnForm
from .status_view import LABELS, page_url, state_of

# Between two questions about one order. Its page asks again by itself after that.
PAUSE = timedelta(seconds=10)


@never_cache
@require_safe
def from_window(request: HttpRequest) -> HttpResponse:
    """Settle the order, then show it: its page to its customer, a state to anybody else."""
    values = _values(request)
    payment = _payment(request, values)
    if payment is None:
        return render(request, "payments/return_unknown.html", status=404)
    payment = _settled(payment, values)
    if request.user.is_authenticated and request.user.pk == payment.user_id:
        return redirect(page_url(payment))
    state = state_of(payment, flagged=is_flagged(payment))
    context = {"state": state, "labels": LABELS[state], "url": page_url(payment)}
    return render(request, "payments/return.html", context)


def _payment(request: HttpRequest, values: dict[str, str]) -> Payment | None:
    """By its number; else by its id, which can be guessed: for its own customer alone."""
    number, imp_uid = values["merchant_uid"], values["imp_uid"]
    payment = payment_called(number) if number else None
    if payment is None and imp_uid and request.user.is_authenticated:
        return own_attempt(request.user, imp_uid)
    return payment


def _settled(payment: Payment, values: dict[str, str]) -> Payment:
    """What became of the order.

    Anybody may call this, as often as they like and with any id. So it asks once in a while, and
    about an approved order by its number: an id that is not its own says nothing about it.
    """
    imp_uid, is_approved = values["imp_uid"], payment.status in APPROVED
    if is_approved and imp_uid in {"", payment.imp_uid}:
        return payment  # The webhook was first, or this is the second arrival.
    if was_asked_by_return(payment, since=timezone.now() - PAUSE):
        return payment
    claims = values["error_code"], values["error_msg"]
    result = verify(
        payment=payment,
        source=Source.REDIRECT,
        imp_uid="" if is_approved else imp_uid,
        every_attempt=is_approved,
        note=" ".join(filter(None, claims)),
    )
    return result.payment


def _values(request: HttpRequest) -> dict[str, str]:
    """The query's values, "" for one that can't be meant: too long an id asks for nothing."""
    form = ReturnForm(request.GET)
    form.full_clean()
    values = {name: form.cleaned_data.get(name, "") for name in form.fields}
    # Its ids all begin alike (contract 3): by anything else only the order number is asked for.
    is_id = values["imp_uid"].startswith("imp")
    return values if is_id else values | {"imp_uid": ""}

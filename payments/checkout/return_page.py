"""Where the payment window sends the browser when it has left the shop's page (contract 4.5).

The URL is public, arrives once or twice, with or without a session, before or after the
webhook. Its query is a look-up key and nothing else; the order number in it can't be guessed. To
show somebody without the right session more than a state, think again: the URL gets shared.
"""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from payments.models import Payment
from payments.selectors.checkout import payment_called
from payments.services.verification.verify import verify
from payments.states import APPROVED, Source

from .forms import ReturnForm
from .status_view import LABELS, page_url, state_of


@never_cache
@require_safe
def from_window(request: HttpRequest) -> HttpResponse:
    """Settle the order, then show it: its page to its customer, a state to anybody else."""
    values = _values(request)
    payment = payment_called(values["merchant_uid"])
    if payment is None:
        return render(request, "payments/return_unknown.html", status=404)
    payment = _settled(payment, values)
    if request.user.is_authenticated and request.user.pk == payment.user_id:
        return redirect(page_url(payment))
    state = state_of(payment)
    context = {"state": state, "labels": LABELS[state], "url": page_url(payment)}
    return render(request, "payments/return.html", context)


def _settled(payment: Payment, values: dict[str, str]) -> Payment:
    imp_uid = values["imp_uid"]
    if payment.status in APPROVED and imp_uid in {"", payment.imp_uid}:
        return payment  # The webhook was first, or this is the second arrival.
    claims = values["error_code"], values["error_msg"]
    note = " ".join(filter(None, claims))
    result = verify(payment=payment, source=Source.REDIRECT, imp_uid=imp_uid, note=note)
    return result.payment


def _values(request: HttpRequest) -> dict[str, str]:
    """The query's values, "" for one that can't be meant: too long an id asks for nothing."""
    form = ReturnForm(request.GET)
    form.full_clean()
    return {name: form.cleaned_data.get(name, "") for name in form.fields}

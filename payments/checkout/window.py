"""What the payment window is opened with (contract 4.3). Every figure comes from the order."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from payments import conf
from payments.models import Payment


def parameters(
    request: HttpRequest, payment: Payment, *, pay_method: str, buyer: dict[str, str]
) -> dict[str, Any]:
    """The argument of `IMP.request_pay`. `buyer` holds buyer_email, buyer_name and buyer_tel.

    The method is this click's: a customer may choose another one for the same open order, and which
    one it was in the end is what the gateway tells.
    """
    window = conf.window()
    params: dict[str, Any] = {
        "pg": window.pg,
        "pay_method": pay_method,
        "merchant_uid": payment.merchant_uid,
        "name": payment.name,
        # A number: text is a source of errors in the SDK.
        "amount": payment.amount,
        "currency": payment.currency,
        **buyer,
        # Many PGs leave the page on mobile and never run the callback (contract 4.5).
        "m_redirect_url": request.build_absolute_uri(reverse("checkout:return")),
    }
    if pay_method == "phone":
        params["digital"] = False  # Real goods; the carriers want it said.
    if window.notice_url:
        params["notice_url"] = window.notice_url
    return params

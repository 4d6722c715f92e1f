"""The JSON endpoints that the product page's script calls: start, complete, give up.

    start    {product, price?, pay_method, checkout_key, buyer_tel, buyer_name?}
             -> {user_code, params, next}
    complete {merchant_uid, imp_uid}                           -> {status, next, message}
    give up  {merchant_uid, imp_uid?, error_code?, error_msg?} -> {status, next, message}

200 means that the gateway has answered, and `status` (a `status_view.State`) says what; anything
else is a `Refusal`. What the browser says about a payment is never believed: it only names the
order to ask about. To add an endpoint, write its form and decorate it with `endpoint`.
"""

import secrets
from datetime import timedelta

from django.contrib.auth.models import AbstractBaseUser
from django.http import HttpRequest
from django.utils.translation import gettext as _

from payments import conf
from payments.core.money import won
from payments.core.text import whole_number
from payments.errors import PaymentError
from payments.models import Payment, Product
from payments.selectors.checkout import own_payment, payment_of_click, product_called
from payments.selectors.payments.flags import is_flagged
from payments.services import checkout, limits
from payments.services.verification.settle import Result
from payments.services.verification.verify import verify, verify_twice
from payments.states import APPROVED, EventKind, Source

from . import window
from .forms import CompleteForm, GiveUpForm, StartForm
from .json_view import Answer, endpoint
from .refusals import Refusal, refusal_of
from .status_view import LABELS, State, page_url, state_of

# Each new order costs the gateway a call and the ledger its rows; each question about one, too.
ORDERS_PER_MINUTE = QUESTIONS_PER_MINUTE = 10
QUESTIONS = "checkout:questions"


@endpoint(StartForm)
def start(request: HttpRequest, user: AbstractBaseUser, fields: dict[str, str]) -> Answer:
    """The order for this click, and what to open the window with."""
    _check_method(fields["pay_method"])
    payment = _ordered(user, _product(fields["product"]), fields)
    buyer = {
        "buyer_email": str(getattr(user, "email", "")),
        "buyer_name": fields["buyer_name"],
        "buyer_tel": fields["buyer_tel"],
    }
    return {
        "user_code": conf.window().user_code,
        "params": window.parameters(request, payment, pay_method=fields["pay_method"], buyer=buyer),
        "next": page_url(payment),
    }


@endpoint(CompleteForm)
def complete(request: HttpRequest, user: AbstractBaseUser, fields: dict[str, str]) -> Answer:
    """The window is done: ask what became of this attempt."""
    payment = _own(user, fields["merchant_uid"])
    if payment.status in APPROVED and payment.imp_uid == fields["imp_uid"]:
        return _status_answer(payment)  # The webhook, or the same call, was first.
    _check_pace(payment)
    result = verify(payment=payment, source=Source.BROWSER, actor=user, imp_uid=fields["imp_uid"])
    return _settled_answer(result)


@endpoint(GiveUpForm)
def give_up(request: HttpRequest, user: AbstractBaseUser, fields: dict[str, str]) -> Answer:
    """The window says that nothing came of it: ask, and believe the gateway.

    Asked by order number, so that every attempt is seen: one of them may have been approved.
    """
    payment = _own(user, fields["merchant_uid"])
    _check_pace(payment)
    claims = fields["imp_uid"], fields["error_code"], fields["error_msg"]
    result = verify_twice(
        payment=payment,
        source=Source.GIVE_UP,
        actor=user,
        note=" ".join(filter(None, claims)),
    )
    return _settled_answer(result)


def _check_method(pay_method: str) -> None:
    offered = conf.window().pay_methods
    if pay_method not in offered:
        message = _("This pay method is not offered. Choose one of: %(methods)s.")
        names = ", ".join(offered)
        raise Refusal(400, "bad_input", message % {"methods": names}, field="pay_method")


def _product(slug: str) -> Product:
    product = product_called(slug)
    if product is None:
        raise Refusal(404, "not_found", _("There is no such product."), field="product")
    return product


def _own(user: AbstractBaseUser, merchant_uid: str) -> Payment:
    payment = own_payment(user, merchant_uid)
    if payment is None:
        message = _("There is no such order of yours.")
        raise Refusal(404, "not_found", message, field="merchant_uid")
    return payment


def _check_pace(payment: Payment) -> None:
    minute = timedelta(minutes=1)
    hit = limits.hit(
        scope=QUESTIONS, key=payment.merchant_uid, at_most=QUESTIONS_PER_MINUTE, window=minute
    )
    if hit.is_over:
        message = _("We have asked about this payment many times just now. Please wait a minute.")
        raise Refusal(429, "too_many", message, next=page_url(payment))


def _ordered(user: AbstractBaseUser, product: Product, fields: dict[str, str]) -> Payment:
    key = fields["checkout_key"]
    try:
        payment = checkout.start(
            user=user,
            product=product,
            pay_method=fields["pay_method"],
            checkout_key=key,
            price=whole_number(fields["price"]),
            orders_per_minute=ORDERS_PER_MINUTE,
        )
    except checkout.PriceChanged as error:
        label = won(error.price)
        raise refusal_of(error, price=str(error.price), price_label=label) from error
    except PaymentError as error:
        raise refusal_of(error, **_way_on(user, key)) from error
    if payment.product_id != product.pk:
        message = _("This order was started for another product. Reload the page.")
        raise Refusal(409, "other_product", message, field="checkout_key")
    return payment


def _way_on(user: AbstractBaseUser, key: str) -> dict[str, str]:
    """A key for the next order, and the page of this one, if there is one."""
    payment = payment_of_click(user, key)
    page = {"next": page_url(payment)} if payment else {}
    return {"checkout_key": secrets.token_urlsafe(16), **page}


def _settled_answer(result: Result) -> Answer:
    """What became of the order. One that the gateway does not know yet is being confirmed: a
    payment may show there a moment after the window (contract 9#35), and its page asks again.
    """
    page = page_url(result.payment)
    if result.kind is EventKind.DISCREPANCY:
        raise Refusal(409, "mismatch", LABELS[State.MISMATCH].text, next=page)
    # Silence about this attempt is no news about an order that is paid for.
    if result.kind is EventKind.UNKNOWN and result.payment.status not in APPROVED:
        raise Refusal(503, "confirming", LABELS[State.CONFIRMING].text, next=page)
    return _status_answer(result.payment)


def _status_answer(payment: Payment) -> Answer:
    # What is approved is shown as that, whatever else is open about it.
    state = state_of(payment, flagged=payment.status not in APPROVED and is_flagged(payment))
    message = LABELS[state].title
    if state is State.FAILED and payment.fail_reason:
        message = payment.fail_reason
    return {"status": state, "next": page_url(payment), "message": str(message)}

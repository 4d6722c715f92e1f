"""The customer's pages: products, one product with the pay button, own payments, one payment.

Pages read through `selectors`; the one that writes asks the gateway through `verify`. To add a
page, add a view here and its template in templates/payments/.
"""

import secrets
from collections.abc import Callable
from datetime import timedelta
from functools import wraps

from csp.decorators import csp_update
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import AbstractBaseUser
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from payments import conf, pay_methods
from payments.core.text import whole_number
from payments.models import Payment
from payments.selectors import checkout as selectors
from payments.selectors.payments.flags import flagged_among, is_flagged
from payments.services.verification.verify import verify
from payments.states import Source

from .forms import StartForm
from .status_view import PaymentView, page_url

View = Callable[..., HttpResponseBase]

# Shorter than the pauses of payment.js from its second check on.
CHECK_PAUSE = timedelta(seconds=10)


def with_window_sources(view: View) -> View:
    """Let this page, and no other, load the payment window: read at each request, not at import."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        allowing: View = csp_update(conf.window_csp())(view)
        response = allowing(request, *args, **kwargs)
        # Some PGs open a popup that answers its opener; `same-origin` would cut the two apart.
        response.headers["Cross-Origin-Opener-Policy"] = "same-origin-allow-popups"
        return response

    return wrapped


@require_safe
def products(request: HttpRequest) -> HttpResponse:
    """Everything on sale."""
    context = {"offers": selectors.products_on_sale()}
    return render(request, "payments/products.html", context)


# Never kept by a browser: its key stands for one order, and going back must bring a new one.
@never_cache
@require_safe
@with_window_sources
def product(request: HttpRequest, slug: str) -> HttpResponse:
    """One product, with the pay button for people who are signed in."""
    offer = selectors.product_called(slug)
    if offer is None or not offer.active:
        raise Http404
    context = {
        "product": offer,
        "pay_methods": pay_methods.choices(conf.window().pay_methods),
        "sdk_url": conf.window().sdk_url,
        "checkout_key": secrets.token_urlsafe(16),
        "limits": StartForm.base_fields,
    }
    return render(request, "payments/product.html", context)


@login_required
@require_safe
def payments(request: HttpRequest) -> HttpResponse:
    """One's own payments, newest first."""
    # A place to go on from that is no number starts from the newest.
    before = whole_number(request.GET.get("before"))
    page = selectors.own_payments(_person(request), before=before)
    flagged = flagged_among(payment.pk for payment in page.payments)
    context = {
        "rows": [PaymentView(payment, payment.pk in flagged) for payment in page.payments],
        "older": page.older,
        "is_first": "before" not in request.GET,
    }
    return render(request, "payments/payments.html", context)


@never_cache
@login_required
@require_safe
def payment(request: HttpRequest, merchant_uid: str) -> HttpResponse:
    """One of one's own payments, whatever became of it."""
    mine = _own(request, merchant_uid)
    context = {"view": PaymentView(mine, is_flagged(mine))}
    return render(request, "payments/payment.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def check(request: HttpRequest, merchant_uid: str) -> HttpResponse:
    """Ask the gateway once more, by order number, so that every attempt is seen."""
    mine = _own(request, merchant_uid)
    # A GET comes from signing in half-way: it asks nothing and shows the page.
    if request.method == "POST":
        _ask_again(request, mine)
    return redirect(page_url(mine))


def _ask_again(request: HttpRequest, mine: Payment) -> None:
    """Each question costs the gateway a call and the ledger two rows, however fast one presses."""
    if selectors.was_checked(mine, since=timezone.now() - CHECK_PAUSE):
        messages.info(request, _("We asked a moment ago: this is the answer. Wait a few seconds."))
        return
    verify(payment=mine, source=Source.BROWSER, actor=_person(request))


def _person(request: HttpRequest) -> AbstractBaseUser:
    assert request.user.is_authenticated
    return request.user


def _own(request: HttpRequest, merchant_uid: str) -> Payment:
    own = selectors.own_payment(_person(request), merchant_uid)
    if own is None:
        # Not 403: whether somebody else has such an order is nobody's business.
        raise Http404
    return own

"""An order is made, its amount registered at the gateway, and the window's parameters handed out.

The amount always comes from the product. One click makes one order: the page's `checkout_key` finds
it again. No POST to the gateway is repeated blindly (contract 1.4).
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from payments import gateway, ledger, merchant_uid
from payments.core.db.lookup import row_where
from payments.core.money import won
from payments.core.text import clean
from payments.errors import GatewayRefused, GatewayUnavailable, NotAllowed
from payments.iamport import AuthenticationFailed, IamportError, Refused
from payments.ledger import Entry
from payments.locks import locked_payment
from payments.models import Payment, Product
from payments.services import clock, limits
from payments.states import EventKind, PaymentStatus, Source

logger = logging.getLogger(__name__)

DRAWS = 5
ORDERS = "checkout:orders"

ALREADY_PAID = _("This order is paid already.")
ENDED = _("This order is closed. Reload the page to order again.")
NOT_ON_SALE = _("This product is not on sale at the moment.")
PRICE_IS_NOW = _(
    "The price is now %(price)s. Nothing was ordered: press the button again to pay this price."
)
TOO_MANY = _("You have started many orders just now. Please wait a minute and try again.")
NO_WINDOW = _(
    "The payment could not be prepared because the payment service does not answer. "
    "You were not charged. Please try again in a minute."
)
NO_NUMBER = _("The order could not be taken. You were not charged. Please try again.")
REFUSED = _("The payment service did not accept this order. You were not charged.")


class AlreadyPaid(NotAllowed):
    """The order behind this click is paid."""

    message = ALREADY_PAID


class OrderEnded(NotAllowed):
    """The order behind this click failed or was refunded."""

    message = ENDED


class PriceChanged(NotAllowed):
    """The product costs something else than the page showed; nothing was ordered."""

    def __init__(self, price: int) -> None:
        super().__init__(PRICE_IS_NOW % {"price": won(price)})
        self.price = price


class TooManyOrders(NotAllowed):
    """One person orders faster than anybody who means to pay."""

    message = TOO_MANY


class NumberUsed(Exception):
    """The gateway knows this order number although the order is new: draw another."""


@dataclass(frozen=True, slots=True)
class Registration:
    """What registering the amount brought; `problem` None means that the window may open."""

    problem: str | Promise | None = None
    reason_code: str = ""
    why: str = ""


def start(
    *,
    user: AbstractBaseUser,
    product: Product,
    pay_method: str,
    checkout_key: str,
    price: int | None = None,
    orders_per_minute: int | None = None,
    requested_at: datetime | None = None,
) -> Payment:
    """The order for this click, registered at the gateway and ready for the window.

    The same `checkout_key` of the same user gives the same order. `price` is what the customer was
    shown, in won; `orders_per_minute` is how many new ones a person may make. Raises AlreadyPaid,
    OrderEnded, NotAllowed (not on sale, no number to be had), PriceChanged, TooManyOrders,
    GatewayUnavailable or GatewayRefused; after the last two the order is failed and says why.
    """
    payment = row_where(Payment, user_id=user.pk, checkout_key=checkout_key)
    if payment is not None:
        # What became of the order comes first: a paid one stays paid when the product has gone.
        _check_open(payment)
    if not product.active:
        raise NotAllowed(NOT_ON_SALE)
    is_asked = False
    if payment is None:
        if price not in {None, product.price}:
            raise PriceChanged(product.price)
        if orders_per_minute is not None:
            _check_limit(user, orders_per_minute)
        at = requested_at or timezone.now()
        payment, is_asked = _order(user, product, pay_method, checkout_key, at)
        _check_open(payment)
    if not is_asked and payment.events.filter(kind=EventKind.PREPARED).exists():
        return payment
    payment = _register(payment, is_asked)
    clock.share()
    return payment


def _check_limit(user: AbstractBaseUser, at_most: int) -> None:
    minute = timedelta(minutes=1)
    if limits.hit(scope=ORDERS, key=str(user.pk), at_most=at_most, window=minute).is_over:
        raise TooManyOrders


def _check_open(payment: Payment) -> None:
    if payment.is_paid:
        raise AlreadyPaid
    if payment.status != PaymentStatus.READY:
        raise OrderEnded


def _order(
    user: AbstractBaseUser,
    product: Product,
    pay_method: str,
    checkout_key: str,
    requested_at: datetime,
) -> tuple[Payment, bool]:
    """The order, and whether the question that registers it is recorded: only of one made here."""
    for _draw in range(DRAWS):
        payment = Payment(
            merchant_uid=merchant_uid.draw(at=requested_at),
            checkout_key=checkout_key,
            user_id=user.pk,
            product=product,
            name=product.name,
            amount=product.price,
            pay_method=pay_method,
            requested_at=requested_at,
        )
        try:
            with transaction.atomic():
                ledger.open_order(
                    payment=payment,
                    source=Source.CHECKOUT,
                    actor=user,
                    then=[_question(payment.merchant_uid, 1)],
                )
        except IntegrityError:
            # The second of two clicks, or an order number that exists: look again, draw again.
            if order := row_where(Payment, user_id=user.pk, checkout_key=checkout_key):
                return order, False
        else:
            return payment, True
    logger.error("no free order number", extra={"draws": DRAWS})
    raise NotAllowed(NO_NUMBER)


def _register(payment: Payment, is_asked: bool) -> Payment:
    """Ask, call, apply: the amount goes to the gateway before any window opens (contract 2.1).

    `is_asked`: the first question was recorded with the order.
    """
    for draw in range(DRAWS):
        is_new = made_here = is_asked and draw == 0
        if not made_here:
            payment, is_new = _record_question(payment)
        try:
            registration = _call(payment, is_new)
        except NumberUsed:
            payment = _renumber(payment)
            continue
        if made_here and registration.problem is None and _is_prepared(payment):
            return payment
        return _apply(payment, registration)
    why = f"the gateway knows {DRAWS} new order numbers already"
    logger.error("order refused by the gateway", extra={"reason": why})
    return _apply(payment, Registration(REFUSED, "prepare_refused", why))


def _record_question(payment: Payment) -> tuple[Payment, bool]:
    """Record that we register the order's number now; False if that was asked before."""
    with locked_payment(payment.pk) as locked:
        questions = locked.events.filter(kind=EventKind.PREPARE_ASKED)
        is_new = not questions.filter(note=locked.merchant_uid).exists()
        ledger.append(payment=locked, entry=_question(locked.merchant_uid, questions.count() + 1))
    return locked, is_new


def _question(number: str, count: int) -> Entry:
    """That this order number is registered now, for the `count`th time."""
    return Entry(
        kind=EventKind.PREPARE_ASKED,
        source=Source.CHECKOUT,
        key=f"prepare_asked:{count}",
        note=number,
    )


def _call(payment: Payment, is_new: bool) -> Registration:
    try:
        if is_new:
            _register_new(payment)
        else:
            gateway.client().prepare(
                merchant_uid=payment.merchant_uid, amount=payment.amount, currency=payment.currency
            )
    except (Refused, AuthenticationFailed) as error:
        logger.error("order refused by the gateway", extra={"reason": str(error)})
        return Registration(REFUSED, "prepare_refused", gateway.noted(error))
    except IamportError as error:
        logger.warning("order not registered", extra={"reason": str(error)})
        return Registration(NO_WINDOW, "prepare_unanswered", gateway.noted(error))
    return Registration()


def _register_new(payment: Payment) -> None:
    """POST, and tell "number exists" from other refusals: both are code != 0 (contract 2.1)."""
    client = gateway.client()
    number = payment.merchant_uid
    try:
        client.register(merchant_uid=number, amount=payment.amount, currency=payment.currency)
    except Refused:
        if client.registered(merchant_uid=number) is None:
            raise
        raise NumberUsed from None


def _renumber(payment: Payment) -> Payment:
    """A new number for an order that nobody has seen yet."""
    with locked_payment(payment.pk) as locked:
        if locked.merchant_uid != payment.merchant_uid or locked.imp_uid:
            return locked
        questions = locked.events.filter(kind=EventKind.PREPARE_ASKED, note=locked.merchant_uid)
        if questions.count() > 1:
            # The other of two clicks registered it, and may have a window open with this number.
            return locked
        number = merchant_uid.draw(at=locked.requested_at)
        entry = Entry(
            kind=EventKind.RENUMBERED,
            source=Source.CHECKOUT,
            key=f"renumbered:{number}",
            note=f"{locked.merchant_uid} -> {number}",
            changes={"merchant_uid": number},
        )
        ledger.append(payment=locked, entry=entry)
        return locked


def _apply(payment: Payment, registration: Registration) -> Payment:
    with locked_payment(payment.pk) as locked:
        # The other of two clicks may have been first, with whatever answer it got.
        settled = locked.events.filter(kind=EventKind.PREPARED).exists()
        if registration.problem is None and not settled:
            ledger.append(payment=locked, entry=_prepared(locked))
        if registration.problem and not settled and locked.status == PaymentStatus.READY:
            ledger.append(payment=locked, entry=_not_prepared(registration))
    if registration.problem and not settled:
        raise _error(registration)
    _check_open(locked)
    return locked


def _is_prepared(payment: Payment) -> bool:
    """Whether that could be written down at once: nothing has happened to the order since."""
    with transaction.atomic(durable=True):
        return ledger.append_if_unmoved(payment=payment, entry=_prepared(payment))


def _prepared(payment: Payment) -> Entry:
    return Entry(
        kind=EventKind.PREPARED,
        source=Source.CHECKOUT,
        key="prepared",
        note=payment.merchant_uid,
    )


def _not_prepared(registration: Registration) -> Entry:
    # No window opens, so no money can come in: the order is failed, with the reason.
    return Entry(
        kind=EventKind.FAILED,
        source=Source.CHECKOUT,
        key="failed:prepare",
        reason_code=registration.reason_code,
        note=registration.why,
        changes={
            "status": PaymentStatus.FAILED,
            "failed_at": timezone.now(),
            "fail_reason": clean(str(registration.problem), 255),
        },
    )


def _error(registration: Registration) -> GatewayRefused | GatewayUnavailable:
    kind = GatewayRefused if registration.reason_code == "prepare_refused" else GatewayUnavailable
    return kind(registration.problem)

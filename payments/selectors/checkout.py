"""What customers read: products on sale and their own payments, never anybody else's.

A look-up that may find nothing returns None; an empty id finds nothing. To show customers something
else, add a function here that takes the person whose it must be.
"""

from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import QuerySet

from payments.core.db.lookup import one_or_none, row_where
from payments.models import Payment, Product
from payments.states import EventKind, Source

PAGE_SIZE = 20


@dataclass(frozen=True, slots=True)
class PaymentPage:
    """Some of a person's payments, newest first. `older` is where the next page starts, if any."""

    payments: tuple[Payment, ...]
    older: int | None


def products_on_sale() -> QuerySet[Product]:
    """What the shop offers now."""
    return Product.objects.filter(active=True)


def product_called(slug: str) -> Product | None:
    """The product with this slug, on sale or not."""
    return row_where(Product, slug=slug)


def payment_called(merchant_uid: str) -> Payment | None:
    """The payment with this order number, whoever's it is: for the window's return alone."""
    return one_or_none(_with_product().filter(merchant_uid=merchant_uid))


def own_payment(user: AbstractBaseUser, merchant_uid: str) -> Payment | None:
    """The person's own payment with this order number."""
    return one_or_none(_with_product().filter(user_id=user.pk, merchant_uid=merchant_uid))


def own_attempt(user: AbstractBaseUser, imp_uid: str) -> Payment | None:
    """The person's own payment to which this attempt belongs, as far as we know."""
    return one_or_none(_with_product().filter(user_id=user.pk, imp_uid=imp_uid))


def payment_of_click(user: AbstractBaseUser, checkout_key: str) -> Payment | None:
    """The order that this click on a product page made."""
    return one_or_none(_with_product().filter(user_id=user.pk, checkout_key=checkout_key))


def own_payments(user: AbstractBaseUser, *, before: int | None = None) -> PaymentPage:
    """The newest of the person's payments that are older than the id `before`.

    One row more than the page holds tells whether there are older ones: no count of anything.
    """
    payments = _with_product().filter(user_id=user.pk).order_by("-id")
    if before is not None:
        payments = payments.filter(id__lt=before)
    rows = tuple(payments[: PAGE_SIZE + 1])
    page = rows[:PAGE_SIZE]
    return PaymentPage(page, page[-1].pk if len(rows) > PAGE_SIZE else None)


def was_checked(payment: Payment, *, since: datetime) -> bool:
    """Whether its customer's browser has asked about all attempts since then."""
    asked = payment.events.filter(kind=EventKind.ASKED, source=Source.BROWSER, imp_uid="")
    return asked.filter(recorded_at__gt=since).exists()


def was_asked_by_return(payment: Payment, *, since: datetime) -> bool:
    """Whether the window's return has led to a question since then, whoever called it."""
    asked = payment.events.filter(kind=EventKind.ASKED, source=Source.REDIRECT)
    return asked.filter(recorded_at__gt=since).exists()


def _with_product() -> QuerySet[Payment]:
    return Payment.objects.select_related("product")

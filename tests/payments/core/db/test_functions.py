"""Times as the database works them out are those that its columns hold."""

from datetime import timedelta

import pytest
from django.db import connection

from accounts.models import User
from payments.core.db.functions import Moment
from payments.models import Payment, Product
from tests.payments import builders

ODD = timedelta(milliseconds=120)


@pytest.mark.parametrize("fraction", [timedelta(), ODD, timedelta(microseconds=1)])
def test_a_moment_is_what_the_column_holds(
    customer: User, product: Product, fraction: timedelta
) -> None:
    paid = builders.paid(customer, product)
    Payment.objects.update(paid_at=builders.NOON + fraction)
    names = ("paid_at", "failed_at")
    read = Payment.objects.values_list(*map(Moment, names)).get(pk=paid.pk)
    assert read == Payment.objects.values_list(*names).get() == (builders.NOON + fraction, None)
    assert read[0].utcoffset() == timedelta()


@pytest.mark.postgresql
def test_a_moment_is_the_same_in_every_zone(customer: User, product: Product) -> None:
    paid = builders.paid(customer, product)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL TIME ZONE 'Asia/Kolkata'")
    assert Payment.objects.values_list(Moment("paid_at"), flat=True).get() == paid.paid_at

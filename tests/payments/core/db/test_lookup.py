"""A look-up by what is unique."""

from typing import Any

import pytest
from django.contrib.auth import get_user_model

from accounts.models import User
from payments.core.db.lookup import one_or_none, row_where
from payments.models import Payment, Product
from tests.payments.builders import paid


@pytest.mark.parametrize(("email", "is_there"), [("customer@example.com", True), ("", False)])
def test_it_is_the_row_or_none_and_nothing_is_sorted(
    customer: User, django_assert_num_queries: Any, email: str, is_there: bool
) -> None:
    with django_assert_num_queries(1) as captured:
        row = one_or_none(get_user_model().objects.filter(email=email))
    assert row == (customer if is_there else None)
    assert "ORDER BY" not in captured[0]["sql"]


def test_by_the_values_of_columns_it_is_the_same_row(
    customer: User, product: Product, django_assert_num_queries: Any
) -> None:
    payment = paid(customer, product)
    payment.refresh_from_db()
    with django_assert_num_queries(1):
        row = row_where(Payment, user_id=customer.pk, checkout_key=payment.checkout_key)
    assert row == payment
    for field in Payment._meta.concrete_fields:
        assert getattr(row, field.attname) == getattr(payment, field.attname)
    assert row is not None
    row.save(update_fields=["name"])


@pytest.mark.parametrize("key", ["", "'; --", "%s", "\\"])
def test_where_no_row_holds_them_there_is_none(customer: User, product: Product, key: str) -> None:
    paid(customer, product)
    assert row_where(Payment, user_id=customer.pk, checkout_key=key) is None

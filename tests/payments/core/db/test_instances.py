"""Rows that are made past the model's constructor are what it makes."""

from typing import Any

import pytest
from django.forms.models import model_to_dict

from accounts.models import User
from payments.core.db.instances import new_row, read_rows
from payments.models import Movement, Payment, Product
from tests.payments.builders import ordered, paid

pytestmark = pytest.mark.django_db


def columns(row: Any) -> dict[str, Any]:
    """Every column with its value."""
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}


def test_rows_that_are_read_are_the_models_own(
    customer: User, product: Product, django_assert_num_queries: Any
) -> None:
    paid(customer, product)
    ordered(customer, product)
    with django_assert_num_queries(1):
        rows = read_rows(Payment.objects.order_by("pk"))
    own = list(Payment.objects.order_by("pk"))
    assert rows == own
    assert list(map(columns, rows)) == list(map(columns, own))
    assert rows[0].user == customer


def test_one_that_was_read_is_saved_and_asked_about_like_any_other(
    customer: User, product: Product
) -> None:
    [row] = read_rows(Payment.objects.filter(pk=ordered(customer, product).pk))
    row.pay_method = "trans"
    row.save(update_fields=["pay_method"])
    row.refresh_from_db()
    assert (row.pay_method, row.events.count()) == ("trans", 1)


def test_a_new_row_has_the_columns_defaults(customer: User, product: Product) -> None:
    facts = {"payment_id": ordered(customer, product).pk, "event_sequence": 1, "key": "x"}
    row, own = new_row(Movement, **facts), Movement(**facts)
    assert columns(row) == columns(own)
    assert model_to_dict(row) == model_to_dict(own)
    assert row._state.adding
    assert row._state.db is None

"""Rows by a list of ids, of numbers or of texts."""

from typing import Any

import pytest

from accounts.models import User
from payments.core.db.among import among
from payments.models import Payment, PaymentEvent, Product
from tests.payments.builders import ordered, paid

pytestmark = pytest.mark.django_db


def test_rows_are_found_by_their_ids_their_texts_and_what_they_refer_to(
    customer: User, product: Product
) -> None:
    one, other, third = paid(customer, product), paid(customer, product), ordered(customer, product)
    assert set(Payment.objects.filter(among("pk", [one.pk, third.pk, 0]))) == {one, third}
    numbers = [str(one.imp_uid), str(other.imp_uid), "imp_'); --", '{"\\"}', ""]
    assert set(Payment.objects.filter(among("imp_uid", numbers))) == {one, other}
    events = PaymentEvent.objects.filter(among("payment", {third.pk}))
    assert events.get().payment == third


def test_it_goes_with_other_conditions(customer: User, product: Product) -> None:
    one, other = paid(customer, product), ordered(customer, product)
    rows = Payment.objects.filter(among("pk", [one.pk, other.pk]), status="paid")
    assert rows.get() == one
    assert Payment.objects.exclude(among("pk", [one.pk])).get() == other


def test_a_longer_text_is_not_cut_to_fit_the_column(customer: User, product: Product) -> None:
    payment = paid(customer, product, merchant_uid="m" * 40)
    longer = [f"{payment.merchant_uid}m"]
    assert not Payment.objects.filter(among("merchant_uid", longer)).exists()


def test_of_nothing_there_is_nothing_to_ask(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        assert list(Payment.objects.filter(among("pk", []))) == []

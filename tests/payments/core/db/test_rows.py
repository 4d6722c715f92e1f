"""Rows written many at once come back exactly as they were given."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import User
from payments.core.db.rows import insert_rows, next_id, update_row, update_rows
from payments.models import ItemOutcome, Payment, Product, VerificationItem, VerificationRun
from tests.payments.builders import ordered, paid

pytestmark = pytest.mark.django_db

WHEN = datetime(2026, 3, 1, 14, 59, 59, 123_456, tzinfo=UTC)
FIELDS = ("outcome", "attempts", "error", "settled_at")
TEXTS = (
    "",
    "plain",
    "'); DROP TABLE x; --",
    '{"a": "\\u0000"}',
    "50 % of \\ and %s",
    "결제 🎉\n\t",
)


@pytest.fixture
def items(customer: User, product: Product) -> list[VerificationItem]:
    """Payments of a run, all still to do, as many as there are texts."""
    run = VerificationRun.objects.create(requested_at=timezone.now(), total=len(TEXTS))
    return [
        VerificationItem.objects.create(run=run, payment=paid(customer, product), error="before")
        for _text in TEXTS
    ]


def stored() -> list[tuple[Any, ...]]:
    return list(VerificationItem.objects.order_by("pk").values_list(*FIELDS))


def test_each_row_gets_its_own_values_to_the_letter_and_the_microsecond(
    items: list[VerificationItem],
) -> None:
    wanted = [
        (ItemOutcome.DIFFERS, number, text, WHEN + timedelta(microseconds=number))
        for number, text in enumerate(TEXTS)
    ]
    for item, values in zip(items, wanted, strict=True):
        item.outcome, item.attempts, item.error, item.settled_at = values
    update_rows(rows=items, fields=FIELDS)
    assert stored() == wanted


def test_rows_alike_and_rows_of_their_own_are_told_apart(items: list[VerificationItem]) -> None:
    for item in items:
        item.outcome, item.attempts, item.error, item.settled_at = "agrees", 1, "", WHEN
    items[2].error, items[2].settled_at = "a word of its own", None
    update_rows(rows=items, fields=FIELDS)
    alike = ("agrees", 1, "", WHEN)
    assert stored() == [alike, alike, ("agrees", 1, "a word of its own", None), *[alike] * 3]


def test_only_the_named_fields_and_the_given_rows_are_written(
    items: list[VerificationItem],
) -> None:
    for item in items:
        item.outcome, item.attempts, item.error = "agrees", 7, "not asked for"
    update_rows(rows=items[:4], fields=("attempts",))
    update_rows(rows=[], fields=FIELDS)
    assert stored() == [("waiting", 7, "before", None)] * 4 + [("waiting", 0, "before", None)] * 2


def test_rows_alike_cost_one_statement_however_many(
    items: list[VerificationItem], django_assert_num_queries: Any
) -> None:
    for item in items:
        item.outcome = "agrees"
    with django_assert_num_queries(1):
        update_rows(rows=items, fields=FIELDS)


def test_one_row_is_written_only_while_the_other_field_holds_what_was_read(
    customer: User, product: Product
) -> None:
    payment, other = paid(customer, product), paid(customer, product)
    read = payment.version
    payment.name, payment.version = "50 % of \\ 결제", read + 1
    fields = ("name", "version")
    assert update_row(row=payment, fields=fields, where="version", holds=read)
    payment.name = "too late"
    assert not update_row(row=payment, fields=fields, where="version", holds=read)
    payment.refresh_from_db()
    assert (payment.name, payment.version) == ("50 % of \\ 결제", read + 1)
    other.refresh_from_db()
    assert other.name == product.name


def test_a_row_is_inserted_with_the_id_that_was_drawn_and_the_next_gets_another(
    customer: User, product: Product
) -> None:
    before = ordered(customer, product)
    drawn = next_id(Payment)
    fields = {name: getattr(before, name) for name in ("name", "amount", "requested_at")}
    rows = [
        Payment(pk=drawn, merchant_uid="one", checkout_key="one", user=customer, **fields),
        Payment(
            pk=next_id(Payment) + 1, merchant_uid="two", checkout_key="", imp_uid=None, **fields
        ),
    ]
    insert_rows(rows=rows, with_ids=True)
    assert drawn > before.pk
    assert Payment.objects.get(merchant_uid="one").pk == drawn
    assert Payment.objects.get(merchant_uid="two").imp_uid is None
    with pytest.raises(IntegrityError), transaction.atomic():
        insert_rows(rows=[rows[0]], with_ids=True)


def test_the_first_id_of_an_empty_table_can_be_drawn(db: None) -> None:
    assert next_id(Payment) > 0

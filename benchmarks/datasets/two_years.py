"""Two years of a shop, 10 thousand to a million payments: for benchmarks and tests of large books.

`write` streams them into the database, payments with events and movements in the form in which the
ledger writes them: events are numbered and hashed by `ledger.write`, what follows from an answer is
decided by `services.verification`. So `audit_ledger` holds, and what the product learns to keep of
an answer is kept here, too. The same arguments give the same rows in a database that is as fresh.

To let something else happen to an order: a function in `orders`, and its line in `STORIES`.
"""

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache, partial
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractUser
from django.core.management.color import no_style
from django.db import connection, transaction

from payments.core.db.processes import pool
from payments.core.db.rows import insert_rows
from payments.core.kst import end_of, start_of
from payments.models import Payment, Product
from payments.services.discrepancies.cases import keep_all

from .orders import FAMILIES, GIVEN, Order, Shop

DAYS = 730
# How often a customer comes: as many more of them as there are payments.
PAYMENTS_A_CUSTOMER = 5
# Payments of one transaction; so many are in memory at once.
PIECE = 1_000
PRODUCTS = (
    ("seed-month", "이용권 1개월", 9_900),
    ("seed-ebook", "전자책", 15_000),
    ("seed-year", "이용권 1년", 99_000),
    ("seed-team", "팀 이용권", 390_000),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How many payments, on which Korean days, from which seed.

    Of so many `customers`; by itself of one for five payments.
    Numbered from `first_id` on; by itself from the next that is free.
    """

    size: int
    last_day: date
    days: int = DAYS
    seed: int = 1
    customers: int | None = None
    first_id: int | None = None

    @property
    def end(self) -> datetime:
        """What would come later has not happened yet."""
        return end_of(self.last_day)

    @property
    def begin(self) -> datetime:
        """The first moment of the first day."""
        return start_of(self.last_day - timedelta(days=self.days - 1))


def write(plan: Plan, *, processes: int = 1) -> None:
    """All of it. In one process the rows' own ids are the same each time, too.

    Several processes need a database server, and no transaction of the caller's.
    """
    first_id, shop = plan.first_id or _next_id(), _shop(plan)
    if processes > 1:
        with pool(processes) as workers:
            for _none in workers.map(partial(_write_piece, plan, first_id), _pieces(plan)):
                pass
    else:
        for piece in _pieces(plan):
            _write(shop, first_id, piece)
    _set_next_id()


def _shop(plan: Plan) -> Shop:
    return Shop(
        customers=_customers(plan.customers or plan.size // PAYMENTS_A_CUSTOMER + 1),
        products=_products(),
        begin=plan.begin,
        end=plan.end,
        step=(plan.end - plan.begin) / plan.size,
        seed=plan.seed,
    )


def _pieces(plan: Plan) -> Iterator[range]:
    numbers = range(plan.size)
    for first in range(0, plan.size, PIECE):
        yield numbers[first : first + PIECE]


# Of a process that writes a part: so many customers are too many to hand over with each piece.
_shop_of_process = cache(_shop)


def _write_piece(plan: Plan, first_id: int, numbers: range) -> None:
    _write(_shop_of_process(plan), first_id, numbers)


def _write(shop: Shop, first_id: int, numbers: range) -> None:
    orders = [Order(shop, first_id + number, number).happened() for number in numbers]
    with transaction.atomic():
        insert_rows(rows=[order.payment for order in orders], with_ids=True)
        insert_rows(rows=[event for order in orders for event in order.events])
        insert_rows(rows=[movement for order in orders for movement in order.movements])
        keep_all(looks=[look for order in orders for look in order.looks.values()])


class Customers(Sequence[AbstractUser]):
    """People by their number, made when they are asked for: a million would not fit in memory."""

    def __init__(self, ids: Sequence[int]) -> None:
        self._ids = ids

    def __len__(self) -> int:
        return len(self._ids)

    def __getitem__(self, number: Any) -> Any:
        person = _customer(number)
        person.pk = self._ids[number]
        return person


def _customer(number: int) -> Any:
    name = f"seed-{number + 1:07d}"
    return get_user_model()(
        username=name,
        email=f"{name}@example.com",
        last_name=FAMILIES[number % len(FAMILIES)],
        first_name=GIVEN[number // len(FAMILIES) % len(GIVEN)],
    )


def _customers(count: int) -> Customers:
    """So many of them, in the order of their numbers; those that are missing are made."""
    people = get_user_model().objects
    seeded = people.filter(username__startswith="seed-").order_by("username")
    there = seeded.count()
    people.bulk_create(map(_customer, range(there, count)), batch_size=PIECE)
    return Customers(array("q", seeded.values_list("pk", flat=True)[:count]))


def _products() -> list[Product]:
    return [
        Product.objects.get_or_create(slug=slug, defaults={"name": name, "price": price})[0]
        for slug, name, price in PRODUCTS
    ]


def _next_id() -> int:
    newest = Payment.objects.order_by("-pk").first()
    return newest.pk + 1 if newest else 1


def _set_next_id() -> None:
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), [Payment]):
            cursor.execute(statement)

"""Payments older than the newest million, by SQL alone: ten million take minutes, not hours.

Each block of them is the newest block once more, some days earlier: orders, movements, customers of
their own. Of events they have one for each day, which tells the job that folds sums that the day
has orders. So what lists, sums and exports read is there, and what the audit reads is not.
PostgreSQL alone.
"""

from django.contrib.auth import get_user_model
from django.core.management.color import no_style
from django.db import connection
from django.db.models import DateField, DateTimeField, Max, Min, Model

from payments.models import Movement, Payment, PaymentEvent

# SQL around a column, by the column's name; {} stands for the column.
Changed = dict[str, str]
_KOREAN_DAY = "({} AT TIME ZONE 'Asia/Seoul')::date"


def write(*, blocks: int, days: int) -> None:
    """So many blocks of so many days before what is there, which leaves room for their ids."""
    buyers = get_user_model().objects.filter(payments__isnull=False).aggregate(Min("pk"), Max("pk"))
    people = range(buyers["pk__min"], buyers["pk__max"] + 1)
    edges = Payment.objects.aggregate(Min("pk"), Max("pk"))
    payments = range(edges["pk__min"], edges["pk__max"] + 1)
    for block in range(1, blocks + 1):
        _write_people(block, people)
        _write_block(block, payments, days=block * days, people=block * len(people))
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), [get_user_model(), Payment]):
            cursor.execute(statement)


def _write_people(block: int, people: range) -> None:
    changed = {
        "id": f"{{}} + {block * len(people)}",
        "username": f"{{}} || '-{block}'",
        "email": f"replace({{}}, '@', '-{block}@')",
    }
    _copy(get_user_model(), changed, f"id BETWEEN {people[0]} AND {people[-1]}")


def _write_block(block: int, payments: range, *, days: int, people: int) -> None:
    """The newest block's payments, `days` earlier, of customers with ids so much higher."""
    fewer = block * len(payments)
    begin = f"{{}} - interval '{days} days'"
    of_payment = {
        "id": f"{{}} - {fewer}",
        "user_id": f"{{}} + {people}",
        "merchant_uid": f"to_char(({begin.format('requested_at')}) AT TIME ZONE 'Asia/Seoul', "
        "'YYYYMMDD') || substr({}, 9)",
        "imp_uid": f"left({{}}, 5) || lpad((id - {fewer})::text, 11, '0')",
        "checkout_key": f"'seed-' || id - {fewer}",
    }
    _copy(Payment, of_payment | _earlier(Payment, days), f"id >= {payments[0]}")
    of_row = {"payment_id": f"{{}} - {fewer}"}
    attempt = {"imp_uid": f"left({{}}, 5) || lpad((payment_id - {fewer})::text, 11, '0')"}
    newest = f"payment_id >= {payments[0]}"
    _copy(Movement, of_row | attempt | _earlier(Movement, days), newest)
    one_a_day = (
        f"SELECT min(id) FROM {Payment._meta.db_table} WHERE id >= {payments[0]} "
        f"GROUP BY {_KOREAN_DAY.format('requested_at')}"
    )
    first = f"sequence = 1 AND payment_id IN ({one_a_day})"
    _copy(PaymentEvent, of_row | _earlier(PaymentEvent, days), first)


def _earlier(model: type[Model], days: int) -> Changed:
    """All its moments and days."""
    fields = [field for field in model._meta.concrete_fields if isinstance(field, DateField)]
    return {
        str(field.column): f"{{}} - interval '{days} days'"
        if isinstance(field, DateTimeField)
        else f"{{}} - {days}"
        for field in fields
    }


def _copy(model: type[Model], changed: Changed, where: str) -> None:
    """These rows once more; without an id of their own in `changed`, with the next ones."""
    columns = [str(field.column) for field in model._meta.concrete_fields]
    columns = [name for name in columns if name != "id" or name in changed]
    names = ", ".join(f'"{name}"' for name in columns)
    values = ", ".join(changed.get(name, "{}").format(f'"{name}"') for name in columns)
    table = model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {table} ({names}) SELECT {values} FROM {table} WHERE {where}")

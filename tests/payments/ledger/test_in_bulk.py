"""Many rows at once are the same rows, to the last hash, as one after the other."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from django.db import transaction

from accounts.models import User
from benchmarks.datasets.answers import money_of, told
from payments import ledger
from payments.ledger import Entry, event_hash
from payments.models import Movement, Payment, PaymentEvent, Product
from payments.services.ledger_audit import problems_of
from payments.states import EventKind, PaymentStatus, Source, Verification
from tests.payments.builders import NOON, ordered

pytestmark = pytest.mark.django_db

PAID_AT = datetime(2026, 4, 1, 2, 59, 59, 123_456, tzinfo=UTC)
# What a COPY, JSON or a mask might trip over.
AWKWARD: tuple[dict[str, Any], ...] = (
    {},
    {"name": "탭\t줄\n역슬래시 \\ \\N '따옴표' \"둘\"", "promotion": None, "is_new": True},
    {"buyer_name": "홍길동", "buyer_tel": "010-1234-5678", "cancel_reason": "홍길동님 요청"},
    {"card_number": "9410123456789012", "custom_data": '{"a": "\\u0000"}', "card_quota": 0},
    {"fail_reason": "\x00 \ud800 🎉", "user_agent": "", "escrow": True, "unknown": [1, {"b": 2}]},
)

Writes = list[tuple[Payment, list[Entry]]]


def entries(payment: Payment, operator: User, more: dict[str, Any]) -> list[Entry]:
    """An approval with its money, what a run says again, and a person's note."""
    imp_uid = f"imp_{payment.pk:012d}"
    answer = told(payment, imp_uid=imp_uid, paid_at=PAID_AT)
    changes = {"status": PaymentStatus.PAID, "imp_uid": imp_uid, "paid_at": PAID_AT}
    return [
        Entry(
            kind=EventKind.PAID,
            source=Source.WEBHOOK,
            key="paid",
            amount=payment.amount,
            imp_uid=imp_uid,
            changes=changes | {"vbank_holder": "홍길동", "card_quota": 0, "escrow": True},
            aside={"buyer_name": "홍\\길동"},
            answer=answer | more,
            movements=money_of(answer),
        ),
        Entry(
            kind=EventKind.CONFIRMED,
            source=Source.RUN,
            key="confirmed:run-1",
            actor=operator,
            imp_uid=imp_uid,
            changes={"verification": Verification.MATCHED, "verified_at": NOON},
            answer=answer | more,
        ),
        Entry(kind=EventKind.NOTE, source=Source.ADMIN, key="n", actor=operator, note="\\N\t🎉\n"),
    ]


def one_by_one(writes: Writes) -> None:
    for payment, rows in writes:
        for entry in rows:
            ledger.append(payment=payment, entry=entry)


def at_once(writes: Writes) -> None:
    ledger.append_many(writes=writes)


def book_after(write: Callable[[Writes], None], ids: list[int], operator: User) -> list[Any]:
    """What stands after it, without ids; then it is undone."""
    with transaction.atomic(), time_machine.travel(NOON, tick=False):
        payments = list(Payment.objects.filter(pk__in=ids).order_by("pk"))
        pairs = zip(payments, AWKWARD, strict=True)
        write([(payment, entries(payment, operator, more)) for payment, more in pairs])
        for payment in Payment.objects.filter(pk__in=ids):
            assert list(problems_of(payment)) == []
        assert all(event.hash == event_hash(event) for event in PaymentEvent.objects.all())
        book = [rows_of(PaymentEvent), rows_of(Movement), list(Payment.objects.values())]
        transaction.set_rollback(True)
    return book


def rows_of(model: type[PaymentEvent | Movement]) -> list[dict[str, Any]]:
    rows = model._default_manager.order_by("payment", "pk").values()
    return [{name: value for name, value in row.items() if name != "id"} for row in rows]


def test_the_same_rows_hashes_and_projections(
    customer: User, operator: User, product: Product
) -> None:
    ids = [ordered(customer, product).pk for _more in AWKWARD]
    book = book_after(at_once, ids, operator)
    assert book == book_after(one_by_one, ids, operator)
    assert len(book[0]) == 4 * len(AWKWARD)
    assert len(book[1]) == len(AWKWARD)

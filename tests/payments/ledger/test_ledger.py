"""The ledger: append-only on four levels, chained, and the payment follows from it."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from accounts.models import User
from benchmarks.datasets.answers import money_of, told
from payments import ledger
from payments.core.db.append_only import AppendOnlyError
from payments.ledger import Entry, IllegalMove
from payments.locks import locked_payment
from payments.models import Payment, PaymentEvent, Product
from payments.services.ledger_audit import problems_of
from payments.states import OF_CUSTOMERS, EventKind, PaymentStatus, Source
from tests.payments.conftest import kinds

PAID_AT = datetime(2022, 11, 29, 3, 15, 57, tzinfo=UTC)


def order(user: User, product: Product, number: str = "20260401AAAAAAAAAAAA") -> Payment:
    """An order that no gateway knows of."""
    payment = Payment(
        merchant_uid=number,
        checkout_key=number,
        user=user,
        product=product,
        name=product.name,
        amount=product.price,
        requested_at=PAID_AT,
    )
    with transaction.atomic():
        return ledger.open_order(payment=payment, source=Source.CHECKOUT, actor=user)


def record(payment: Payment, kind: EventKind, key: str, **fields: Any) -> PaymentEvent:
    """One row, under the lock."""
    with locked_payment(payment.pk) as locked:
        entry = Entry(kind=kind, key=key, **({"source": Source.COMMAND} | fields))
        return ledger.append(payment=locked, entry=entry)


@pytest.fixture
def unpaid(customer: User, product: Product) -> Payment:
    return order(customer, product)


@pytest.fixture
def paid(unpaid: Payment) -> Payment:
    changes = {"status": PaymentStatus.PAID, "imp_uid": "imp_1", "paid_at": PAID_AT}
    answer = told(unpaid, imp_uid="imp_1", paid_at=PAID_AT)
    record(
        unpaid,
        EventKind.PAID,
        "paid:imp_1",
        amount=unpaid.amount,
        changes=changes,
        answer=answer,
        movements=money_of(answer),
    )
    unpaid.refresh_from_db()
    return unpaid


class TestWriting:
    def test_an_order_begins_with_its_first_event(self, unpaid: Payment) -> None:
        event = unpaid.events.get()
        assert (event.sequence, event.kind, event.status_before) == (1, "ordered", "")
        assert event.changes["amount"] == 99_000
        assert list(problems_of(unpaid)) == []

    def test_the_payment_moves_with_its_event(self, paid: Payment) -> None:
        assert paid.is_paid
        assert paid.version == 2
        assert kinds(paid) == ["ordered", "paid"]
        assert list(problems_of(paid)) == []

    def test_a_move_that_the_table_does_not_know_changes_nothing(self, paid: Payment) -> None:
        with pytest.raises(IllegalMove):
            record(paid, EventKind.FAILED, "x", changes={"status": PaymentStatus.FAILED})
        paid.refresh_from_db()
        assert paid.is_paid
        assert kinds(paid) == ["ordered", "paid"]

    def test_the_same_fact_is_written_once(self, paid: Payment) -> None:
        with pytest.raises(IntegrityError):
            record(paid, EventKind.PAID, "paid:imp_1")
        assert kinds(paid) == ["ordered", "paid"]

    def test_the_actors_name_is_a_copy(self, unpaid: Payment, operator: User) -> None:
        event = record(unpaid, EventKind.ASKED, "asked", actor=operator)
        operator.email = "renamed@example.com"
        operator.save()
        assert PaymentEvent.objects.get(pk=event.pk).actor_name == "operator@example.com"

    @pytest.mark.parametrize("source", sorted(OF_CUSTOMERS))
    def test_a_customers_name_is_on_no_row_for_good(
        self, unpaid: Payment, customer: User, source: Source
    ) -> None:
        event = record(unpaid, EventKind.ASKED, "asked", actor=customer, source=source)
        assert (event.actor, event.actor_name) == (customer, "")
        [*rows] = PaymentEvent.objects.values()
        assert customer.email not in str(rows)

    @pytest.mark.django_db(transaction=True)
    def test_it_is_written_inside_a_transaction_only(
        self, customer: User, product: Product
    ) -> None:
        payment = order(customer, product)
        with pytest.raises(RuntimeError, match="transaction"):
            ledger.append(
                payment=payment,
                entry=Entry(kind=EventKind.ASKED, source=Source.COMMAND, key="asked"),
            )

    def test_who_holds_an_account_stands_masked_in_the_row_and_whole_on_the_payment(
        self, unpaid: Payment
    ) -> None:
        changes = {"vbank_holder": "홍길동상점", "vbank_num": "56211105948400"}
        event = record(unpaid, EventKind.VBANK_ISSUED, "vbank_issued:imp_1", changes=changes)
        assert event.changes == changes | {"vbank_holder": "홍길***상점"}
        unpaid.refresh_from_db()
        assert unpaid.vbank_holder == "홍길동상점"
        assert list(problems_of(unpaid)) == []

    def test_a_row_of_before_that_holds_the_name_whole_still_gives_the_payment(self) -> None:
        for holder in ("홍길동상점", "홍길동", ""):
            event = PaymentEvent(changes={"vbank_holder": holder})
            rebuilt = ledger.rebuilt([event])["vbank_holder"]
            assert rebuilt == ledger.encode({"vbank_holder": holder})["vbank_holder"]

    def test_text_that_no_database_takes_is_cleaned(self, unpaid: Payment) -> None:
        event = record(unpaid, EventKind.UNKNOWN, "x", note="a\x00b\ud800c")
        assert PaymentEvent.objects.get(pk=event.pk).note == "abc"


CHANGES: list[Callable[[PaymentEvent], object]] = [
    lambda event: event.save(),
    lambda event: event.delete(),
    lambda event: PaymentEvent.objects.all().delete(),
    lambda event: PaymentEvent.objects.update(note="x"),
    lambda event: PaymentEvent.objects.bulk_update([event], ["note"]),
    lambda event: event.payment.events.update(note="x"),
]
RAW_SQL = [
    "UPDATE payments_paymentevent SET note = 'x'",
    "DELETE FROM payments_paymentevent",
]
# SQLite has no TRUNCATE: it is a DELETE there.
TRUNCATE = ["TRUNCATE payments_paymentevent CASCADE"]


class TestWithoutALock:
    """`append_if_unmoved`: who has just read a payment writes to it at once, or not at all."""

    ENTRY = Entry(kind=EventKind.ASKED, source=Source.COMMAND, key="asked:1")

    def append(self, payment: Payment) -> bool:
        with transaction.atomic():
            return ledger.append_if_unmoved(payment=payment, entry=self.ENTRY)

    def test_a_payment_as_it_was_read_gets_its_row(self, unpaid: Payment) -> None:
        assert self.append(unpaid)
        assert kinds(unpaid) == ["ordered", "asked"]
        assert unpaid.version == 2
        assert list(problems_of(Payment.objects.get())) == []

    def test_one_that_has_moved_on_gets_none_and_keeps_what_was_read(self, unpaid: Payment) -> None:
        record(unpaid, EventKind.NOTE, "note:1", note="meanwhile")
        read = (unpaid.version, unpaid.head_hash)
        assert not self.append(unpaid)
        assert kinds(unpaid) == ["ordered", "note"]
        assert (unpaid.version, unpaid.head_hash) == read
        assert list(problems_of(Payment.objects.get())) == []

    def test_a_move_that_the_table_does_not_know_changes_nothing(self, paid: Payment) -> None:
        wrong = Entry(
            kind=EventKind.FAILED,
            source=Source.COMMAND,
            key="failed",
            changes={"status": PaymentStatus.FAILED},
        )
        with pytest.raises(IllegalMove), transaction.atomic():
            ledger.append_if_unmoved(payment=paid, entry=wrong)
        assert paid.is_paid
        assert kinds(paid) == ["ordered", "paid"]

    @pytest.mark.django_db(transaction=True)
    def test_of_many_at_the_same_time_one_writes(self, customer: User, product: Product) -> None:
        payment = order(customer, product)
        barrier, wrote = threading.Barrier(4), []

        def write(number: int) -> None:
            mine = Payment.objects.get(pk=payment.pk)
            entry = Entry(kind=EventKind.ASKED, source=Source.COMMAND, key=f"asked:{number}")
            barrier.wait()
            with transaction.atomic():
                wrote.append(ledger.append_if_unmoved(payment=mine, entry=entry))
            connection.close()

        threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(wrote) == [False, False, False, True]
        assert kinds(payment) == ["ordered", "asked"]
        assert list(problems_of(Payment.objects.get())) == []


class TestAppendOnly:
    @pytest.mark.parametrize("change", CHANGES)
    def test_the_model_refuses_every_change(
        self, unpaid: Payment, change: Callable[[PaymentEvent], object]
    ) -> None:
        with pytest.raises(AppendOnlyError):
            change(unpaid.events.get())

    @pytest.mark.django_db(transaction=True)
    def test_the_database_refuses_raw_sql(self, customer: User, product: Product) -> None:
        unpaid = order(customer, product)
        for sql in RAW_SQL + (TRUNCATE if connection.vendor == "postgresql" else []):
            with (
                pytest.raises(DatabaseError, match="append-only"),
                connection.cursor() as cursor,
            ):
                cursor.execute(sql)
        assert unpaid.events.get().note == ""

    def test_people_and_payments_are_protected(self, unpaid: Payment, customer: User) -> None:
        with pytest.raises(DatabaseError):
            customer.delete()
        with pytest.raises(DatabaseError):
            unpaid.delete()


class TestConstraints:
    @pytest.mark.parametrize(
        "fields",
        [
            {"amount": 0},
            {"amount": -1},
            {"cancelled_amount": -1},
            {"cancelled_amount": 99_001},
            {"imp_uid": ""},
            {"status": "paid"},
            {"status": "paid", "imp_uid": "imp_1"},
            {"status": "cancelled", "imp_uid": "imp_1"},
        ],
    )
    def test_the_database_refuses_impossible_payments(
        self, unpaid: Payment, fields: dict[str, object]
    ) -> None:
        with pytest.raises(IntegrityError), transaction.atomic():
            Payment.objects.filter(pk=unpaid.pk).update(**fields)

    def test_a_payment_of_the_gateway_belongs_to_one_order(
        self, paid: Payment, customer: User, product: Product
    ) -> None:
        other = order(customer, product, "20260401BBBBBBBBBBBB")
        with pytest.raises(IntegrityError), transaction.atomic():
            Payment.objects.filter(pk=other.pk).update(imp_uid="imp_1")

    def test_a_look_up_by_an_empty_id_finds_nothing(self, unpaid: Payment) -> None:
        assert not Payment.objects.filter(imp_uid="").exists()


ENTRIES = st.lists(
    st.tuples(
        st.sampled_from([EventKind.ASKED, EventKind.CONFIRMED, EventKind.UNKNOWN]),
        st.text(max_size=20),
        st.dictionaries(
            st.sampled_from(["fail_reason", "pay_method", "apply_num"]),
            st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=10),
        ),
    ),
    max_size=6,
)


class TestProjection(TestCase):
    """Whatever is appended, the events alone give the payment, and the audit holds."""

    @given(entries=ENTRIES)
    @settings(max_examples=25, deadline=None)
    def test_the_payment_can_be_rebuilt_from_its_events(
        self, entries: list[tuple[EventKind, str, dict[str, str]]]
    ) -> None:
        user = User.objects.create_user("buyer")
        product = Product.objects.create(slug="p", name="p", price=1000)
        payment = order(user, product)
        for number, (kind, note, changes) in enumerate(entries):
            record(payment, kind, f"key-{number}", note=note, changes=changes)
        payment = Payment.objects.get(pk=payment.pk)
        assert ledger.rebuilt(payment.events.all()) == ledger.projection(payment)
        assert list(problems_of(payment)) == []

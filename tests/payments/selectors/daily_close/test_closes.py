"""What has moved since a day was closed: by how much, through which payments, and what it costs."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from payments import ledger
from payments.core.kst import end_of, start_of
from payments.ledger import Entry
from payments.models import DailyClose, Payment, Product
from payments.selectors.daily_close import closes as selector
from payments.selectors.daily_close.closes import drift, figures_by_day, moved, moved_lately
from payments.selectors.daily_close.lines import (
    Figures,
    Line,
    Sums,
    figures_of_lines,
    lines_of,
    payments_of,
)
from payments.selectors.payments.totals import totals
from payments.services.daily_close.close import close_day
from payments.states import EventKind, PaymentStatus, Source
from tests.payments import builders

MARCH_31, APRIL_1 = date(2026, 3, 31), date(2026, 4, 1)
NOW = datetime(2026, 4, 1, 21, tzinfo=UTC)


@pytest.fixture(autouse=True)
def morning(time_machine: Any) -> None:
    """The first of April is over in Korea."""
    time_machine.move_to(NOW)


def closed(actor: User, *days: date) -> list[DailyClose]:
    return [close_day(day=day, actor=actor) for day in days]


def happened(payment: Payment, kind: EventKind, **changes: Any) -> None:
    with transaction.atomic():
        entry = Entry(kind=kind, source=Source.SWEEP, key=f"{kind}:late", changes=changes)
        ledger.append(payment=payment, entry=entry)


def refund(payment: Payment, amount: int) -> None:
    happened(
        payment,
        EventKind.CANCELLED,
        status=PaymentStatus.CANCELLED,
        cancelled_amount=amount,
        cancelled_at=NOW,
    )


# --- One day ---------------------------------------------------------------------------------


def test_a_day_on_which_nothing_moved_has_no_drift(
    finance: User, customer: User, product: Product
) -> None:
    builders.paid(customer, product)
    [close] = closed(finance, APRIL_1)
    builders.paid(customer, product, at=end_of(APRIL_1))  # another day's
    builders.ordered(customer, product)
    drifted = drift(close)
    assert not drifted
    assert (drifted.difference, drifted.causes) == (Sums(), [])
    assert drifted.then == drifted.now == figures_of_lines(close.lines)


def test_a_late_refund_moves_the_day_of_its_payment(
    finance: User, customer: User, product: Product
) -> None:
    payment, other = builders.paid(customer, product), builders.paid(customer, product)
    [close] = closed(finance, APRIL_1)
    refund(payment, 9_000)
    drifted = drift(close)
    assert drifted.difference == Sums(0, 0, 9_000)
    assert (drifted.then.sums.net, drifted.now.sums.net) == (198_000, 189_000)
    [cause] = drifted.causes
    assert (cause.imp_uid, cause.payment.merchant_uid) == (payment.imp_uid, payment.merchant_uid)
    assert cause.payment.pk == payment.pk != other.pk
    assert payment.imp_uid is not None
    assert cause.before == Line(payment.imp_uid, 99_000, 0, "paid", "card", "html5_inicis")
    assert cause.after == Line(payment.imp_uid, 99_000, 9_000, "cancelled", "card", "html5_inicis")


def test_a_payment_that_is_found_later_is_added(
    finance: User, customer: User, product: Product
) -> None:
    [close] = closed(finance, APRIL_1)
    late = builders.paid(customer, product, at=end_of(APRIL_1) - timedelta(seconds=1))
    drifted = drift(close)
    assert drifted.difference == Sums(1, 99_000, 0)
    [cause] = drifted.causes
    assert (cause.before, cause.payment.pk) == (None, late.pk)


def test_a_late_approval_of_a_failed_order_is_added(
    finance: User, customer: User, product: Product
) -> None:
    failed = builders.failed(customer, product)
    [close] = closed(finance, APRIL_1)
    happened(
        failed,
        EventKind.PAID,
        status=PaymentStatus.PAID,
        imp_uid="imp_late",
        paid_at=builders.NOON,
        late_approval=True,
    )
    [cause] = drift(close).causes
    assert (cause.imp_uid, cause.payment.pk, cause.before) == ("imp_late", failed.pk, None)


def test_a_payment_that_moved_to_another_day_is_gone(
    finance: User, customer: User, product: Product
) -> None:
    payment = builders.paid(customer, product)
    [close] = closed(finance, APRIL_1)
    Payment.objects.filter(pk=payment.pk).update(paid_at=start_of(MARCH_31))
    drifted = drift(close)
    assert drifted.difference == Sums(-1, -99_000, 0)
    [cause] = drifted.causes
    assert (cause.after, cause.payment.pk) == (None, payment.pk)


def test_what_does_not_move_the_sums_is_still_named(
    finance: User, customer: User, product: Product
) -> None:
    payment = builders.paid(customer, product)
    [close] = closed(finance, APRIL_1)
    Payment.objects.filter(pk=payment.pk).update(pay_method="kakaopay")
    drifted = drift(close)
    assert drifted.difference == Sums()
    assert [cause.payment.pk for cause in drifted.causes] == [payment.pk]
    assert drifted.now.by_method == {"kakaopay": Sums(1, 99_000, 0)}


def test_a_line_is_read_back_as_it_was_written(customer: User, product: Product) -> None:
    payment = builders.paid(customer, product)
    for method in ("card", "", "two words", "-", "신용 카드\n", "%20"):
        Payment.objects.filter(pk=payment.pk).update(pay_method=method)
        [line] = map(Line.read, lines_of(APRIL_1).splitlines())
        assert line.pay_method == ("" if method == "-" else method)


# --- Many days -------------------------------------------------------------------------------


@pytest.mark.usefixtures("server_zone")
def test_the_figures_of_many_days_are_those_of_each(customer: User, product: Product) -> None:
    for day in (MARCH_31, APRIL_1):
        for at in (start_of(day), end_of(day) - timedelta(seconds=1)):
            builders.paid(customer, product, at=at, amount=day.day * 1_000)
        builders.refunded(customer, product, at=start_of(day), refund=500, pay_method="trans")
    by_day = figures_by_day(MARCH_31 - timedelta(days=3), APRIL_1)
    assert list(by_day) == [MARCH_31, APRIL_1]
    for day, figures in by_day.items():
        assert figures == figures_of_lines(lines_of(day))
        listed = totals(payments_of(day))
        assert figures.sums == Sums(listed.count, listed.gross, listed.refunded)
    assert sum(by_day.values(), Figures()).sums.count == 6


@pytest.mark.usefixtures("server_zone")
def test_the_cheap_look_finds_the_days_that_moved_and_by_how_much(
    finance: User, customer: User, product: Product
) -> None:
    days = [APRIL_1 - timedelta(days=number) for number in range(5, -1, -1)]
    payments = {
        day: builders.paid(customer, product, at=start_of(day) + timedelta(minutes=5))
        for day in days
    }
    closed(finance, *days)
    assert moved_lately() == {}
    refund(payments[days[0]], 9_000)
    builders.paid(customer, product, at=end_of(days[3]) - timedelta(seconds=1))
    expected = {days[0]: Sums(0, 0, 9_000), days[3]: Sums(1, 99_000, 0)}
    assert moved_lately() == expected
    # Days apart from each other: none of those between is mistaken for one of them.
    some = DailyClose.objects.filter(day__in=[days[0], days[3], days[5]])
    assert moved(some) == expected
    assert {close.day: drift(close).difference for close in some} == expected | {days[5]: Sums()}


def test_only_the_newest_closes_are_watched(
    finance: User, customer: User, product: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment = builders.paid(customer, product, at=start_of(MARCH_31))
    closed(finance, MARCH_31, APRIL_1)
    refund(payment, 1)
    assert list(moved_lately()) == [MARCH_31]
    monkeypatch.setattr(selector, "WATCHED", 1)
    assert moved_lately() == {}


def test_the_cheap_look_takes_two_queries_and_reads_no_lines(
    finance: User, customer: User, product: Product
) -> None:
    days = [APRIL_1 - timedelta(days=number) for number in range(9, -1, -1)]
    closed(finance, *days)
    with CaptureQueriesContext(connection) as queries:
        moved_lately()
    assert len(queries) == 2
    assert not any('"lines"' in query["sql"] for query in queries.captured_queries)
    assert moved([]) == {}

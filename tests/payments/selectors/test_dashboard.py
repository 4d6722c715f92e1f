"""The dashboard's figures: whose day a payment belongs to, what is compared, what is counted."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from payments import ledger
from payments.core.kst import end_of, start_of
from payments.ledger import Entry
from payments.models import DeliveryOutcome, Payment, Product, WebhookDelivery
from payments.selectors import dashboard as selector
from payments.selectors.dashboard import FAILED_WEBHOOKS, dashboard, last_events, waiting
from payments.selectors.payments.attention import Attention, needs
from payments.selectors.payments.totals import totals
from payments.states import EventKind, Source, Verification
from tests.payments import builders

HALF_PAST_MIDNIGHT = datetime(2026, 3, 31, 15, 30, tzinfo=UTC)
APRIL_1 = date(2026, 4, 1)
MARCH_31 = date(2026, 3, 31)
WEEK = (date(2026, 3, 26), APRIL_1)


@pytest.mark.usefixtures("server_zone")
def test_half_past_midnight_in_korea_belongs_to_the_new_day_and_month(
    customer: User, product: Product
) -> None:
    builders.paid(customer, product, at=HALF_PAST_MIDNIGHT)
    found = dashboard(WEEK)
    assert [day for day, totals in found.days.items() if totals.gross] == [APRIL_1]
    assert dashboard((APRIL_1, APRIL_1)).now.approved.gross == 99_000
    assert dashboard((MARCH_31, MARCH_31)).now.approved.gross == 0


@pytest.mark.usefixtures("server_zone")
def test_the_days_before_are_compared_and_no_others(customer: User, product: Product) -> None:
    for day, amount in (
        (date(2026, 3, 18), 1),  # before the week before
        (date(2026, 3, 19), 10),
        (date(2026, 3, 25), 100),
        (date(2026, 3, 26), 1_000),
        (date(2026, 4, 1), 10_000),
        (date(2026, 4, 2), 100_000),  # after
    ):
        builders.paid(customer, product, at=start_of(day) + timedelta(minutes=3), amount=amount)
    found = dashboard(WEEK)
    assert found.before.days == (date(2026, 3, 19), date(2026, 3, 25))
    assert found.before.approved.gross == 110
    assert found.now.approved.gross == 11_000


def test_today_is_compared_with_yesterday_and_charted_among_its_week(
    customer: User, product: Product
) -> None:
    builders.paid(customer, product, at=start_of(MARCH_31), amount=500)
    builders.paid(customer, product, at=end_of(APRIL_1) - timedelta(seconds=1), amount=700)
    builders.paid(customer, product, at=start_of(WEEK[0]), amount=900)
    found = dashboard((APRIL_1, APRIL_1))
    assert (found.now.approved.gross, found.before.approved.gross) == (700, 500)
    assert (min(found.days), max(found.days)) == WEEK
    assert [totals.gross for totals in found.days.values()] == [900, 0, 0, 0, 0, 500, 700]


def test_a_refund_counts_on_the_day_of_its_payment(customer: User, product: Product) -> None:
    late = datetime(2026, 3, 31, 14, 30, tzinfo=UTC)  # refunded an hour later: the next day
    builders.refunded(customer, product, refund=9_000, at=late)
    found = dashboard((MARCH_31, MARCH_31))
    assert (found.now.approved.gross, found.now.approved.refunded) == (99_000, 9_000)
    assert found.now.approved.net == 90_000
    assert dashboard((APRIL_1, APRIL_1)).now.approved.refunded == 0


def test_the_success_rate_leaves_open_orders_out(customer: User, product: Product) -> None:
    for _ in range(3):
        builders.paid(customer, product, at=HALF_PAST_MIDNIGHT)
    builders.failed(customer, product, at=HALF_PAST_MIDNIGHT)
    builders.ordered(customer, product, at=HALF_PAST_MIDNIGHT)
    found = dashboard((APRIL_1, APRIL_1))
    assert found.now.ordered.success_rate == 0.75
    assert found.now.ordered.count == 5
    assert found.before.ordered.success_rate is None


def test_methods_stand_by_what_they_brought(customer: User, product: Product) -> None:
    builders.paid(customer, product, pay_method="card", amount=1_000)
    builders.paid(customer, product, pay_method="kakaopay", amount=2_000)
    builders.refunded(customer, product, refund=10, pay_method="card", amount=5_000)
    shares = dashboard((APRIL_1, APRIL_1)).methods
    assert [(share.pay_method, share.totals.gross) for share in shares] == [
        ("card", 6_000),
        ("kakaopay", 2_000),
    ]
    assert [share.part for share in shares] == [0.75, 0.25]


@pytest.mark.usefixtures("server_zone")
@pytest.mark.parametrize("length", [1, 7, 30, 90])
def test_every_figure_is_that_of_the_payments_themselves(
    customer: User, product: Product, length: int
) -> None:
    _a_mixed_quarter(customer, product)
    first, last = APRIL_1 - timedelta(days=length - 1), APRIL_1
    found = dashboard((first, last))
    bounds = (start_of(first), end_of(last))
    paid = Payment.objects.filter(paid_at__gte=bounds[0], paid_at__lt=bounds[1])
    assert found.now.approved == totals(paid)
    asked = Payment.objects.filter(requested_at__gte=bounds[0], requested_at__lt=bounds[1])
    assert found.now.ordered == totals(asked)
    assert sum(share.totals.gross for share in found.methods) == totals(paid).gross
    shown = [sums for day, sums in found.days.items() if first <= day <= last]
    assert len(shown) == length
    assert sum(sums.gross for sums in shown) == totals(paid).gross
    assert sum(sums.refunded for sums in shown) == totals(paid).refunded


def _a_mixed_quarter(customer: User, product: Product) -> None:
    for number in range(40):
        at = end_of(APRIL_1) - timedelta(hours=number * 101 % 4_000, minutes=number)
        kind = (builders.paid, builders.failed, builders.ordered)[number % 3]
        kind(customer, product, at=at, amount=1_000 + number)
        builders.refunded(customer, product, refund=100 + number, at=at)


def test_no_payments_are_no_error(db: None) -> None:
    found = dashboard(WEEK)
    assert (found.now.approved.gross, found.now.ordered.success_rate, found.methods) == (
        0,
        None,
        [],
    )
    assert len(found.days) == 7


def test_the_figures_take_two_queries_however_many_payments(
    customer: User, product: Product
) -> None:
    _a_mixed_quarter(customer, product)
    with CaptureQueriesContext(connection) as queries:
        dashboard((APRIL_1 - timedelta(days=89), APRIL_1))
    assert len(queries) == 2


# --- What waits, what happened ---------------------------------------------------------------


def test_what_waits_is_what_the_lists_filter_finds(customer: User, product: Product) -> None:
    builders.ordered(customer, product)
    builders.ordered(customer, product, vbank_num="110-1", vbank_due=builders.NOON)
    builders.found(builders.paid(customer, product), Verification.MISMATCHED)
    now = builders.NOON + timedelta(hours=1)
    counts = waiting(now)
    assert counts == {why: Payment.objects.filter(needs(why, now=now)).count() for why in Attention}
    assert (counts[Attention.STUCK], counts[Attention.DEPOSIT_DUE]) == (1, 1)
    assert (counts[Attention.MISMATCHED], counts[Attention.LATE_APPROVAL]) == (1, 0)


def test_failed_webhooks_wait_for_who_may_see_the_webhooks(db: None) -> None:
    for outcome in (DeliveryOutcome.FAILED, DeliveryOutcome.APPLIED, DeliveryOutcome.FAILED):
        WebhookDelivery.objects.create(received_at=builders.NOON, outcome=outcome)
    assert waiting(builders.NOON, others=[FAILED_WEBHOOKS])[FAILED_WEBHOOKS] == 2
    assert FAILED_WEBHOOKS not in waiting(builders.NOON)


def test_counting_stops_where_the_number_says_no_more(
    customer: User, product: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selector, "COUNTED_AT_MOST", 3)
    for _ in range(6):
        builders.ordered(customer, product)
    later = builders.NOON + timedelta(hours=1)
    with CaptureQueriesContext(connection) as queries:
        assert waiting(later, others=[FAILED_WEBHOOKS])[Attention.STUCK] == 4
    assert len(queries) == 1


def test_the_newest_outcomes_stand_first_and_steps_towards_them_do_not(
    payment: Payment, customer: User, product: Product
) -> None:
    builders.paid(customer, product)
    events = last_events()
    assert [event.kind for event in events] == [
        EventKind.PAID,
        EventKind.ORDERED,
        EventKind.ORDERED,  # the other order's; that the gateway was told is a step
    ]
    assert len(last_events()) <= selector.EVENTS


def test_what_a_run_found_as_it_was_does_not_crowd_out_the_rest(
    customer: User, product: Product
) -> None:
    payment = builders.paid(customer, product)
    with transaction.atomic():
        for source in (Source.ADMIN, *[Source.RUN] * 12):
            key = f"confirmed:{payment.version}"
            entry = Entry(kind=EventKind.CONFIRMED, source=source, key=key)
            ledger.append(payment=payment, entry=entry)
    assert last_events()[0].source == Source.ADMIN

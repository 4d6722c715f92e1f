"""The dashboard's figures: whose day a payment belongs to, what is compared, what is counted."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from payments import ledger
from payments.core.db import transactions
from payments.core.db.rows import insert_rows
from payments.core.kst import end_of, start_of
from payments.ledger import Entry
from payments.models import DeliveryOutcome, Movement, Payment, Product, WebhookDelivery
from payments.selectors import dashboard as selector
from payments.selectors import movements
from payments.selectors.dashboard import FAILED_WEBHOOKS, dashboard, last_events, waiting
from payments.selectors.payments.attention import Attention, needs
from payments.selectors.payments.totals import totals
from payments.services.roll_ups.fold import fold
from payments.states import EventKind, Source, Verification
from tests.payments import builders

HALF_PAST_MIDNIGHT = datetime(2026, 3, 31, 15, 30, tzinfo=UTC)
APRIL_1 = date(2026, 4, 1)
MARCH_31 = date(2026, 3, 31)
NOVEMBER_30 = date(2026, 11, 30)
WEEK = (date(2026, 3, 26), APRIL_1)


@pytest.fixture(autouse=True)
def _nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """Transactions of other databases of the same server hold no folding up."""
    monkeypatch.setattr(transactions, "have_ended", lambda before: True)


@pytest.mark.usefixtures("server_zone")
def test_half_past_midnight_in_korea_belongs_to_the_new_day_and_month(
    customer: User, product: Product
) -> None:
    builders.paid(customer, product, at=HALF_PAST_MIDNIGHT)
    found = dashboard(WEEK)
    assert [day for day, totals in found.days.items() if totals.approved] == [APRIL_1]
    assert dashboard((APRIL_1, APRIL_1)).now.moved.approved == 99_000
    assert dashboard((MARCH_31, MARCH_31)).now.moved.approved == 0


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
    assert found.before.moved.approved == 110
    assert found.now.moved.approved == 11_000


def test_today_is_compared_with_yesterday_and_charted_among_its_week(
    customer: User, product: Product
) -> None:
    builders.paid(customer, product, at=start_of(MARCH_31), amount=500)
    builders.paid(customer, product, at=end_of(APRIL_1) - timedelta(seconds=1), amount=700)
    builders.paid(customer, product, at=start_of(WEEK[0]), amount=900)
    found = dashboard((APRIL_1, APRIL_1))
    assert (found.now.moved.approved, found.before.moved.approved) == (700, 500)
    assert (min(found.days), max(found.days)) == WEEK
    assert [totals.approved for totals in found.days.values()] == [900, 0, 0, 0, 0, 500, 700]


def test_a_refund_counts_on_its_own_day(customer: User, product: Product) -> None:
    late = datetime(2026, 3, 31, 14, 30, tzinfo=UTC)  # refunded an hour later: the next day
    builders.refunded(customer, product, refund=9_000, at=late)
    approved = dashboard((MARCH_31, MARCH_31)).now.moved
    assert (approved.approved, approved.refunded, approved.earlier) == (99_000, 0, 0)
    back = dashboard((APRIL_1, APRIL_1)).now.moved
    assert (back.approved, back.refunded, back.net, back.earlier) == (0, 9_000, -9_000, 9_000)
    both = dashboard((MARCH_31, APRIL_1)).now.moved
    assert (both.approved, both.refunded, both.net, both.earlier) == (99_000, 9_000, 90_000, 0)


@pytest.mark.parametrize("is_folded", [False, True])
def test_a_second_part_refund_drags_the_first_into_no_other_month(
    customer: User, product: Product, *, is_folded: bool
) -> None:
    october, november = (date(2026, 10, 1), date(2026, 10, 31)), (date(2026, 11, 1), NOVEMBER_30)
    payment = builders.paid(customer, product, at=_noon(date(2026, 10, 20)), amount=15_000)
    first = (3_000, _noon(date(2026, 10, 31)))
    builders.gave_back(payment, first)
    if is_folded:
        fold(seconds=60)
    before = dashboard(october)
    assert (before.now.moved.refunded, before.now.moved.net) == (3_000, 12_000)
    builders.gave_back(payment, first, (2_000, _noon(date(2026, 11, 29))))
    after = dashboard(october)
    assert after.now.moved == before.now.moved
    assert (after.days, after.methods) == (before.days, before.methods)
    later = dashboard(november)
    assert (later.now.moved.refunded, later.now.moved.net) == (2_000, -2_000)
    assert later.now.moved.earlier == 2_000
    assert later.before.moved.net == 12_000
    assert later.days[date(2026, 11, 29)].refunded == 2_000


@pytest.mark.parametrize("is_folded", [False, True])
def test_two_refunds_seen_at_one_look_stand_on_two_days(
    customer: User, product: Product, *, is_folded: bool
) -> None:
    third, seventh = date(2026, 4, 3), date(2026, 4, 7)
    payment = builders.paid(customer, product, at=_noon(APRIL_1))
    builders.gave_back(payment, (30_000, _noon(third)), (20_000, _noon(seventh)))
    if is_folded:
        fold(seconds=60)
    for day, refunded in ((APRIL_1, 0), (third, 30_000), (seventh, 20_000)):
        assert dashboard((day, day)).now.moved.refunded == refunded


def test_another_attempts_money_and_test_money_are_in_no_sum(
    customer: User, product: Product
) -> None:
    payment = builders.paid(customer, product, at=_noon(APRIL_1), amount=1_000)
    own = Movement.objects.get()
    facts = {field.attname: getattr(own, field.attname) for field in Movement._meta.fields}
    for number, unlike in enumerate(({"is_own": False}, {"is_test": True}), start=1):
        insert_rows(rows=[Movement(**facts | {"id": None, "key": f"other:{number}"} | unlike)])
    for _turn in range(2):
        found = dashboard((APRIL_1, APRIL_1))
        moved = found.now.moved
        assert (moved.approved, moved.others, moved.tests) == (1_000, 1_000, 1_000)
        assert (moved.approvals, moved.net, found.methods[0].totals.net) == (1, 1_000, 1_000)
        fold(seconds=60)
    assert payment.net_amount == moved.net


def _noon(day: date) -> datetime:
    return start_of(day) + timedelta(hours=12)


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
    assert [(share.pay_method, share.totals.approved) for share in shares] == [
        ("card", 6_000),
        ("kakaopay", 2_000),
    ]
    assert [share.part for share in shares] == [0.75, 0.25]


@pytest.mark.usefixtures("server_zone")
@pytest.mark.parametrize("length", [1, 7, 30, 90])
def test_every_figure_is_the_sum_of_its_rows_folded_or_not(
    customer: User, product: Product, length: int
) -> None:
    _a_mixed_quarter(customer, product)
    first, last = APRIL_1 - timedelta(days=length - 1), APRIL_1
    for _turn in range(2):
        _is_the_sum_of_the_rows(first, last)
        fold(seconds=60)


def _is_the_sum_of_the_rows(first: date, last: date) -> None:
    found = dashboard((first, last))
    rows = Movement.objects.filter(day__range=(first, last))
    assert found.now.moved == movements.totals(rows, first_day=first)
    bounds = (start_of(first), end_of(last))
    asked = Payment.objects.filter(requested_at__gte=bounds[0], requested_at__lt=bounds[1])
    assert found.now.ordered == totals(asked)
    expected = movements.totals(rows)
    shown = [sums for day, sums in found.days.items() if first <= day <= last]
    assert len(shown) == (last - first).days + 1
    for parts in (shown, [one.totals for one in (*found.methods,)]):
        assert sum(sums.approved for sums in parts) == expected.approved
        assert sum(sums.refunded for sums in parts) == expected.refunded
    assert sum(one.totals.net for one in found.merchants) == expected.net


def _a_mixed_quarter(customer: User, product: Product) -> None:
    for number in range(40):
        at = end_of(APRIL_1) - timedelta(hours=number * 101 % 4_000, minutes=number)
        kind = (builders.paid, builders.failed, builders.ordered)[number % 3]
        kind(customer, product, at=at, amount=1_000 + number)
        builders.refunded(customer, product, refund=100 + number, at=at)


def test_no_payments_are_no_error(db: None) -> None:
    found = dashboard(WEEK)
    assert (found.now.moved.approved, found.now.ordered.success_rate, found.methods) == (
        0,
        None,
        [],
    )
    assert len(found.days) == 7


def test_the_figures_take_seven_queries_however_many_payments(
    customer: User, product: Product
) -> None:
    _a_mixed_quarter(customer, product)
    with CaptureQueriesContext(connection) as queries:
        dashboard((APRIL_1 - timedelta(days=89), APRIL_1))
    assert len(queries) == 7


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

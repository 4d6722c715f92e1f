"""Closing a day: in order, once, by the list's own definitions."""

import threading
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from accounts.models import User
from payments.core.kst import start_of
from payments.errors import Conflict, NotAllowed
from payments.models import DailyClose, Discrepancy, Payment, Product
from payments.selectors.daily_close.closes import newest
from payments.selectors.daily_close.figures import GROUPS
from payments.selectors.daily_close.lines import lines_of, movements_of
from payments.selectors.movements import totals
from payments.services.daily_close import close as closing
from payments.services.daily_close.close import close_day
from tests.payments import builders

from .days import APRIL_1, MARCH_30, MARCH_31, NOW

# --- What is frozen --------------------------------------------------------------------------


@pytest.mark.usefixtures("busy_day", "server_zone")
def test_a_close_says_what_the_list_of_movements_says(finance: User) -> None:
    close = close_day(day=APRIL_1, actor=finance)
    listed = totals(movements_of(APRIL_1))
    refunded = close.refunded_same_day + close.refunded_earlier
    figures = (close.count, close.approved, refunded, close.net)
    assert figures == (listed.count, listed.approved, listed.refunded, listed.net)
    assert figures == (8, 219_000, 16_000, 203_000)
    assert (close.others["net"], close.tests["net"]) == (listed.others, listed.tests)
    assert (listed.others, listed.tests) == (500_000, 33)


@pytest.mark.usefixtures("busy_day")
def test_a_refund_is_of_the_own_days_payments_or_of_earlier_ones(finance: User) -> None:
    close = close_day(day=APRIL_1, actor=finance)
    assert (close.approvals, close.approved) == (4, 219_000)
    assert (close.refunds_same_day, close.refunded_same_day) == (1, 9_000)
    assert (close.refunds_earlier, close.refunded_earlier) == (1, 7_000)
    # What went back after midnight of this day's payments leads to the figures by payment date.
    assert close.refunded_later == 99_000


@pytest.mark.usefixtures("busy_day")
def test_kinds_methods_pgs_and_mids_add_up_to_the_whole(finance: User) -> None:
    close = close_day(day=APRIL_1, actor=finance)
    assert {row["pay_method"]: (row["approved"], row["net"]) for row in close.by_method} == {
        "card": (100_000, 84_000),
        "kakaopay": (20_000, 20_000),
        "trans": (99_000, 99_000),
    }
    for name in GROUPS:
        for figure in ("approvals", "approved", "refunded_same_day", "refunded_earlier", "net"):
            added_up = sum(row[figure] for row in getattr(close, name))
            assert added_up == getattr(close, figure), (name, figure)
    assert close.by_kind == [
        {"kind": "approval", "count": 4, "amount": 219_000},
        {"kind": "refund", "count": 2, "amount": -16_000},
    ]


def test_each_movement_is_a_line_by_time_and_without_ids_of_ours(
    finance: User, customer: User, product: Product
) -> None:
    refunded = builders.refunded(customer, product, refund=9_000)
    odd = builders.paid(customer, product, pay_method="새 수단", at=start_of(APRIL_1))
    close = close_day(day=APRIL_1, actor=finance)
    one, other = refunded.imp_uid, odd.imp_uid
    assert close.lines.splitlines() == [
        (
            f"2026-03-31T15:00:00+00:00 {odd.merchant_uid} approval:{other} approval 99000 {other} "
            "- %EC%83%88%20%EC%88%98%EB%8B%A8 html5_inicis - - own live told"
        ),
        (
            f"2026-04-01T03:00:00+00:00 {refunded.merchant_uid} approval:{one} approval 99000 "
            f"{one} - card html5_inicis - - own live told"
        ),
        (
            f"2026-04-01T04:00:00+00:00 {refunded.merchant_uid} refund:{one}:{one}-1 refund -9000 "
            f"{one} 2026-04-01 card html5_inicis - - own live told"
        ),
    ]
    assert [row["pay_method"] for row in close.by_method] == ["card", "새 수단"]


def test_who_closed_it_and_what_was_open_then_is_kept(finance: User) -> None:
    for number in range(3):
        Discrepancy.objects.create(
            imp_uid=f"imp_{number}",
            merchant_uid="order-1",
            found_at=NOW,
            seen_at=NOW,
            is_open=bool(number),
            closed_at=None if number else NOW,
            closing_reason="" if number else "other",
        )
    close = close_day(day=APRIL_1, actor=finance)
    assert (close.actor, close.actor_name) == (finance, "finance@example.com")
    assert close.open_discrepancies == 2
    assert (close.count, close.lines) == (0, "")


# --- In order, and once ----------------------------------------------------------------------


@pytest.mark.usefixtures("server_zone")
def test_today_in_korea_is_not_over_whatever_the_server_thinks(
    finance: User, time_machine: Any
) -> None:
    time_machine.move_to(datetime(2026, 4, 1, 14, 59, 59, tzinfo=UTC), tick=False)
    for day in (APRIL_1, APRIL_1 + timedelta(days=1)):
        with pytest.raises(NotAllowed, match=str(closing.NOT_OVER)):
            close_day(day=day, actor=finance)
    time_machine.move_to(datetime(2026, 4, 1, 15, tzinfo=UTC), tick=False)
    assert close_day(day=APRIL_1, actor=finance).day == APRIL_1


def test_the_first_close_may_be_any_day_and_the_next_is_the_day_after(finance: User) -> None:
    first = close_day(day=MARCH_30, actor=finance)
    with pytest.raises(NotAllowed, match="2026-03-31"):
        close_day(day=APRIL_1, actor=finance)
    second = close_day(day=MARCH_31, actor=finance)
    assert (first.previous_hash, second.previous_hash) == ("", first.hash)
    with pytest.raises(NotAllowed, match=str(closing.CLOSED)):
        close_day(day=MARCH_30, actor=finance)
    with pytest.raises(NotAllowed):
        close_day(day=MARCH_30 - timedelta(days=1), actor=finance)
    assert DailyClose.objects.count() == 2


def test_figures_that_changed_under_somebodys_eyes_are_not_frozen(
    finance: User, customer: User, product: Product
) -> None:
    builders.paid(customer, product)
    with pytest.raises(Conflict, match=str(closing.CHANGED)):
        close_day(day=APRIL_1, actor=finance, seen="0" * 64)
    assert not DailyClose.objects.exists()


def test_two_who_close_the_same_day_at_once_make_one_close(
    transactional_db: None, finance: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    together, outcomes = threading.Barrier(2), []

    def newest_together() -> DailyClose | None:
        last = newest()
        if not connection.in_atomic_block:
            together.wait(timeout=10)  # both have seen the day open
        return last

    def close() -> None:
        try:
            close_day(day=APRIL_1, actor=finance)
            outcomes.append("closed")
        except Conflict:
            outcomes.append("conflict")
        finally:
            connection.close()

    monkeypatch.setattr(closing, "newest", newest_together)
    threads = [threading.Thread(target=close) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert sorted(outcomes) == ["closed", "conflict"]
    assert DailyClose.objects.count() == 1


def test_a_payment_that_comes_in_while_a_day_is_closed_is_in_all_figures_or_in_none(
    transactional_db: None,
    finance: User,
    customer: User,
    product: Product,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    builders.paid(customer, product)
    # SQLite's transaction holds everybody else off: there the payment comes in afterwards.
    comes_in_at_once = connection.vendor != "sqlite"
    threads: list[threading.Thread] = []

    def meanwhile() -> None:
        try:
            builders.paid(customer, product)
        finally:
            connection.close()

    def interrupted(day: date) -> str:
        threads.append(threading.Thread(target=meanwhile))
        threads[0].start()
        if comes_in_at_once:
            threads[0].join(timeout=10)
        return lines_of(day)

    monkeypatch.setattr(closing, "lines_of", interrupted)
    close = close_day(day=APRIL_1, actor=finance)
    threads[0].join(timeout=30)
    assert Payment.objects.count() == 2
    assert (close.count, close.approved, len(close.lines.splitlines())) == (1, 99_000, 1)

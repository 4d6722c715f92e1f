"""Closing a day: in order, once, by the list's own definitions, and proof against tampering."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

from accounts.models import User
from payments.core import hashing
from payments.core.kst import end_of, start_of
from payments.errors import Conflict, NotAllowed
from payments.migrations import _append_only_triggers
from payments.models import (
    DailyClose,
    Discrepancy,
    Payment,
    Product,
    ReconciliationRun,
    RunStatus,
)
from payments.selectors.daily_close.closes import newest, open_days
from payments.selectors.daily_close.figures import GROUPS
from payments.selectors.daily_close.lines import lines_of, movements_of
from payments.selectors.movements import totals
from payments.services.daily_close import close as closing
from payments.services.daily_close.audit import audit_closes
from payments.services.daily_close.close import close_day, close_finished_days
from tests.payments import builders

TABLE = "payments_dailyclose"
MARCH_30, MARCH_31, APRIL_1 = date(2026, 3, 30), date(2026, 3, 31), date(2026, 4, 1)
# Six in the morning of 2 April in Korea, still 1 April in UTC.
NOW = datetime(2026, 4, 1, 21, tzinfo=UTC)


@pytest.fixture(autouse=True)
def morning(time_machine: Any) -> None:
    """The first of April is over in Korea."""
    time_machine.move_to(NOW)


@pytest.fixture
def busy_day(customer: User, stranger: User, product: Product) -> None:
    """Every kind of payment on 1 April, and some just outside it."""
    first, last = start_of(APRIL_1), end_of(APRIL_1) - timedelta(seconds=1)
    builders.paid(customer, product, at=first, amount=1_000)
    builders.paid(customer, product, at=last, amount=20_000, pay_method="kakaopay")
    # Approved on the day, refunded on the next.
    builders.refunded(stranger, product, at=last, refund=99_000, pay_method="trans")
    builders.refunded(stranger, product, at=first, refund=9_000)
    builders.ordered(customer, product, at=first)
    builders.failed(customer, product, at=first)
    earlier = builders.paid(customer, product, at=first - timedelta(seconds=1), amount=500_000)
    builders.refund_of(earlier, 7_000, at=first)
    builders.paid(customer, product, at=end_of(APRIL_1), amount=500_000)
    builders.approved_again(earlier, at=last)
    builders.approved_as_a_test(customer, product, at=first, amount=33)


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


# --- By the clock ----------------------------------------------------------------------------


def unreconciled(day: date) -> None:
    """Nothing to reconcile with."""


def run_of(day: date, status: RunStatus, **fields: Any) -> ReconciliationRun:
    return ReconciliationRun.objects.create(
        requested_at=NOW, first_day=day, last_day=day, status=status, **fields
    )


def test_the_clock_closes_nothing_before_a_person_has_begun(
    finance: User, customer: User, product: Product, time_machine: Any
) -> None:
    builders.paid(customer, product, at=start_of(MARCH_30))
    asked: list[date] = []
    assert open_days(now=NOW) == []
    assert close_finished_days(now=NOW, reconcile=asked.append) == []
    with pytest.raises(NotAllowed, match=str(closing.NOT_BEGUN)):
        close_day(day=APRIL_1, actor=None)
    assert (asked, DailyClose.objects.count()) == ([], 0)
    close_day(day=MARCH_31, actor=finance)
    closes = close_finished_days(now=NOW, reconcile=unreconciled)
    assert [close.day for close in closes] == [APRIL_1]


def test_the_schedule_leaves_no_day_out(finance: User, time_machine: Any) -> None:
    close_day(day=APRIL_1, actor=finance)
    later = NOW + timedelta(days=3)
    time_machine.move_to(later)
    assert [day.day for day in open_days(now=later)] == [2, 3, 4]
    closes = close_finished_days(now=later, reconcile=unreconciled)
    assert [close.day.day for close in closes] == [2, 3, 4]
    assert close_finished_days(now=later, reconcile=unreconciled) == []
    assert list(audit_closes()) == []


def test_each_day_is_reconciled_before_it_is_closed(
    customer: User, product: Product, finance: User
) -> None:
    def reconcile(day: date) -> ReconciliationRun:
        builders.paid(customer, product)  # what the webhook had lost
        return run_of(day, RunStatus.DONE)

    close_day(day=MARCH_31, actor=finance)
    [close] = close_finished_days(now=NOW, reconcile=reconcile)
    assert close.count == 1
    assert close.run == ReconciliationRun.objects.get()
    assert (close.actor, close.actor_name) == (None, "")


@pytest.mark.parametrize("status", [RunStatus.WAITING, RunStatus.RUNNING, RunStatus.PAUSED])
def test_a_day_that_could_not_be_reconciled_stays_open_with_all_after_it(
    finance: User, status: RunStatus
) -> None:
    close_day(day=MARCH_30, actor=finance)
    asked = []

    def reconcile(day: date) -> ReconciliationRun:
        asked.append(day)
        return run_of(day, status)

    assert close_finished_days(now=NOW, reconcile=reconcile) == []
    assert asked == [MARCH_31]
    assert open_days(now=NOW) == [MARCH_31, APRIL_1]


def test_a_day_with_payments_without_an_answer_stays_open_with_all_after_it(
    finance: User,
) -> None:
    close_day(day=MARCH_30, actor=finance)

    def reconcile(day: date) -> ReconciliationRun:
        return run_of(day, RunStatus.DONE, counts={"unknown": 1}, unknown=["imp_1"])

    assert close_finished_days(now=NOW, reconcile=reconcile) == []
    assert open_days(now=NOW) == [MARCH_31, APRIL_1]


def test_a_day_that_a_person_closes_meanwhile_is_passed_over(finance: User) -> None:
    close_day(day=MARCH_30, actor=finance)

    def reconcile(day: date) -> None:
        if day == MARCH_31:
            close_day(day=day, actor=finance)

    assert [close.day for close in close_finished_days(now=NOW, reconcile=reconcile)] == [APRIL_1]


# --- Proof -----------------------------------------------------------------------------------


@contextmanager
def without_triggers(table: str) -> Iterator[None]:
    install, remove = _append_only_triggers._STATEMENTS[connection.vendor]
    with connection.cursor() as cursor:
        for statement in remove(table):
            cursor.execute(statement)
        yield
        for statement in install(table):
            cursor.execute(statement)


@pytest.fixture
def tampering(db: None) -> Iterator[None]:
    """An attacker who can drop triggers."""
    with without_triggers(TABLE):
        yield


@pytest.fixture
def tampering_with_movements(db: None) -> Iterator[None]:
    """The same, at the money itself."""
    with without_triggers("payments_movement"):
        yield


CHANGES = {
    "edited figures": (
        "UPDATE {} SET approved = approved + 1, net = net + 1 WHERE day = '2026-03-31'"
    ),
    "an edited net": "UPDATE {} SET net = 0 WHERE day = '2026-03-31'",
    "an edited count": "UPDATE {} SET count = 9 WHERE day = '2026-03-31'",
    "edited methods": "UPDATE {} SET by_method = '[]' WHERE day = '2026-03-31'",
    "edited providers": "UPDATE {} SET by_provider = '[]' WHERE day = '2026-03-31'",
    "edited MIDs": "UPDATE {} SET by_mid = '[]' WHERE day = '2026-03-31'",
    "edited kinds": "UPDATE {} SET by_kind = '[]' WHERE day = '2026-03-31'",
    "edited others": "UPDATE {} SET others = '{{}}' WHERE day = '2026-03-31'",
    "edited test money": "UPDATE {} SET tests = '{{}}' WHERE day = '2026-03-31'",
    "an edited bridge": "UPDATE {} SET refunded_later = 1 WHERE day = '2026-03-31'",
    "edited lines": "UPDATE {} SET lines = 'a movement of 1 won' WHERE day = '2026-03-31'",
    "other discrepancies": "UPDATE {} SET open_discrepancies = 7 WHERE day = '2026-03-31'",
    "another person": "UPDATE {} SET actor_name = 'x' WHERE day = '2026-03-31'",
    "another hash": "UPDATE {} SET hash = 'x' WHERE day = '2026-03-31'",
    "a close removed": "DELETE FROM {} WHERE day = '2026-03-31'",
    "the first removed": "DELETE FROM {} WHERE day = '2026-03-30'",
}


@pytest.mark.usefixtures("tampering")
@pytest.mark.parametrize("sql", CHANGES.values(), ids=CHANGES.keys())
def test_a_change_behind_its_back_is_found(
    finance: User, customer: User, product: Product, sql: str
) -> None:
    builders.paid(customer, product, at=start_of(MARCH_31))
    for day in (MARCH_30, MARCH_31, APRIL_1):
        close_day(day=day, actor=finance)
    call_command("audit_ledger")
    with connection.cursor() as cursor:
        cursor.execute(sql.format(TABLE))
    assert list(audit_closes())
    with pytest.raises(SystemExit) as exit_:
        call_command("audit_ledger")
    assert exit_.value.code == 1


@pytest.mark.usefixtures("tampering")
def test_lines_that_are_none_are_found_even_with_a_hash_of_their_own(finance: User) -> None:
    close = close_day(day=APRIL_1, actor=finance)
    text = "no line at all, but hashed"
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {TABLE} SET lines = %s, content_hash = %s",
            [text, hashing.of_text(text)],
        )
    close.refresh_from_db()
    assert {str(problem) for problem in audit_closes()} == {
        "2026-04-01: the figures are not those of the lines",
        "2026-04-01: movements that were closed are gone",
        "2026-04-01: the close was changed",
    }


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM payments_movement WHERE kind = 'refund'",
        "UPDATE payments_movement SET amount = -1 WHERE kind = 'refund'",
        "UPDATE payments_movement SET pay_method = 'phone' WHERE kind = 'approval'",
        "UPDATE payments_movement SET day = '2026-04-02' WHERE kind = 'refund'",
    ],
)
@pytest.mark.usefixtures("tampering_with_movements")
def test_a_closed_days_movement_that_is_gone_or_changed_is_found(
    finance: User, customer: User, product: Product, sql: str
) -> None:
    builders.refunded(customer, product, refund=9_000)
    close_day(day=APRIL_1, actor=finance)
    assert list(audit_closes()) == []
    with connection.cursor() as cursor:
        cursor.execute(sql)
    assert [str(problem) for problem in audit_closes()] == [
        "2026-04-01: movements that were closed are gone"
    ]


def test_what_is_learnt_or_refunded_later_is_no_flaw(
    finance: User, customer: User, product: Product
) -> None:
    payment = builders.paid(customer, product)
    close_day(day=APRIL_1, actor=finance)
    builders.refund_of(payment, 9_000, at=NOW)
    builders.paid(customer, product)
    assert list(audit_closes()) == []

"""Closing a day: in order, once, by the list's own definitions, and proof against tampering."""

import threading
from collections.abc import Iterator
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
    Bucket,
    DailyClose,
    Discrepancy,
    Payment,
    Product,
    ReconciliationRun,
    RunStatus,
)
from payments.selectors.daily_close.closes import newest, open_days
from payments.selectors.daily_close.lines import lines_of, payments_of
from payments.selectors.dashboard import dashboard
from payments.selectors.payments.totals import totals
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
    builders.refunded(stranger, product, at=last, refund=99_000, pay_method="trans")
    builders.refunded(stranger, product, at=first, refund=9_000)
    builders.ordered(customer, product, at=first)
    builders.failed(customer, product, at=first)
    for outside in (first - timedelta(seconds=1), end_of(APRIL_1)):
        builders.paid(customer, product, at=outside, amount=500_000)


# --- What is frozen --------------------------------------------------------------------------


@pytest.mark.usefixtures("busy_day", "server_zone")
def test_a_close_says_what_list_and_dashboard_say(finance: User) -> None:
    close = close_day(day=APRIL_1, actor=finance)
    listed = totals(payments_of(APRIL_1))
    assert listed.gross == dashboard((APRIL_1, APRIL_1)).now.moved.approved
    figures = (close.count, close.gross, close.refunded, close.net)
    assert figures == (listed.count, listed.gross, listed.refunded, listed.net)
    assert figures == (4, 219_000, 108_000, 111_000)


@pytest.mark.usefixtures("busy_day")
def test_methods_and_providers_add_up_to_the_whole(finance: User) -> None:
    close = close_day(day=APRIL_1, actor=finance)
    assert close.by_method == [
        {"pay_method": "card", "count": 2, "gross": 100_000, "refunded": 9_000, "net": 91_000},
        {"pay_method": "kakaopay", "count": 1, "gross": 20_000, "refunded": 0, "net": 20_000},
        {"pay_method": "trans", "count": 1, "gross": 99_000, "refunded": 99_000, "net": 0},
    ]
    for groups in (close.by_method, close.by_provider):
        for name in ("count", "gross", "refunded", "net"):
            assert sum(row[name] for row in groups) == getattr(close, name)


def test_each_payment_is_a_line_and_the_lines_are_in_order(
    finance: User, customer: User, product: Product
) -> None:
    refunded = builders.refunded(customer, product, refund=9_000)
    odd = builders.paid(customer, product, pay_method="새 수단", pg_provider="")
    Payment.objects.filter(pk=odd.pk).update(pg_provider="")
    close = close_day(day=APRIL_1, actor=finance)
    assert close.lines.splitlines() == sorted(
        [
            f"{refunded.imp_uid} 99000 9000 cancelled card html5_inicis",
            f"{odd.imp_uid} 99000 0 paid %EC%83%88%20%EC%88%98%EB%8B%A8 -",
        ]
    )
    assert [row["pay_method"] for row in close.by_method] == ["card", "새 수단"]
    assert [row["pg_provider"] for row in close.by_provider] == ["", "html5_inicis"]


def test_who_closed_it_and_what_was_open_then_is_kept(finance: User) -> None:
    for number in range(3):
        Discrepancy.objects.create(
            bucket=Bucket.AMOUNT,
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
    assert (close.count, close.gross, len(close.lines.splitlines())) == (1, 99_000, 1)


# --- By the clock ----------------------------------------------------------------------------


def unreconciled(day: date) -> None:
    """Nothing to reconcile with."""


def run_of(day: date, status: RunStatus, **fields: Any) -> ReconciliationRun:
    return ReconciliationRun.objects.create(
        requested_at=NOW, first_day=day, last_day=day, status=status, **fields
    )


def test_the_schedule_begins_with_yesterday_and_then_leaves_no_day_out(
    db: None, time_machine: Any
) -> None:
    assert [close.day for close in close_finished_days(now=NOW, reconcile=unreconciled)] == [
        APRIL_1
    ]
    time_machine.move_to(NOW + timedelta(days=3))
    later = NOW + timedelta(days=3)
    assert [day.day for day in open_days(now=later)] == [2, 3, 4]
    closes = close_finished_days(now=later, reconcile=unreconciled)
    assert [close.day.day for close in closes] == [2, 3, 4]
    assert close_finished_days(now=later, reconcile=unreconciled) == []
    assert list(audit_closes()) == []


def test_the_first_day_is_not_lost_while_it_waits(db: None, time_machine: Any) -> None:
    close_finished_days(now=NOW, reconcile=lambda day: run_of(day, RunStatus.RUNNING))
    later = NOW + timedelta(days=2)
    time_machine.move_to(later)
    assert [day.day for day in open_days(now=later)] == [1, 2, 3]


def test_what_a_person_had_compared_begins_no_closes(finance: User, db: None) -> None:
    run_of(MARCH_31, RunStatus.DONE, requested_by=finance, requested_name="finance")
    assert open_days(now=NOW) == [APRIL_1]


def test_each_day_is_reconciled_before_it_is_closed(
    customer: User, product: Product, finance: User
) -> None:
    def reconcile(day: date) -> ReconciliationRun:
        builders.paid(customer, product)  # what the webhook had lost
        return run_of(day, RunStatus.DONE)

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


@pytest.fixture
def tampering(db: None) -> Iterator[None]:
    """An attacker who can drop triggers."""
    with connection.cursor() as cursor:
        for statement in _append_only_triggers._STATEMENTS[connection.vendor][1](TABLE):
            cursor.execute(statement)
    yield
    with connection.cursor() as cursor:
        for statement in _append_only_triggers._STATEMENTS[connection.vendor][0](TABLE):
            cursor.execute(statement)


CHANGES = {
    "edited figures": "UPDATE {} SET gross = gross + 1, net = net + 1 WHERE day = '2026-03-31'",
    "an edited net": "UPDATE {} SET net = 0 WHERE day = '2026-03-31'",
    "an edited count": "UPDATE {} SET count = 9 WHERE day = '2026-03-31'",
    "edited methods": "UPDATE {} SET by_method = '[]' WHERE day = '2026-03-31'",
    "edited providers": "UPDATE {} SET by_provider = '[]' WHERE day = '2026-03-31'",
    "edited lines": "UPDATE {} SET lines = 'imp_1 1 0 paid card x' WHERE day = '2026-03-31'",
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
        "2026-04-01: the close was changed",
    }

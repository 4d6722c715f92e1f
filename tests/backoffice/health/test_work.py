"""What goes on behind the pages, each state by the rows that cause it; times in Korea."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from backoffice.health import Status, work
from payments import gateway as payment_gateway
from payments import tasks
from payments.gateway import shared
from payments.iamport import AuthenticationFailed
from payments.models import ClockComparison, GatewayState, ScheduledJob, Worker
from payments.models.gateway_state import THE_ROW
from tests.gateway import SandboxGateway

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 4, 1, 3, 0, tzinfo=UTC)
LONG_AGO = NOW - timedelta(minutes=30)
IN_KOREA = "2026-04-01 11:30:00 KST"


def seen(at: datetime) -> None:
    Worker.objects.create(worker_id="w", host="shop-1", pid=7, started_at=at, seen_at=at)


def planned(**due: datetime) -> None:
    ScheduledJob.objects.bulk_create(
        ScheduledJob(name=name, due_at=due_at) for name, due_at in due.items()
    )


def test_an_installation_without_a_worker_says_how_to_start_one() -> None:
    asked = work.worker(NOW)
    assert (asked.state, asked.status) == ("never", Status.DEGRADED)
    assert "manage.py worker" in asked.sentence


def test_a_dead_worker_is_said() -> None:
    seen(LONG_AGO)
    asked = work.worker(NOW)
    assert (asked.state, asked.status) == ("silent", Status.DEGRADED)
    assert IN_KOREA in asked.sentence


def test_a_task_that_waits_for_too_long_is_said() -> None:
    seen(NOW)
    tasks.rescue.enqueue()
    late = datetime.now(UTC) + timedelta(minutes=10)
    Worker.objects.update(seen_at=late)
    asked = work.worker(late)
    assert (asked.state, asked.status) == ("busy", Status.DEGRADED)


def test_a_worker_that_works_is_fine() -> None:
    seen(NOW)
    assert (work.worker(NOW).state, work.worker(NOW).status) == ("ok", Status.OK)


def test_a_schedule_that_nobody_has_ever_planned_is_said() -> None:
    planned(a_job_of_a_former_version=LONG_AGO)
    assert (work.schedule(NOW).state, work.schedule(NOW).status) == ("never", Status.DEGRADED)


def test_a_late_job_is_named_and_one_of_a_former_version_is_not() -> None:
    planned(sweep_orders=LONG_AGO, rescue=NOW, a_job_of_a_former_version=LONG_AGO)
    asked = work.schedule(NOW)
    assert (asked.state, asked.status) == ("late", Status.DEGRADED)
    assert f"sweep_orders since {IN_KOREA}." in asked.sentence
    ScheduledJob.objects.filter(name="sweep_orders").update(due_at=NOW)
    assert work.schedule(NOW).state == "ok"


@pytest.mark.parametrize(
    ("facts", "state", "status"),
    [
        ({"silent_since": LONG_AGO}, "silent", Status.DEGRADED),
        ({"silent_since": LONG_AGO, "refused_since": NOW}, "silent", Status.DEGRADED),
        ({"refused_since": LONG_AGO, "answered_at": NOW}, "refused", Status.DEGRADED),
        ({"answered_at": LONG_AGO}, "ok", Status.OK),
        ({}, "ok", Status.OK),
    ],
)
def test_what_is_known_of_the_gateway_is_said(
    facts: dict[str, datetime], state: str, status: Status
) -> None:
    GatewayState.objects.create(pk=THE_ROW, **facts)
    asked = work.gateway(NOW)
    assert (asked.state, asked.status) == (state, status)
    assert (IN_KOREA in asked.sentence) is bool(facts)


def test_before_the_first_question_nothing_is_known_of_the_gateway() -> None:
    assert (work.gateway(NOW).state, work.gateway(NOW).status) == ("unasked", Status.OK)


def test_a_key_that_the_gateway_refuses_is_said_until_it_takes_it(
    sandbox: SandboxGateway, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared, "READ_EVERY", 0.0)
    right = settings.IAMPORT_SECRET
    settings.IAMPORT_SECRET = "not-the-secret"
    with pytest.raises(AuthenticationFailed):
        payment_gateway.client().ask_time()
    assert work.gateway(NOW).state == "refused"
    settings.IAMPORT_SECRET = right
    for _ in range(2):
        payment_gateway.client().ask_time()
    assert work.gateway(NOW).state == "ok"


@pytest.mark.parametrize(
    ("skew", "state", "status", "words"),
    [
        (2.0, "ok", Status.OK, "2 s ahead of"),
        (-170.0, "ok", Status.OK, "170 s behind"),
        (190.0, "apart", Status.DEGRADED, "190 s ahead of"),
        (-900.0, "apart", Status.DEGRADED, "900 s behind"),
    ],
)
def test_clocks_that_are_apart_are_said(
    skew: float, state: str, status: Status, words: str
) -> None:
    ClockComparison.objects.create(
        pk=ClockComparison.ROW, host="shop-1", skew=skew, compared_at=LONG_AGO
    )
    asked = work.clock(NOW)
    assert (asked.state, asked.status) == (state, status)
    assert f"{words} the gateway's (shop-1, {IN_KOREA})" in asked.sentence


def test_before_the_first_comparison_no_clock_is_wrong() -> None:
    assert (work.clock(NOW).state, work.clock(NOW).status) == ("uncompared", Status.OK)

"""The screen of the background work, and the alarm on the dashboard when nothing works."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from accounts.models import User
from payments import tasks
from payments.admin.dashboard.waiting import WaitingTile
from payments.models import (
    GatewayState,
    ItemOutcome,
    Payment,
    ScheduledJob,
    VerificationItem,
    Worker,
)
from payments.models.gateway_state import THE_ROW
from payments.selectors import background
from payments.services import reconciliation
from payments.services.background import workers
from payments.services.verification_runs import control
from tests.payments.admin.conftest import SignIn, english, page_of, text_of
from tests.payments.books import begun

WORK = "/admin/payments/worker/"
NOTHING = "No worker has run here yet, so no background work is done."


@pytest.fixture
def client(operator: User, sign_in: SignIn) -> Client:
    """The operator's browser."""
    return sign_in(operator)


def alive() -> Worker:
    workers.heartbeat(worker_id="w1", host="shop-1", pid=4711)
    return Worker.objects.get(worker_id="w1")


def failed() -> None:
    """A task that failed over something that nobody should read by the way."""
    tasks.verify_run.enqueue(8)
    task = DBTaskResult.objects.get()
    task.claim("w1")
    task.set_failed(ValueError("kim@example.com has no row"))


def test_without_any_worker_it_says_how_to_start_one(client: Client) -> None:
    words = text_of(client.get(WORK))
    assert NOTHING in words
    assert "<code>manage.py worker</code>" in words


def test_looking_for_days_to_close_is_not_called_a_close(client: Client) -> None:
    names = [english(label) for label, *_ in client.get(WORK).context["jobs"]]
    assert "Look for days to close" in names
    assert "Daily close" not in names


def test_workers_are_alive_silent_or_ended(client: Client) -> None:
    worker = alive()
    assert NOTHING not in text_of(client.get(WORK))
    assert "shop-1 · 4711" in text_of(client.get(WORK))
    assert '<span class="badge good">Alive</span>' in text_of(client.get(WORK))
    Worker.objects.update(seen_at=timezone.now() - timedelta(minutes=3))
    assert '<span class="badge bad">Silent</span>' in text_of(client.get(WORK))
    Worker.objects.update(seen_at=timezone.now() - timedelta(minutes=6))
    assert "Nothing has worked for 6 min" in text_of(client.get(WORK))
    workers.sign_off(worker_id=worker.worker_id)
    assert '<span class="badge quiet">Ended</span>' in text_of(client.get(WORK))


def test_the_queue_is_shown_with_its_longest_wait(client: Client) -> None:
    alive()
    tasks.rescue.enqueue()
    tasks.rescue.enqueue()
    DBTaskResult.objects.update(enqueued_at=timezone.now() - timedelta(minutes=8))
    words = text_of(client.get(WORK))
    assert "<dt>Waiting</dt><dd>2</dd>" in words
    assert "<dt>Longest wait</dt><dd>8 min" in words
    assert "A task has waited for 8 min" in words


def test_a_failure_is_named_and_its_text_is_for_admins_alone(
    client: Client, admin_person: User, sign_in: SignIn
) -> None:
    failed()
    words = text_of(client.get(WORK))
    assert "Verification run</strong> <code>8</code>" in words
    assert "ValueError" in words
    assert "kim@example.com" not in words
    assert "kim@example.com has no row" in text_of(sign_in(admin_person).get(WORK))


@pytest.mark.parametrize("days", [7, 3])
def test_failures_are_listed_for_as_long_as_their_title_says(
    client: Client, monkeypatch: pytest.MonkeyPatch, days: int
) -> None:
    monkeypatch.setattr(background, "FAILED_SINCE", timedelta(days=days))
    failed()
    for age, is_listed in ((timedelta(hours=-1), True), (timedelta(hours=1), False)):
        DBTaskResult.objects.update(finished_at=timezone.now() - timedelta(days=days) - age)
        response = client.get(WORK)
        assert f">Failed in the last {days} days<" in text_of(response)
        assert bool(response.context["failed"]) is is_listed


def test_each_job_says_when_it_is_due_and_whether_it_is_late(client: Client) -> None:
    now = timezone.now()
    ScheduledJob.objects.create(name="rescue", due_at=now - timedelta(minutes=5), queued_at=now)
    response = client.get(WORK)
    assert len(response.context["jobs"]) == len(tasks.SCHEDULE)
    rows = text_of(response).split('<tr><th scope="row">')
    late = {row.split("</th>")[0]: "Overdue" in row for row in rows if "Due next" in row}
    assert late["Go on with what dead workers left"]
    assert not late["Ask about open orders"]


def test_payments_that_could_not_be_processed_lead_to_their_run(
    client: Client, payment: Payment
) -> None:
    run = control.start(
        payments=Payment.objects.all(), query="", actor=None, enqueue=lambda pk: None
    )
    VerificationItem.objects.update(
        outcome=ItemOutcome.PARKED, settled_at=timezone.now(), error="DataError('too long')"
    )
    words = text_of(client.get(WORK))
    assert page_of(payment) in words
    assert f"/admin/payments/verificationrun/{run.pk}/change/?outcome=parked#results" in words
    assert "DataError(&#x27;too long&#x27;)" in words


def test_it_takes_as_many_queries_however_much_there_is(client: Client) -> None:
    numbers = []
    for more in (1, 20):
        for number in range(more):
            workers.heartbeat(worker_id=f"w{more}-{number}", host="shop-1", pid=number)
            tasks.rescue.enqueue()
        DBTaskResult.objects.filter(status="READY").update(
            status="FAILED", started_at=timezone.now(), finished_at=timezone.now()
        )
        with CaptureQueriesContext(connection) as captured:
            client.get(WORK)
        numbers.append(len(captured))
    # PostgreSQL is asked for its time as well.
    assert numbers[0] == numbers[1] <= 13 + (connection.vendor == "postgresql")


def test_the_dashboard_raises_the_alarm_for_whoever_looks_after_the_work(
    client: Client, viewer: User, sign_in: SignIn
) -> None:
    words = text_of(client.get("/admin/"))
    assert f'<p class="alarm" role="alert"><strong>{NOTHING}</strong> <a href="{WORK}">' in words
    assert NOTHING not in text_of(sign_in(viewer).get("/admin/"))
    alive()
    assert 'class="alarm"' not in text_of(client.get("/admin/"))


def test_a_silent_gateway_is_told_here_and_on_the_dashboard(
    client: Client, viewer: User, sign_in: SignIn
) -> None:
    silent = "The payment gateway does not answer."
    assert silent not in text_of(client.get(WORK)) + text_of(client.get("/admin/"))
    GatewayState.objects.create(pk=THE_ROW, silent_since=timezone.now())
    assert silent in text_of(client.get(WORK))
    assert silent in text_of(sign_in(viewer).get("/admin/"))


def test_the_dashboard_counts_failures_and_parked_payments(
    client: Client, payment: Payment, viewer: User, sign_in: SignIn
) -> None:
    failed()
    control.start(payments=Payment.objects.all(), query="", actor=None, enqueue=lambda pk: None)
    VerificationItem.objects.update(outcome=ItemOutcome.PARKED, settled_at=timezone.now())
    waiting = {english(tile.label): tile for tile in client.get("/admin/").context["waiting"]}
    tile = waiting["Background tasks failed within a day"]
    assert (tile.number, tile.url) == ("1", f"{WORK}#failed")
    tile = waiting["Payments a run could not process"]
    assert (tile.number, tile.url) == ("1", f"{WORK}#parked")
    assert waiting["Runs that have not ended"].number == "1"
    others = {tile.url for tile in sign_in(viewer).get("/admin/").context["waiting"]}
    assert not any(url.startswith(WORK) for url in others)


def test_runs_of_both_kinds_that_have_not_ended_are_counted_together(
    finance: User, payment: Payment, sign_in: SignIn
) -> None:
    client = sign_in(finance)

    def tile() -> WaitingTile:
        waiting: list[WaitingTile] = client.get("/admin/").context["waiting"]
        tiles = {english(tile.label): tile for tile in waiting}
        return tiles["Runs that have not ended"]

    reconciliation.pause(run=begun())
    assert tile().number == "1"
    (row,) = client.get(tile().url).context["cl"].result_list
    assert (str(row), row.status) == ("2026-04-01", "paused")
    run = control.start(
        payments=Payment.objects.all(), query="", actor=None, enqueue=lambda pk: None
    )
    assert tile().number == "2"
    assert list(client.get(tile().url).context["cl"].result_list) == [run]

"""The question ends within its time, whatever the database does."""

import time

import pytest
from django.db import connection

from backoffice import health
from backoffice.health import Status
from backoffice.health.ask import Asking, examine, without_database
from backoffice.health.component import down
from payments.models import Worker
from tests.backoffice.troubled import held

pytestmark = pytest.mark.django_db(transaction=True)

NAMES = ["database", "migrations", "worker", "schedule", "gateway", "clock"]


def test_every_component_is_asked_and_the_worst_counts() -> None:
    now = health.ask()
    assert [component.name for component in now.components] == NAMES
    assert now.states["status"] == "degraded"
    assert now.states["worker"] == "never"
    assert now.trouble.startswith("worker never: ")


def test_a_database_that_hangs_is_silent_after_a_moment() -> None:
    with held():
        asking = Asking()
        began = time.monotonic()
        hanging = asking.health(within=0.1)
        assert time.monotonic() - began < 1
        assert hanging.states == {
            "status": "down",
            "database": "silent",
            **dict.fromkeys(NAMES[1:], "unknown"),
        }
        assert not asking.is_over
    # It ends by itself, and what it found is told to whoever waits for it.
    assert asking.health(within=20).states["database"] in {"ok", "busy", "silent"}
    assert asking.is_over


def test_what_can_not_be_asked_about_hides_nothing_else() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE payments_gatewaystate RENAME TO elsewhere")
        try:
            states = examine().states
        finally:
            cursor.execute("ALTER TABLE elsewhere RENAME TO payments_gatewaystate")
    assert [states[name] for name in ("database", "gateway", "clock")] == [
        "ok",
        "unknown",
        "uncompared",
    ]


def test_without_a_database_nothing_else_is_guessed() -> None:
    states = without_database(down("database", "gone", "It can't be reached.")).states
    assert set(states.values()) == {"down", "gone", "unknown"}


def test_no_connection_is_left_behind() -> None:
    Asking().health(within=20)
    assert health.ask().status is not Status.DOWN
    assert not Worker.objects.exists()
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
            "AND pid <> pg_backend_pid() AND query LIKE '%writetrial%'"
        )
        assert cursor.fetchone() == (0,)

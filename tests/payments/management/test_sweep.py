"""`manage.py sweep`, and the task of the same name: one sweep, and its figures."""

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from accounts.models import User
from payments import tasks
from payments.models import Payment, Product
from tests.gateway import SandboxGateway
from tests.payments.conftest import start


@pytest.fixture
def orders(sandbox: SandboxGateway, customer: User, product: Product) -> list[Payment]:
    """Two of yesterday's orders; one was paid and we heard nothing, the other left."""
    yesterday = timezone.now() - timedelta(hours=25)
    orders = [
        start(customer, product, checkout_key=key, requested_at=yesterday) for key in ("a", "b")
    ]
    sandbox.pay(orders[0].merchant_uid, 99_000)
    sandbox.pay(orders[1].merchant_uid, 99_000, outcome="ready")
    return orders


def output(*arguments: str) -> str:
    out = StringIO()
    call_command("sweep", *arguments, stdout=out)
    return out.getvalue()


def test_it_prints_how_many_orders_ended_how(orders: list[Payment]) -> None:
    assert output().split() == ["1", "paid", "1", "abandoned"]
    assert output() == "Nothing to ask about.\n"


def test_a_program_gets_json(orders: list[Payment]) -> None:
    counts = json.loads(output("--json"))
    assert {name: count for name, count in counts.items() if count} == {"paid": 1, "abandoned": 1}
    assert counts["unfinished"] is False


def test_it_says_when_time_is_over(orders: list[Payment]) -> None:
    assert "Time is over" in output("--seconds", "0")


def test_the_task_sweeps_and_queues_its_next_turn_only_while_there_is_more(
    orders: list[Payment], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "TURN", 0)
    assert tasks.sweep_orders.call()["unfinished"]
    assert DBTaskResult.objects.get().task_path == tasks.sweep_orders.module_path
    monkeypatch.setattr(tasks, "TURN", 20)
    assert tasks.sweep_orders.call()["abandoned"] == 1
    assert DBTaskResult.objects.count() == 1

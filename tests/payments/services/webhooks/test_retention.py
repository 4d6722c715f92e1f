"""Old deliveries are removed by what came of them; what moved money or waits never is."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from payments import tasks
from payments.models import DeliveryOutcome, WebhookDelivery, WebhookReplay
from payments.services.webhooks import forget, retention
from tests.gateway import SandboxGateway

DAY = timedelta(days=1)


def stored(outcome: str, *, age: timedelta) -> WebhookDelivery:
    return WebhookDelivery.objects.create(
        received_at=timezone.now() - age, outcome=outcome, imp_uid="imp_1"
    )


def removed(**terms: Any) -> set[str]:
    """Which outcomes are gone of deliveries of all of them, as old as can be."""
    for outcome in DeliveryOutcome:
        stored(outcome, age=2_000 * DAY)
    forget(now=timezone.now(), seconds=60)
    kept = set(WebhookDelivery.objects.values_list("outcome", flat=True))
    return set(DeliveryOutcome.values) - kept


def test_only_what_nothing_depends_on_is_removed(db: None) -> None:
    noise = {"forged", "unknown_order", "test_call", "invalid", "harmless"}
    assert removed() == noise


def test_nothing_is_removed_where_everything_is_kept(db: None, settings: Any) -> None:
    settings.WEBHOOK_KEEP_STRANGE_DAYS = settings.WEBHOOK_KEEP_HARMLESS_DAYS = 0
    assert removed() == set()


@pytest.mark.parametrize(
    ("outcome", "setting"),
    [
        ("forged", "WEBHOOK_KEEP_STRANGE_DAYS"),
        ("unknown_order", "WEBHOOK_KEEP_STRANGE_DAYS"),
        ("test_call", "WEBHOOK_KEEP_STRANGE_DAYS"),
        ("invalid", "WEBHOOK_KEEP_STRANGE_DAYS"),
        ("harmless", "WEBHOOK_KEEP_HARMLESS_DAYS"),
    ],
)
def test_each_has_its_term(db: None, settings: Any, outcome: str, setting: str) -> None:
    setattr(settings, setting, 10)
    old, young = stored(outcome, age=11 * DAY), stored(outcome, age=9 * DAY)
    assert forget(now=timezone.now(), seconds=60) == 1
    assert set(WebhookDelivery.objects.all()) == {young}
    assert old.pk


def test_many_go_a_chunk_at_a_time_with_the_record_of_their_replays(
    sandbox: SandboxGateway, operator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "CHUNK", 2)
    old = [stored("forged", age=100 * DAY) for _number in range(5)]
    WebhookReplay.objects.create(
        delivery=old[0], batch="a", actor=operator, asked_at=timezone.now()
    )
    assert forget(now=timezone.now(), seconds=0) == 2
    assert tasks.clear_out.func() == {"limits": 0, "webhooks": 3}
    assert not WebhookDelivery.objects.exists()
    assert not WebhookReplay.objects.exists()


def test_it_is_in_the_schedule() -> None:
    assert "clear_out" in {job.name for job in tasks.SCHEDULE}

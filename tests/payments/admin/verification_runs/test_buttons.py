"""A run is paused, resumed, stopped, and asked about again by whoever may."""

from datetime import timedelta

from django.test import Client
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from accounts.models import User
from payments.models import ItemOutcome, RunStatus, VerificationRun
from tests.payments.admin.conftest import SignIn, messages_on, text_of

from .pages import HTMX, change, page, settle


def test_a_run_is_paused_resumed_and_stopped(client: Client, run: VerificationRun) -> None:
    for button, status in (("pause", "paused"), ("resume", "running"), ("stop", "stopped")):
        assert f'action="{page(run, button)}"' in text_of(client.get(page(run)))
        assert client.post(page(run, button))["Location"] == page(run)
        run.refresh_from_db()
        assert run.status == status
    assert DBTaskResult.objects.count() == 1
    words = text_of(client.get(page(run)))
    assert "Nothing is known about 30 payments: it was stopped before their answers came." in words
    assert "Not known" in words
    assert "Still to do" not in words
    for button in ("pause", "resume", "stop"):
        assert f'action="{page(run, button)}"' not in words


def test_after_a_stop_the_page_waits_for_answers_that_are_under_way(
    client: Client, run: VerificationRun
) -> None:
    soon = timezone.now() + timedelta(minutes=1)
    under_way = [item.pk for item in run.items.order_by("pk")[:6]]
    run.items.filter(pk__in=under_way).update(claim="w1", claimed_until=soon)
    client.post(page(run, "stop"))
    words = text_of(client.get(page(run)))
    address = f"{page(run, 'progress')}?status=landing&outcome=waiting"
    assert "status=landing" in words
    assert page(run, "again") not in words
    assert 'hx-trigger="every 2s"' in text_of(client.get(address, headers=HTMX))
    assert 'hx-trigger="every 5s"' in text_of(client.get(page(run, "results"), headers=HTMX))
    settle(run, ItemOutcome.AGREES, 6, claim="", claimed_until=None)
    assert client.get(address, headers=HTMX)["HX-Refresh"] == "true"
    words = text_of(client.get(page(run)))
    assert "Nothing is known about 24 payments" in words
    assert "Ask about the 24 left over" in words
    assert "hx-get" not in words


def test_a_stop_after_which_every_answer_came_leaves_nothing_open(
    client: Client, run: VerificationRun
) -> None:
    settle(run, ItemOutcome.AGREES, 30)
    change(run, status=RunStatus.STOPPED, finished_at=timezone.now())
    assert "Every payment agrees with the gateway." in text_of(client.get(page(run)))


def test_who_was_slower_is_told_how_it_stands(client: Client, run: VerificationRun) -> None:
    change(run, status=RunStatus.DONE)
    for button in ("pause", "resume", "stop"):
        words = messages_on(client.post(page(run, button)))
        assert "Somebody was quicker. The run is now: Done. Nothing was changed." in words
    assert not DBTaskResult.objects.exists()


def test_what_stayed_open_is_asked_about_again_in_a_run_of_its_own(
    client: Client, run: VerificationRun
) -> None:
    settle(run, ItemOutcome.AGREES, 27)
    settle(run, ItemOutcome.UNKNOWN, 2)
    settle(run, ItemOutcome.PARKED, 1)
    assert page(run, "again") not in text_of(client.get(page(run)))
    change(run, status=RunStatus.DONE, started_at=timezone.now(), finished_at=timezone.now())
    words = text_of(client.get(page(run)))
    assert "Ask about the 3 left over" in words
    assert "Nothing is known about 3 payments." in words
    response = client.post(page(run, "again"))
    again = VerificationRun.objects.latest("pk")
    assert response["Location"] == page(again)
    assert again.total == 3
    assert f"What run {run.pk} left open" in text_of(client.get(page(again)))


def test_nothing_left_over_starts_nothing(client: Client, run: VerificationRun) -> None:
    settle(run, ItemOutcome.AGREES, 30)
    change(run, status=RunStatus.DONE)
    assert "Nothing was started" in messages_on(client.post(page(run, "again")))
    assert VerificationRun.objects.count() == 1


def test_buttons_are_for_whoever_may_ask_the_gateway(
    run: VerificationRun, viewer: User, sign_in: SignIn
) -> None:
    looking = sign_in(viewer)
    words = text_of(looking.get(page(run)))
    assert "Pause" not in words
    assert "Export results" not in words
    for button in ("pause", "resume", "stop", "again"):
        assert looking.post(page(run, button)).status_code == 403
    run.refresh_from_db()
    assert run.status == RunStatus.WAITING

"""Runs on screen: started from the list, watched, paused, taken home; nothing by looking."""

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from accounts.models import User
from benchmarks.datasets import paid_payments
from payments.models import (
    ItemOutcome,
    Payment,
    PersonalDataAccess,
    Product,
    RunStatus,
    VerificationItem,
    VerificationRun,
)
from payments.services.verification_runs import control
from tests.payments import builders
from tests.payments.admin.conftest import (
    LIST,
    RUNS,
    START_RUN,
    SignIn,
    act,
    messages_on,
    page_of,
    rows_of,
    text_of,
)

HTMX = {"hx-request": "true"}


def page(run: VerificationRun, part: str = "change") -> str:
    return reverse(f"admin:payments_verificationrun_{part}", args=[run.pk])


@pytest.fixture
def client(operator: User, sign_in: SignIn) -> Client:
    """The operator's browser."""
    return sign_in(operator)


@pytest.fixture
def payments(customer: User, product: Product) -> list[Payment]:
    """Thirty paid ones."""
    [found] = paid_payments.write(user=customer, product=product, count=30)
    return found


@pytest.fixture
def run(payments: list[Payment], operator: User) -> VerificationRun:
    """A run over them, as the operator asked for it."""
    return control.start(
        payments=Payment.objects.all(),
        query="status=paid",
        actor=operator,
        enqueue=lambda pk: None,
    )


def settle(run: VerificationRun, outcome: ItemOutcome, number: int, **fields: Any) -> list[int]:
    """So many of those that wait come out so; their payments."""
    waiting = list(run.items.filter(outcome=ItemOutcome.WAITING).order_by("pk")[:number])
    items = VerificationItem.objects.filter(pk__in=[item.pk for item in waiting])
    items.update(outcome=outcome, settled_at=timezone.now(), attempts=1, **fields)
    return [item.payment_id for item in waiting]


def change(run: VerificationRun, **fields: Any) -> None:
    VerificationRun.objects.filter(pk=run.pk).update(**fields)


# --- Starting -----------------------------------------------------------------------------------


def test_the_page_says_how_many_by_which_filter_and_how_many_calls(
    client: Client, payments: list[Payment], customer: User, product: Product
) -> None:
    builders.ordered(customer, product)
    words = text_of(client.get(f"{START_RUN}?status=paid,ready&amount_min=1000"))
    assert "<strong>31</strong> payments will be re-verified" in words
    assert "About 2, at most 8 at a time" in words
    assert re.search(r"Status</span> <strong>Paid, Not paid", words)
    assert not VerificationRun.objects.exists()


def test_starting_posts_the_filter_and_no_ids_and_leads_to_the_run(
    client: Client, payments: list[Payment], operator: User
) -> None:
    html = text_of(client.get(f"{START_RUN}?status=paid&o=-4&p=2"))
    form = html.split('<form method="post" class="once">')[1].split("</form>")[0]
    assert re.findall(r'name="(\w+)"', form) == ["csrfmiddlewaretoken"]
    response = client.post(f"{START_RUN}?status=paid&o=-4&p=2")
    run = VerificationRun.objects.get()
    assert response["Location"] == page(run)
    assert (run.query, run.total, run.requested_by) == ("status=paid", 30, operator)
    assert DBTaskResult.objects.get().args_kwargs["args"] == [run.pk]


def test_a_period_is_kept_as_its_days(client: Client, customer: User, product: Product) -> None:
    builders.paid(customer, product, at=timezone.now())
    client.post(f"{START_RUN}?period=7d")
    kept = QueryDict(VerificationRun.objects.get().query)
    assert set(kept) == {"from", "to"}
    assert "7 days" not in text_of(client.get(RUNS))


def test_ticked_payments_become_a_run_of_exactly_those(
    client: Client, payments: list[Payment]
) -> None:
    ticked = payments[:25]
    response = act(client, "reverify", *ticked, query="status=paid")
    words = text_of(client.get(response["Location"]))
    assert "25 ticked payments" in words
    assert f'href="{LIST}?status=paid"' in words
    client.post(response["Location"])
    run = VerificationRun.objects.get()
    assert set(run.items.values_list("payment", flat=True)) == {payment.pk for payment in ticked}
    assert "25 ticked payments" in text_of(client.get(page(run)))


def test_more_ticked_payments_than_an_address_holds_are_refused(client: Client) -> None:
    ids = "&".join(f"id={number}" for number in range(201))
    assert client.get(f"{START_RUN}?{ids}").status_code == 400


def test_nothing_to_ask_about_starts_nothing(client: Client, payments: list[Payment]) -> None:
    assert "nothing to ask about" in text_of(client.get(f"{START_RUN}?status=failed"))
    response = client.post(f"{START_RUN}?status=failed")
    assert response["Location"] == f"{LIST}?status=failed"
    assert "Nothing was started" in messages_on(response)


def test_a_second_run_over_the_same_filter_is_pointed_out(
    client: Client, run: VerificationRun
) -> None:
    words = text_of(client.get(f"{START_RUN}?status=paid"))
    assert f"Run {run.pk} over the same filter has not ended" in words
    assert "has not ended" not in text_of(client.get(f"{START_RUN}?status=paid,ready"))


# --- The list -----------------------------------------------------------------------------------


def test_the_list_says_who_when_what_and_how_far(client: Client, run: VerificationRun) -> None:
    settle(run, ItemOutcome.AGREES, 10)
    settle(run, ItemOutcome.DIFFERS, 1)
    settle(run, ItemOutcome.NOT_FOUND, 1)
    words = text_of(client.get(RUNS))
    assert f"#{run.pk}</a>" in words
    assert "operator@example.com" in words
    assert '<span class="soft">Status</span> Paid' in words
    assert "12 / 30" in words
    assert f'<a href="{page(run)}#results" class="differs">2</a>' in words


def test_the_list_can_show_those_that_have_not_ended(client: Client, run: VerificationRun) -> None:
    links = re.findall(r'<a href="(\?[^"]*)"', text_of(client.get(RUNS)).split("run-views")[1])
    views = {unescape(link): client.get(RUNS + unescape(link)).context["cl"] for link in links[:4]}
    assert [len(view.result_list) for view in views.values()] == [1, 1, 0, 0]
    change(run, status=RunStatus.DONE)
    assert [client.get(RUNS + link).context["cl"].result_count for link in views] == [1, 0, 1, 0]


def test_the_list_takes_as_many_queries_for_one_run_as_for_twenty(
    client: Client, payments: list[Payment], run: VerificationRun
) -> None:
    numbers = []
    for more in (0, 19):
        for _ in range(more):
            control.start(
                payments=Payment.objects.filter(pk=payments[0].pk),
                query="status=paid&q=order:1",
                actor=None,
                enqueue=lambda pk: None,
            )
        with CaptureQueriesContext(connection) as captured:
            client.get(RUNS)
        numbers.append(len(captured))
    assert numbers[0] == numbers[1]


def test_what_others_searched_for_is_masked(client: Client, run: VerificationRun) -> None:
    change(run, query="q=kim%40example.com+name%3A%EA%B9%80%EB%AF%BC%EC%A7%80+order%3A2026+imp_12")
    for address in (RUNS, page(run)):
        words = text_of(client.get(address))
        assert "ki***@example.com name:*** order:2026 imp_12" in words
        assert "kim@" not in words
        assert "김민지" not in words


# --- The page -----------------------------------------------------------------------------------


def test_the_page_counts_by_outcome_and_opens_on_what_is_in_trouble(
    client: Client, run: VerificationRun
) -> None:
    settle(run, ItemOutcome.AGREES, 20)
    differs = settle(run, ItemOutcome.DIFFERS, 2, findings="amount,currency,gone")
    settle(run, ItemOutcome.UNKNOWN, 1, error="GET /payments: HTTP 500")
    words = text_of(client.get(page(run)))
    link = r'<a id="outcome-(\w+)" href="([^"]*)"[^>]*><span class="number">([^<]*)<'
    assert {name: number for name, _url, number in re.findall(link, words)} == {
        "parked": "0", "unknown": "1", "differs": "2", "not_found": "0",
        "moved": "0", "agrees": "20", "waiting": "7",
    }  # fmt: skip
    links = {name: url for name, url, _number in re.findall(link, words)}
    assert 'aria-valuenow="76"' in words
    assert "<strong>23</strong> / 30" in words
    assert "GET /payments: HTTP 500" in words
    words = text_of(client.get(links["differs"].partition("#")[0]))
    assert "The amount differs; The currency differs; gone" in words
    for pk in differs:
        assert page_of(Payment.objects.get(pk=pk)) in words


def test_what_holds_a_run_up_is_said(client: Client, run: VerificationRun) -> None:
    now = timezone.now()
    assert "It starts as soon as a worker is free." in text_of(client.get(page(run)))
    change(run, status=RunStatus.RUNNING, started_at=now, seen_at=now)
    assert "The gateway is being asked." in text_of(client.get(page(run)))
    change(
        run,
        not_before=now + timedelta(minutes=1),
        silences=3,
        last_error="GET /payments: HTTP 502 (no JSON)",
    )
    words = text_of(client.get(page(run)))
    assert "The gateway does not answer. It is asked again at" in words
    assert "HTTP 502 (no JSON)" in words
    change(run, not_before=None, seen_at=now - timedelta(minutes=7))
    assert "No worker has touched it for 7 min" in text_of(client.get(page(run)))


def test_the_page_takes_as_many_queries_however_many_payments(
    client: Client, run: VerificationRun, customer: User, product: Product
) -> None:
    numbers = []
    for outcome in (ItemOutcome.AGREES, ItemOutcome.DIFFERS):
        settle(run, outcome, 1 if outcome is ItemOutcome.AGREES else 29)
        with CaptureQueriesContext(connection) as captured:
            client.get(page(run))
        numbers.append(len(captured))
    assert numbers[0] == numbers[1]


def test_a_part_is_fetched_again_until_the_run_moves_on(
    client: Client, run: VerificationRun
) -> None:
    address = f"{page(run, 'progress')}?status=waiting&outcome=differs"
    part = client.get(address, headers=HTMX)
    assert "<html" not in text_of(part)
    assert 'hx-trigger="every 2s"' in text_of(part)
    assert f'hx-get="{page(run, "progress")}?status=waiting&amp;outcome=differs"' in text_of(part)
    change(run, status=RunStatus.DONE, finished_at=timezone.now())
    assert client.get(address, headers=HTMX)["HX-Refresh"] == "true"
    ended = text_of(client.get(page(run)))
    assert "hx-get" not in ended
    # Without a script the address leads to the page.
    assert client.get(address)["Location"] == page(run)
    assert client.get(page(run, "results"))["Location"].startswith(page(run))


def test_results_come_in_by_themselves_on_the_first_page(
    client: Client, run: VerificationRun
) -> None:
    settle(run, ItemOutcome.AGREES, 1)
    part = text_of(client.get(f"{page(run, 'results')}?outcome=agrees", headers=HTMX))
    assert "<html" not in part
    assert part.count("<tr>") == 2
    assert 'hx-trigger="every 5s"' in part
    later = text_of(client.get(f"{page(run)}?outcome=agrees&after=1"))
    assert 'hx-trigger="every 5s"' not in later
    assert "Back to the first" in later


@pytest.mark.parametrize("query", ["outcome=bogus", "after=abc", "after=-1", "outcome=&after=%00"])
def test_a_strange_address_is_no_error(client: Client, run: VerificationRun, query: str) -> None:
    assert client.get(f"{page(run)}?{query}").status_code == 200


# --- Buttons ------------------------------------------------------------------------------------


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


def test_what_it_changed_is_said_first_and_never_that_every_payment_agreed(
    client: Client, run: VerificationRun
) -> None:
    settle(run, ItemOutcome.MOVED, 2, became="cancelled", moved_amount=-105_000)
    settle(run, ItemOutcome.MOVED, 1, became="paid", moved_amount=99_000)
    settle(run, ItemOutcome.MOVED, 1, became="failed")
    words = text_of(client.get(page(run)))
    lines = re.findall(r'<p class="run-(?:changed|sentence)[^"]*">([^<]*)</p>', words)
    assert lines == [
        "1 payment became paid (+₩99,000).",
        "2 payments became cancelled (−₩210,000).",
        "1 payment became failed.",
        "It starts as soon as a worker is free.",
    ]
    assert 'aria-live="polite"' in words
    assert re.search(r"became failed\. 10% done, 0 do not agree\.</p>", words)
    settle(run, ItemOutcome.AGREES, 26)
    change(run, status=RunStatus.DONE, finished_at=timezone.now())
    for address in (page(run), page(run, "progress") + "?status=done"):
        words = text_of(client.get(address, headers=HTMX))
        lines = re.findall(r'<p class="run-(?:changed|sentence)[^"]*">([^<]*)</p>', words)
        assert lines[1] == "2 payments became cancelled (−₩210,000)."
        assert lines[-1] == "All others agree with the gateway."
        assert "Every payment agrees" not in words
    rows = text_of(client.get(f"{page(run)}?outcome=moved"))
    each = re.findall(r'<td class="found[^"]*">([^<]+)</td>', rows)
    assert each == [*["Cancelled (−₩105,000)"] * 2, "Paid (+₩99,000)", "Failed"]
    row = text_of(client.get(RUNS))
    assert f'<a href="{page(run)}?outcome=moved#results" class="changed">' in row
    assert "Cancelled 2 (−₩210,000)" in row


def test_a_run_that_moved_all_of_its_payments_says_that_they_agree_now(
    client: Client, run: VerificationRun
) -> None:
    settle(run, ItemOutcome.MOVED, 30)
    change(run, status=RunStatus.DONE, finished_at=timezone.now())
    words = text_of(client.get(page(run)))
    assert "30 payments were brought up to date; their status stayed." in words
    assert "All of them agree with the gateway now." in words


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


# --- Taking results home ------------------------------------------------------------------------


@pytest.fixture
def exporter(finance: User, sign_in: SignIn) -> Client:
    """Somebody who may export."""
    return sign_in(finance)


def test_what_a_run_changed_adds_up_in_its_file(exporter: Client, run: VerificationRun) -> None:
    settle(run, ItemOutcome.MOVED, 2, became="cancelled", moved_amount=-105_000)
    settle(run, ItemOutcome.AGREES, 28)
    rows = rows_of(exporter.post(page(run, "export"), {"reason": "4월 대사"}))
    changed = [(row["Became"], row["Won that moved"]) for row in rows]
    assert changed == [("cancelled", "-105000")] * 2 + [("", "0")] * 28


def test_results_are_exported_with_the_reason_on_record_and_no_personal_data(
    exporter: Client, run: VerificationRun, customer: User, finance: User
) -> None:
    settle(run, ItemOutcome.DIFFERS, 1, findings="amount", error="=1+1")
    settle(run, ItemOutcome.AGREES, 29)
    response = exporter.post(page(run, "export"), {"reason": "4월 대사"})
    rows = rows_of(response)
    assert len(rows) == 30
    assert rows[0]["Outcome"] == "differs"
    assert rows[0]["Differences in words"] == "The amount differs"
    assert rows[0]["Error"] == "'=1+1"
    assert rows[0]["Settled"].endswith("+09:00")
    assert customer.email not in str(rows)
    access = PersonalDataAccess.objects.get()
    assert (access.actor, access.reason, access.unmasked, access.rows) == (
        finance,
        "4월 대사",
        False,
        30,
    )
    assert access.query.startswith(f"run={run.pk}")


def test_the_file_says_why_there_was_no_answer_in_the_words_of_the_screen(
    exporter: Client, run: VerificationRun
) -> None:
    why = "refused: GET /payments/imp_1: the gateway refused our keys (status 403, code -1)"
    settle(run, ItemOutcome.UNKNOWN, 1, error=why)
    [row] = rows_of(exporter.post(f"{page(run, 'export')}?outcome=unknown", {"reason": "4월 대사"}))
    assert row["Error"].startswith("The payment gateway refuses our API key")
    assert row["Error"] in unescape(text_of(exporter.get(f"{page(run)}?outcome=unknown")))


def test_results_of_one_outcome_can_be_taken_alone(exporter: Client, run: VerificationRun) -> None:
    settle(run, ItemOutcome.DIFFERS, 2)
    address = f"{page(run, 'export')}?outcome=differs"
    assert ">2</dd>" in text_of(exporter.get(address))
    assert len(rows_of(exporter.post(address, {"reason": "4월 대사"}))) == 2


def test_of_a_stopped_run_the_file_says_what_is_not_known(
    exporter: Client, run: VerificationRun
) -> None:
    change(run, status=RunStatus.STOPPED)
    rows = rows_of(exporter.post(page(run, "export"), {"reason": "4월 대사"}))
    assert {row["Outcome in words"] for row in rows} == {"Not known"}


def test_without_a_reason_nothing_leaves(exporter: Client, run: VerificationRun) -> None:
    response = exporter.post(page(run, "export"), {"reason": "x"})
    assert response.headers["Content-Type"].startswith("text/html")
    assert not PersonalDataAccess.objects.exists()

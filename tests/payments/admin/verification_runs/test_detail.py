"""A run on screen: what came of its payments, what holds it up, fetched while it works."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from payments.models import ItemOutcome, Payment, Product, RunStatus, VerificationRun
from tests.payments.admin.conftest import RUNS, page_of, text_of

from .pages import HTMX, change, page, settle


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

"""The list of runs: who, when, what, how far; nothing by looking."""

import re
from html import unescape

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from payments.models import ItemOutcome, Payment, RunStatus, VerificationRun
from payments.services.verification_runs import control
from tests.payments.admin.conftest import RUNS, text_of

from .pages import change, page, settle


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

"""Runs are started from the list: by its filter or what is ticked, on a page that says so."""

import re

import pytest
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from accounts.models import User
from payments.admin.payments import start_run
from payments.core.db import paginator
from payments.models import Payment, Product, VerificationRun
from payments.services.roll_ups.fold import fold
from tests.payments import builders
from tests.payments.admin.conftest import LIST, RUNS, START_RUN, act, messages_on, text_of

from .pages import page


def test_the_page_says_how_many_by_which_filter_and_how_many_calls(
    client: Client, payments: list[Payment], customer: User, product: Product
) -> None:
    builders.ordered(customer, product)
    words = text_of(client.get(f"{START_RUN}?status=paid,ready&amount_min=1000"))
    assert "<strong>31</strong> payments will be re-verified" in words
    assert "About 2, at most 8 at a time" in words
    assert re.search(r"Status</span> <strong>Paid, Not paid", words)
    assert not VerificationRun.objects.exists()


def test_more_than_a_list_counts_is_counted_when_the_run_starts(
    client: Client, payments: list[Payment], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counting them for the page would read them all, and the page says openly that it did not."""
    monkeypatch.setattr(paginator, "COUNTED_AT_MOST", 20)
    monkeypatch.setattr(start_run, "COUNTED_AT_MOST", 20)
    query = "status=paid&amount_min=1000"
    with CaptureQueriesContext(connection) as queries:
        words = text_of(client.get(f"{START_RUN}?{query}"))
    assert "<strong>More than 20</strong> payments will be re-verified" in words
    assert "counted when the run starts" in words
    assert "GROUP BY" not in str(queries.captured_queries)
    client.post(f"{START_RUN}?{query}")
    assert VerificationRun.objects.get().total == 30


def test_sums_that_are_kept_tell_the_number_however_many_there_are(
    client: Client, payments: list[Payment], monkeypatch: pytest.MonkeyPatch
) -> None:
    Payment.objects.filter(pk=payments[0].pk).update(is_test=True)
    while fold(seconds=60):
        pass
    monkeypatch.setattr(paginator, "COUNTED_AT_MOST", 20)
    words = text_of(client.get(f"{START_RUN}?status=paid"))
    assert "<strong>30</strong> payments will be re-verified" in words
    assert "About 1, at most 8 at a time" in words


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

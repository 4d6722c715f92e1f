"""Reconciliations on screens: asked for, watched while they work, paused, stopped, and read."""

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from accounts.models import User
from payments.core.kst import day_of
from payments.models import Bucket, Discrepancy, Product, ReconciliationRun, RunStatus
from tests.gateway import SandboxGateway
from tests.payments import builders
from tests.payments.admin.conftest import SignIn, messages_on, page_of, text_of
from tests.payments.books import begun, ended, mirror, reconciled
from tests.responses import ClientResponse

LIST = "/admin/payments/reconciliationrun/"
START = f"{LIST}start/"
QUEUE = "/admin/payments/discrepancy/"


@pytest.fixture
def client(finance: User, sign_in: SignIn) -> Client:
    """The browser of the finance person."""
    return sign_in(finance)


def address(run: ReconciliationRun, what: str = "change") -> str:
    return reverse(f"admin:payments_reconciliationrun_{what}", args=[run.pk])


def ask(client: Client, first: Any, last: Any) -> ClientResponse:
    return client.post(START, {"first_day": first, "last_day": last})


def live(client: Client, run: ReconciliationRun, status: str = "") -> ClientResponse:
    """What the page fetches again and again."""
    query = {"status": status or run.status}
    return client.get(address(run, "progress"), query, headers={"HX-Request": "true"})


class TestAskingForOne:
    @pytest.mark.parametrize(
        ("period", "days_ago"), [("", (1, 1)), ("yesterday", (1, 1)), ("7d", (6, 0)), ("x", (1, 1))]
    )
    def test_a_preset_fills_in_the_days(
        self, client: Client, period: str, days_ago: tuple[int, int]
    ) -> None:
        form = client.get(f"{START}?period={period}").context["form"]
        today = day_of(timezone.now())
        days = tuple(today - timedelta(days=number) for number in days_ago)
        assert (form["first_day"].value(), form["last_day"].value()) == days

    def test_it_starts_in_the_name_of_who_asked_and_is_queued(
        self, client: Client, finance: User
    ) -> None:
        response = ask(client, "2026-04-01", "2026-04-02")
        run = ReconciliationRun.objects.get()
        assert response["Location"] == address(run)
        assert (run.requested_by, run.requested_name) == (finance, str(finance))
        assert (str(run.first_day), str(run.last_day)) == ("2026-04-01", "2026-04-02")
        task = DBTaskResult.objects.get()
        assert task.task_path == "payments.tasks.reconcile"
        assert task.args_kwargs["args"] == [run.pk]

    @pytest.mark.parametrize(
        ("first", "last", "field", "words"),
        [
            ("2026-04-02", "2026-04-01", "last_day", "after the last one"),
            ("2026-04-01", "2999-01-01", "last_day", "have not begun"),
            ("2020-01-01", "2026-04-01", "first_day", "At most 366 days"),
            ("", "2026-04-01", "first_day", "required"),
            ("first of April", "2026-04-01", "first_day", "valid date"),
            ("1901-01-01", "2026-04-01", "first_day", "as early as this"),
        ],
    )
    def test_a_refusal_names_the_field(
        self, client: Client, first: str, last: str, field: str, words: str
    ) -> None:
        page = ask(client, first, last)
        assert list(page.context["form"].errors) == [field]
        assert words in text_of(page)
        assert not ReconciliationRun.objects.exists()
        assert not DBTaskResult.objects.exists()

    def test_a_run_over_the_same_days_is_pointed_out(self, client: Client, db: None) -> None:
        today = day_of(timezone.now())
        yesterday = today - timedelta(days=1)
        run = begun(yesterday)
        page = text_of(client.get(START))
        assert "has not ended yet" in page
        assert f'href="{address(run)}"' in page
        # On the first of a month yesterday is of the last one.
        without = "last_month" if yesterday.month == today.month else "this_month"
        assert "has not ended yet" not in text_of(client.get(f"{START}?period={without}"))

    def test_who_asked_is_a_person_a_command_or_the_clock(
        self, client: Client, finance: User
    ) -> None:
        begun()
        assert "By the clock" in text_of(client.get(LIST))
        begun(command="manage.py reconcile")
        page = text_of(client.get(LIST))
        assert "Command line" in page
        assert str(finance) not in page.split("result_list")[1]
        ask(client, "2026-04-01", "2026-04-02")
        assert str(finance) in text_of(client.get(LIST)).split("result_list")[1]

    def test_a_get_starts_nothing(self, client: Client) -> None:
        client.get(f"{START}?first_day=2026-04-01&last_day=2026-04-01")
        assert not ReconciliationRun.objects.exists()

    @pytest.mark.parametrize("name", ["viewer", "operator", "approver"])
    def test_it_is_for_those_who_reconcile(
        self, sign_in: SignIn, name: str, request: pytest.FixtureRequest
    ) -> None:
        client = sign_in(request.getfixturevalue(name))
        assert START not in text_of(client.get(LIST))
        assert ask(client, "2026-04-01", "2026-04-01").status_code == 403
        assert not ReconciliationRun.objects.exists()


def buckets_on(page: ClientResponse) -> list[tuple[str, str, str]]:
    """(bucket, URL, number) of each bucket of what a run found."""
    link = r'<a id="bucket-(\w+)" href="([^"]*)"><span class="number">([^<]*)<'
    return [(name, unescape(url), number) for name, url, number in re.findall(link, text_of(page))]


class TestThePage:
    def test_it_shows_what_was_found_and_leads_to_it(
        self, client: Client, customer: User, product: Product, sandbox: SandboxGateway
    ) -> None:
        payments = [builders.paid(customer, product) for _number in range(3)]
        mirror(sandbox, payments, {payments[0].pk: {"amount": 100}})
        sandbox.pay("order-elsewhere", 5_000, paid_at=int(builders.NOON.timestamp()))
        run = reconciled()
        page = client.get(address(run))
        figures = {name: number for name, _word, number, _meaning in page.context["figures"]}
        assert (figures["ours"], figures["theirs"], figures["agree"]) == (3, 4, 2)
        assert page.context["sentence"] == "2 discrepancies."
        for bucket, url, number in buckets_on(page):
            (discrepancy,) = client.get(url).context["cl"].result_list
            assert (discrepancy.buckets, number) == ([bucket], "1")
        assert {bucket for bucket, *_ in buckets_on(page)} == {"amount", "missing_here"}

    def test_it_still_leads_to_all_that_it_saw_when_later_runs_have_seen_the_same(
        self, client: Client, customer: User, product: Product, sandbox: SandboxGateway
    ) -> None:
        payments = [builders.paid(customer, product) for _number in range(3)]
        lies: dict[int, dict[str, Any]] = {
            payments[0].pk: {"amount": 1},
            payments[1].pk: {"currency": "USD"},
        }
        mirror(sandbox, payments, lies)
        runs = [reconciled() for _number in range(3)]
        for run in runs:
            everything = client.get(f"{QUEUE}?state=all&run={run.pk}")
            assert len(everything.context["cl"].result_list) == 2
            buckets = buckets_on(client.get(address(run)))
            assert len(buckets) == 2
            for bucket, url, number in buckets:
                rows = client.get(url).context["cl"].result_list
                assert [row.buckets for row in rows] == [[bucket]] * int(number)

    def test_one_that_differs_in_several_things_is_one_discrepancy(
        self, client: Client, customer: User, product: Product, sandbox: SandboxGateway
    ) -> None:
        payment = builders.paid(customer, product)
        mirror(sandbox, [payment], {payment.pk: {"amount": 100, "currency": "USD"}})
        page = client.get(address(reconciled()))
        assert (page.context["sentence"], page.context["differences"]) == ("1 discrepancy.", 1)
        assert {bucket for bucket, *_ in buckets_on(page)} == {"amount", "currency"}
        for _bucket, url, number in buckets_on(page):
            assert (len(client.get(url).context["cl"].result_list), number) == (1, "1")
        assert 'class="differs">1</a>' in text_of(client.get(LIST))

    def test_its_figures_can_be_added_up_by_hand(
        self, client: Client, customer: User, product: Product, sandbox: SandboxGateway
    ) -> None:
        payments = [builders.paid(customer, product) for _number in range(4)]
        mirror(sandbox, payments[:3], {payments[0].pk: {"amount": 100}})
        noon = int(builders.NOON.timestamp())
        sandbox.pay("window-of-nobody", 5_000, outcome="ready", started_at=noon)
        sandbox.pay(payments[1].merchant_uid, 99_000, paid_at=noon)
        page = client.get(address(reconciled()))
        figures = {name: number for name, _word, number, _meaning in page.context["figures"]}
        assert (figures["only_there"], figures["only_here"], figures["differ"]) == (2, 1, 3)
        assert page.context["sums"] in text_of(page)
        for words in ("Here: 4 + 2 = 6.", "gateway: 5 + 1 = 6.", "became of them: 2 + 1 + 3 = 6."):
            assert words in page.context["sums"]

    def test_a_run_from_before_these_figures_claims_no_sum(self, client: Client, db: None) -> None:
        run = begun()
        counts = {"ours": 3, "theirs": 4, "agree": 3, "missing_here": 1}
        ReconciliationRun.objects.filter(pk=run.pk).update(status=RunStatus.DONE, counts=counts)
        page = client.get(address(run))
        assert page.context["sums"] == ""
        assert "counted once" not in text_of(page)

    def test_when_both_books_agree_it_says_so(
        self, client: Client, customer: User, product: Product, sandbox: SandboxGateway
    ) -> None:
        mirror(sandbox, [builders.paid(customer, product)])
        page = client.get(address(reconciled()))
        assert page.context["sentence"] == "Both books agree."
        assert page.context["percent"] == 100
        assert "hx-get" not in text_of(page)

    def test_what_moved_is_named_by_id(
        self, client: Client, customer: User, product: Product, sandbox: SandboxGateway
    ) -> None:
        payment = builders.refunded(customer, product, refund=99_000)
        later = int((builders.NOON + timedelta(days=40)).timestamp())
        type(payment).objects.filter(pk=payment.pk).update(
            cancelled_at=builders.NOON + timedelta(days=40)
        )
        payment.refresh_from_db()
        mirror(sandbox, [payment], {payment.pk: {"cancelled_at": later}})
        page = text_of(client.get(address(reconciled())))
        assert 'Moved to another time <span class="number">1</span>' in page
        assert 'id="unknown"' not in page
        assert f'<a href="{page_of(payment)}"><code class="id">{payment.imp_uid}</code>' in page

    def test_of_many_ids_the_first_are_shown_and_the_rest_on_demand(
        self, client: Client, db: None
    ) -> None:
        run = begun()
        ids = [f"imp_{number}" for number in range(100)]
        ReconciliationRun.objects.filter(pk=run.pk).update(unknown=ids, counts={"unknown": 1_200})
        page = text_of(client.get(address(run)))
        assert page.count('<li><code class="id">imp_') == 60
        assert 'No answer from the gateway <span class="number">1,200</span>' in page
        assert "The first thousand are kept by id." in page
        assert 'href="?ids=unknown#unknown"' in page
        page = text_of(client.get(f"{address(run)}?ids=unknown"))
        assert page.count('<li><code class="id">imp_') == 100
        assert 'href="?ids=unknown#unknown"' not in page

    def test_it_says_how_far_it_is_and_asks_again_by_itself(self, client: Client, db: None) -> None:
        run = begun()
        noon = int(builders.NOON.timestamp())
        now = timezone.now()
        ReconciliationRun.objects.filter(pk=run.pk).update(
            status=RunStatus.RUNNING, cursor=noon, started_at=now, seen_at=now
        )
        run.refresh_from_db()
        page = client.get(address(run))
        assert page.context["percent"] == 50
        assert page.context["sentence"] == "Both books are compared up to 2026-04-01 12:00 KST."
        text = text_of(page)
        assert f'hx-get="{address(run, "progress")}?status=running"' in text
        assert 'hx-trigger="every 2s"' in text
        assert 'role="status" aria-live="polite"' in text

    @pytest.mark.parametrize(
        ("fields", "words"),
        [
            ({}, "It starts as soon as a worker is free."),
            ({"status": "paused"}, "Nothing new is asked until somebody resumes it."),
            ({"status": "stopped"}, "It was stopped before anything was compared."),
            (
                {"status": "running", "not_before": timedelta(seconds=50)},
                "The gateway does not answer. The run waits for it until",
            ),
            (
                {"status": "running", "seen_at": timedelta(hours=-1)},
                "No worker has touched it for 1 h",
            ),
        ],
    )
    def test_its_state_is_said_in_words(
        self, client: Client, fields: dict[str, Any], words: str
    ) -> None:
        run, now = begun(), timezone.now()
        values = {
            name: now + value if isinstance(value, timedelta) else value
            for name, value in fields.items()
        }
        ReconciliationRun.objects.filter(pk=run.pk).update(**values)
        assert client.get(address(run)).context["sentence"].startswith(words)

    def test_what_nobody_answered_is_unknown_and_not_missing(
        self, client: Client, db: None
    ) -> None:
        run = begun()
        ReconciliationRun.objects.filter(pk=run.pk).update(
            status=RunStatus.DONE, counts={"unknown": 1}, unknown=["imp_1"]
        )
        page = client.get(address(run))
        assert "Nothing is known about 1 payment" in page.context["sentence"]
        assert "Both books agree" not in text_of(page)

    def test_the_part_that_is_fetched_again_costs_the_same_however_much_was_found(
        self, client: Client, db: None
    ) -> None:
        run = begun()
        numbers = []
        for counts in ({}, {bucket.value: 1_000 for bucket in Bucket}):
            ReconciliationRun.objects.filter(pk=run.pk).update(counts=counts)
            live(client, run)
            with CaptureQueriesContext(connection) as queries:
                assert live(client, run).status_code == 200
            numbers.append(len(queries))
        assert numbers[0] == numbers[1] <= 6

    def test_a_run_that_has_moved_on_draws_its_page_anew(self, client: Client, db: None) -> None:
        run = begun()
        assert live(client, run, status="running").headers["HX-Refresh"] == "true"
        # Without a script the address leads to the page.
        assert client.get(address(run, "progress"))["Location"] == address(run)


class TestItsButtons:
    def press(self, client: Client, run: ReconciliationRun, what: str) -> Any:
        response = client.post(address(run, what))
        run.refresh_from_db()
        return response

    def test_it_is_paused_resumed_and_stopped(self, client: Client, db: None) -> None:
        run = begun()
        self.press(client, run, "pause")
        assert run.status == RunStatus.PAUSED
        self.press(client, run, "resume")
        assert run.status == RunStatus.RUNNING
        assert DBTaskResult.objects.get().args_kwargs["args"] == [run.pk]
        self.press(client, run, "stop")
        assert run.status == RunStatus.STOPPED

    def test_a_paused_run_goes_on_where_it_stood(
        self, client: Client, customer: User, product: Product, sandbox: SandboxGateway
    ) -> None:
        mirror(sandbox, [builders.paid(customer, product)])
        run = begun()
        self.press(client, run, "pause")
        self.press(client, run, "resume")
        assert ended(run).status == RunStatus.DONE

    def test_who_comes_too_late_is_told_how_it_is_now(self, client: Client, db: None) -> None:
        run = begun()
        self.press(client, run, "stop")
        for what in ("pause", "resume", "stop"):
            words = messages_on(self.press(client, run, what))
            assert "Somebody was quicker. The run is now: Stopped." in words

    def test_buttons_are_there_for_those_who_may(
        self, client: Client, viewer: User, sign_in: SignIn
    ) -> None:
        run = begun()
        assert address(run, "pause") in text_of(client.get(address(run)))
        page = text_of(sign_in(viewer).get(address(run)))
        for what in ("pause", "resume", "stop"):
            assert address(run, what) not in page


class TestTheList:
    def test_it_shows_the_figures_of_each(
        self, client: Client, customer: User, product: Product, sandbox: SandboxGateway
    ) -> None:
        payments = [builders.paid(customer, product) for _number in range(2)]
        mirror(sandbox, payments, {payments[0].pk: {"amount": 100}})
        run = reconciled()
        page = text_of(client.get(LIST))
        assert "2026-04-01" in page
        assert "2 / 2" in page
        assert f'href="{QUEUE}?state=all&amp;run={run.pk}"' in page
        assert "Amount differs 1" in page
        assert 'aria-hidden="true">Discrepancies</span>' in page

    def test_it_costs_the_same_however_long_it_is(self, client: Client, db: None) -> None:
        numbers = []
        for count in (1, 20):
            for _number in range(count):
                begun()
            client.get(LIST)
            with CaptureQueriesContext(connection) as queries:
                client.get(LIST)
            numbers.append(len(queries))
        assert numbers[0] == numbers[1] <= 12

    def test_a_discrepancy_names_the_runs_that_saw_it(
        self, client: Client, customer: User, product: Product, sandbox: SandboxGateway
    ) -> None:
        payment = builders.paid(customer, product)
        mirror(sandbox, [payment], {payment.pk: {"amount": 100}})
        first, last = reconciled(), reconciled()
        discrepancy = Discrepancy.objects.get()
        page = text_of(client.get(f"{QUEUE}{discrepancy.pk}/change/"))
        assert f'href="{address(first)}"' in page
        assert f'href="{address(last)}"' in page

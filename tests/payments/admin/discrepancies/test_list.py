"""The queue of discrepancies on screens: who may do what, one set for list, totals and export."""

import re
from datetime import timedelta
from urllib.parse import parse_qs

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from payments.admin.shared.links import OLDEST_FIRST
from payments.models import Bucket, Discrepancy, Payment, PersonalDataAccess, Product
from payments.services import reconciliation
from payments.services.verification.verify import verify
from payments.states import Source
from tests.gateway import SandboxGateway
from tests.payments import builders
from tests.payments.admin.conftest import SignIn, page_of, rows_of, text_of
from tests.payments.books import begun, filed, missing_here, reconciled

from .pages import LIST, address, close, exported, figures_on, listed, own


@pytest.fixture
def payment(customer: User, product: Product) -> Payment:
    """Paid on the first of April."""
    return builders.paid(customer, product)


@pytest.fixture
def discrepancy(payment: Payment) -> Discrepancy:
    """The gateway has 1,000 won more."""
    return filed(payment)


@pytest.fixture
def client(finance: User, sign_in: SignIn) -> Client:
    """The browser of the finance person."""
    return sign_in(finance)


class TestTheQueue:
    def test_it_shows_what_is_open_with_both_sides(
        self, client: Client, discrepancy: Discrepancy
    ) -> None:
        page = text_of(client.get(LIST))
        assert "Amount differs" in page
        assert "₩1,000 more at the gateway" in page
        assert '<span class="amount differs">₩99,000</span>' in page
        assert '<span class="amount differs">₩100,000</span>' in page

    def test_a_side_that_has_no_such_payment_says_so(self, client: Client, db: None) -> None:
        missing_here("imp_1", "order-1")
        page = text_of(client.get(LIST))
        assert '<span class="absent">None</span>' in page
        assert "Only at the gateway" in page

    @pytest.mark.parametrize("bucket", Bucket)
    def test_every_bucket_can_be_shown(
        self, client: Client, payment: Payment, bucket: Bucket
    ) -> None:
        found = filed(payment, bucket, status="cancelled", currency="USD", amount=9.5)
        assert listed(client, f"bucket={bucket}") == {payment.merchant_uid}
        assert client.get(address(found)).status_code == 200

    def test_closed_ones_are_shown_when_asked_for(
        self, client: Client, discrepancy: Discrepancy
    ) -> None:
        close(client, discrepancy)
        assert listed(client) == set()
        assert listed(client, "state=closed") == {discrepancy.merchant_uid}
        assert listed(client, "state=all") == {discrepancy.merchant_uid}

    def test_an_empty_queue_says_what_it_rests_on(
        self, client: Client, sandbox: SandboxGateway
    ) -> None:
        stopped = begun()
        reconciliation.stop(run=stopped)
        page = text_of(client.get(LIST))
        assert "Nothing has been compared yet." in page
        assert reverse("admin:payments_reconciliationrun_start") in page
        run = reconciled()
        page = text_of(client.get(LIST))
        there = reverse("admin:payments_reconciliationrun_change", args=[run.pk])
        assert "Nothing is open: both books agree as far as they were compared." in page
        assert f'<a href="{there}">#{run.pk} 2026-04-01</a>' in page

    def test_who_may_not_start_a_reconciliation_is_not_led_there(
        self, viewer: User, sign_in: SignIn
    ) -> None:
        page = text_of(sign_in(viewer).get(LIST))
        assert "Nothing has been compared yet." in page
        assert reverse("admin:payments_reconciliationrun_start") not in page

    def test_what_the_queue_rests_on_is_asked_for_only_when_it_is_empty(
        self, client: Client, discrepancy: Discrepancy
    ) -> None:
        for query in ("", "state=closed"):
            with CaptureQueriesContext(connection) as queries:
                client.get(f"{LIST}?{query}")
            assert not [one for one in queries if "reconciliationrun" in one["sql"]]

    def test_it_is_narrowed_by_owner(
        self, client: Client, finance: User, operator: User, payment: Payment
    ) -> None:
        mine, theirs = filed(payment), missing_here("imp_2", "order-2")
        missing_here("imp_3", "order-3")
        own(client, mine, finance)
        own(client, theirs, operator)
        assert listed(client, "owner=me") == {mine.merchant_uid}
        assert listed(client, "owner=nobody") == {"order-3"}
        assert listed(client, f"person={operator.pk}") == {"order-2"}
        assert listed(client, f"person={operator.pk}&owner=me") == set()

    def test_it_is_narrowed_by_age_and_by_day(self, client: Client, db: None) -> None:
        old, new = missing_here("imp_1", "old"), missing_here("imp_2", "new")
        ages = Discrepancy.objects.filter(pk=old.pk)
        ages.update(found_at=timezone.now() - timedelta(days=8))
        assert listed(client, "age=7") == {"old"}
        assert listed(client, "age=30") == set()
        assert listed(client, "period=today") == {new.merchant_uid}

    def test_what_waits_too_long_is_marked(self, client: Client, db: None) -> None:
        ages = {0: "just now", 2: "2 days old", 3: "3 days old", 8: "8 days old"}
        for days in ages:
            row = Discrepancy.objects.filter(pk=missing_here(f"imp_{days}", f"order-{days}").pk)
            row.update(found_at=timezone.now() - timedelta(days=days))
        page = text_of(client.get(LIST))
        cells = re.findall(r'<span class="age">(.*?)</span><span class="small', page)
        assert cells == [
            '<span class="badge bad">8 days old</span>',
            '<span class="badge wait">3 days old</span>',
            "2 days old",
            "just now",
        ]
        close(client, Discrepancy.objects.get(imp_uid="imp_8"))
        assert '<span class="age">8 days ago</span>' in text_of(client.get(f"{LIST}?state=all"))

    def test_a_column_is_sorted_by_the_same_link_for_everybody(
        self, client: Client, viewer: User, sign_in: SignIn
    ) -> None:
        old = missing_here("imp_1", "old")
        missing_here("imp_2", "new")
        Discrepancy.objects.filter(pk=old.pk).update(found_at=timezone.now() - timedelta(days=8))
        for browser in (client, sign_in(viewer)):
            for order, numbers in ((f"{OLDEST_FIRST}", ["old", "new"]), ("o=6", ["new", "old"])):
                rows = browser.get(f"{LIST}?{order}").context["cl"].result_list
                assert [row.merchant_uid for row in rows] == numbers

    def test_a_day_is_a_day_in_korea_whatever_the_server_says(
        self, client: Client, server_zone: str
    ) -> None:
        found = missing_here("imp_1", "order-1")
        midnight = builders.NOON.replace(hour=15, minute=30) - timedelta(days=1)
        Discrepancy.objects.filter(pk=found.pk).update(found_at=midnight)
        assert listed(client, "from=2026-04-01&to=2026-04-01") == {"order-1"}
        assert listed(client, "to=2026-03-31") == set()

    @pytest.mark.parametrize("by", ["merchant_uid", "imp_uid"])
    def test_it_is_searched_by_either_id_as_a_whole(
        self, client: Client, discrepancy: Discrepancy, by: str
    ) -> None:
        missing_here("imp_2", "order-2")
        text = getattr(discrepancy, by)
        assert listed(client, f"q={text}") == {discrepancy.merchant_uid}
        assert listed(client, f"q={text[:-1]}") == set()

    def test_a_search_that_finds_only_closed_ones_leads_to_them(
        self, client: Client, discrepancy: Discrepancy
    ) -> None:
        close(client, discrepancy)
        page = text_of(client.get(f"{LIST}?q={discrepancy.merchant_uid}"))
        assert "Look among closed ones too" in page
        assert f"?q={discrepancy.merchant_uid}&amp;state=all" in page

    @pytest.mark.parametrize(
        "query",
        [
            "state=bogus",
            "bucket=bogus",
            "owner=x",
            "person=x",
            "run=x",
            "run=-1",
            "age=2",
            "from=x",
        ],
    )
    def test_what_makes_no_sense_finds_nothing_and_says_so(
        self, client: Client, discrepancy: Discrepancy, query: str
    ) -> None:
        response = client.get(f"{LIST}?{query}")
        assert response.context["cl"].result_list.count() == 0
        assert response.context["cl"].problems
        assert 'class="errornote"' in text_of(response)
        assert client.get(f"{LIST}export/?{query}").status_code == 302

    def test_totals_and_export_are_those_of_the_list(
        self, client: Client, payment: Payment
    ) -> None:
        filed(payment)
        missing_here("imp_2", "order-2", 5_000)
        close(client, missing_here("imp_3", "order-3", 7_000))
        for query, count, at_risk in (
            ("", "2", "₩104,000"),
            ("bucket=missing_here", "1", "₩5,000"),
            ("state=all", "3", "₩111,000"),
            ("state=closed", "1", "₩7,000"),
            ("bucket=amount,missing_here&owner=nobody", "2", "₩104,000"),
        ):
            figures = figures_on(client.get(f"{LIST}?{query}"))
            assert f"<dd>{count}</dd>" in figures
            assert f"<dd>{at_risk}</dd>" in figures
            assert exported(client, query) == listed(client, query)

    def test_another_currency_counts_in_no_total(
        self, client: Client, sandbox: SandboxGateway
    ) -> None:
        noon = int(builders.NOON.timestamp())
        sandbox.pay("bought-abroad", 990, paid_at=noon, currency="USD")
        sandbox.pay("never-ordered", 5_000, paid_at=noon)
        reconciled()
        assert "<dd>₩5,000</dd>" in figures_on(client.get(LIST))
        abroad = Discrepancy.objects.get(merchant_uid="bought-abroad")
        assert "<strong>990 USD (not in the totals)</strong>" in text_of(
            client.get(address(abroad))
        )

    def test_a_link_of_the_totals_narrows_what_is_narrowed_already(
        self, client: Client, discrepancy: Discrepancy, finance: User
    ) -> None:
        own(client, discrepancy, finance)
        narrowed = f"person={finance.pk}&period=30d&p=1"
        changelist = client.get(f"{LIST}?{narrowed}").context["cl"]
        ((_name, _number, query, _is_current),) = list(changelist.buckets)
        assert parse_qs(query[1:]) == {
            "person": [str(finance.pk)],
            "period": ["30d"],
            "bucket": [*discrepancy.buckets],
        }
        assert "period=30d" in changelist.closed_too

    def test_each_chip_takes_its_filter_away(
        self, client: Client, discrepancy: Discrepancy
    ) -> None:
        chips = client.get(f"{LIST}?bucket=amount,status&state=all").context["cl"].chips
        links = {term.display: url for term, url in chips}
        assert links["Amount differs"] == "?bucket=status&state=all"
        assert links["Open and closed"] == "?bucket=amount%2Cstatus"

    def test_it_costs_the_same_however_long_it_is(
        self, client: Client, finance: User, customer: User, product: Product
    ) -> None:
        numbers = []
        for count in (1, 30):
            for _number in range(count):
                own(client, filed(builders.paid(customer, product)), finance)
            client.get(LIST)
            with CaptureQueriesContext(connection) as queries:
                client.get(f"{LIST}?state=all&owner=me")
            numbers.append(len(queries))
        assert numbers[0] == numbers[1] <= 12


class TestATamperedOrder:
    """99,000 won were ordered and 100 paid: amount and status differ, and it is one case."""

    @pytest.fixture
    def tampered(self, customer: User, product: Product, sandbox: SandboxGateway) -> Discrepancy:
        order = builders.ordered(customer, product)
        paid_at = int(builders.NOON.timestamp()) + 60
        sandbox.pay(order.merchant_uid, 100, paid_at=paid_at, ignore_prepare=True)
        verify(payment=order, source=Source.BROWSER)
        return Discrepancy.objects.get()

    def test_it_is_one_row_with_a_badge_for_each_difference(
        self, client: Client, tampered: Discrepancy
    ) -> None:
        response = client.get(LIST)
        assert list(response.context["cl"].result_list) == [tampered]
        row = text_of(response).split("<tbody>")[1].split("</tbody>")[0]
        assert row.count("<tr>") == 1
        for words in ("Amount differs", "Status differs", "₩98,900 less at the gateway"):
            assert row.count(words) == 1
        assert '<span class="amount differs">₩100</span>' in row
        assert '<span class="status differs">Paid</span>' in row

    def test_its_amount_counts_once_wherever_it_is_added_up(
        self, client: Client, tampered: Discrepancy
    ) -> None:
        for query in ("", "bucket=amount", "bucket=status", "bucket=amount,status"):
            response = client.get(f"{LIST}?{query}")
            figures = figures_on(response)
            assert "<dd>1</dd>" in figures
            assert "<dd>₩99,000</dd>" in figures
            assert [number for _, number, *_ in response.context["cl"].buckets] == [1, 1]
        at_risk, *_ = client.get("/admin/").context["discrepancies"]
        assert (at_risk.number, at_risk.label) == ("1", "open discrepancies, ₩99,000 at stake")

    def test_its_page_marks_all_that_differs(self, client: Client, tampered: Discrepancy) -> None:
        page = text_of(client.get(address(tampered)))
        marked = [row.split("</th>")[0] for row in page.split('<tr class="differs">')[1:]]
        assert {row.rpartition(">")[2] for row in marked} >= {"Status", "Amount"}
        for words in ("Amount differs", "Status differs"):
            assert words in page

    def test_it_is_one_line_of_the_file_that_names_both(
        self, client: Client, tampered: Discrepancy
    ) -> None:
        [row] = rows_of(client.post(f"{LIST}export/", {"reason": "월 마감 검토"}))
        assert row["What differs"] == "amount status"
        assert row["What differs, in words"] == "Amount differs, Status differs"
        assert row["At stake"] == "99000"

    def test_its_payments_page_names_it_once(self, client: Client, tampered: Discrepancy) -> None:
        assert tampered.payment
        page = text_of(client.get(page_of(tampered.payment)))
        assert page.count(f'href="{address(tampered)}"') == 1
        assert "₩98,900 less at the gateway" in page


class TestTheExport:
    def test_its_reason_is_on_record_and_its_cells_are_safe(
        self, client: Client, finance: User, payment: Payment
    ) -> None:
        found = filed(payment)
        Discrepancy.objects.filter(pk=found.pk).update(merchant_uid="=1+1")
        response = client.post(f"{LIST}export/?bucket=amount", {"reason": "월 마감 검토"})
        (row,) = rows_of(response)
        assert row["Order number"] == "'=1+1"
        assert (row["Our amount"], row["The gateway's amount"]) == ("99000", "100000")
        assert row["Found"].endswith("+09:00")
        assert row["State"] == "open"
        access = PersonalDataAccess.objects.get()
        assert (access.actor, access.reason, access.rows) == (finance, "월 마감 검토", 1)
        assert access.query == "discrepancies?bucket=amount"
        assert access.unmasked is False

    def test_without_a_reason_nothing_leaves(
        self, client: Client, discrepancy: Discrepancy
    ) -> None:
        page = client.post(f"{LIST}export/", {"reason": "x"})
        assert page.headers["Content-Type"].startswith("text/html")
        assert not PersonalDataAccess.objects.exists()

    def test_it_costs_the_same_however_long_it_is(
        self, client: Client, customer: User, product: Product
    ) -> None:
        numbers = []
        for count in (1, 30):
            for _number in range(count):
                filed(builders.paid(customer, product), Bucket.AMOUNT, Bucket.STATUS)
            with CaptureQueriesContext(connection) as queries:
                rows_of(client.post(f"{LIST}export/", {"reason": "월 마감 검토"}))
            numbers.append(len(queries))
        assert numbers[0] == numbers[1]

    def test_its_page_says_what_will_be_in_it(
        self, client: Client, discrepancy: Discrepancy
    ) -> None:
        page = client.get(f"{LIST}export/?bucket=amount")
        assert ("State", "Open") in page.context["labels"]
        assert ("What differs", "Amount differs") in page.context["labels"]
        assert "₩99,000" in text_of(page)


class TestTheDashboard:
    def test_its_tiles_lead_to_the_lists_they_count(
        self, client: Client, finance: User, payment: Payment
    ) -> None:
        own(client, filed(payment), finance)
        old = missing_here("imp_2", "order-2")
        aged = Discrepancy.objects.filter(pk=old.pk)
        aged.update(found_at=timezone.now() - timedelta(days=3, hours=1))
        missing_here("imp_3", "order-3", 1_000)
        at_risk, oldest, mine = client.get("/admin/").context["discrepancies"]
        assert (at_risk.number, at_risk.label) == ("3", "open discrepancies, ₩105,000 at stake")
        assert (oldest.number, mine.number) == ("3", "1")
        first = client.get(oldest.url).context["cl"].result_list[0]
        assert first.merchant_uid == "order-2"
        assert listed(client, mine.url.partition("?")[2]) == {payment.merchant_uid}

    def test_a_link_from_a_run_leads_to_what_it_found(
        self, client: Client, customer: User, product: Product, sandbox: SandboxGateway
    ) -> None:
        builders.paid(customer, product)
        missing_here("imp_2", "order-2")
        run = reconciled()
        assert listed(client, f"run={run.pk}&state=all") == {
            Payment.objects.get().merchant_uid,
        }

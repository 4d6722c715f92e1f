"""The queue of discrepancies on screens: who may do what, one set for list, totals and export."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from payments.models import (
    Bucket,
    ClosingReason,
    Discrepancy,
    Payment,
    PersonalDataAccess,
    Product,
)
from payments.services import discrepancies
from tests.gateway import SandboxGateway
from tests.payments import builders
from tests.payments.books import filed, missing_here, reconciled

from .conftest import SignIn, english, page_of, rows_of, text_of, told

LIST = "/admin/payments/discrepancy/"
WORDS = "은행에 확인했습니다"


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


def address(discrepancy: Discrepancy, what: str = "change") -> str:
    return reverse(f"admin:payments_discrepancy_{what}", args=[discrepancy.pk])


def listed(client: Client, query: str = "") -> set[str]:
    """The order numbers on the list."""
    response = client.get(f"{LIST}?{query}")
    assert response.status_code == 200, response.headers.get("Location")
    return {one.merchant_uid for one in response.context["cl"].result_list}


def exported(client: Client, query: str = "") -> set[str]:
    response = client.post(f"{LIST}export/?{query}", {"reason": "4월 매출 마감"})
    return {row["Order number"] for row in rows_of(response)}


def own(client: Client, discrepancy: Discrepancy, owner: User | None, **data: Any) -> Any:
    body = {"version": discrepancy.version, "owner": owner.pk if owner else ""}
    return client.post(address(discrepancy, "own"), body | data)


def close(client: Client, discrepancy: Discrepancy, **data: Any) -> Any:
    body = {"version": discrepancy.version, "reason": "accepted", "text": WORDS}
    return client.post(address(discrepancy, "close"), body | data)


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
        found = filed(payment, bucket, status="cancelled", currency="USD", amount="9.50")
        assert listed(client, f"bucket={bucket}") == {payment.merchant_uid}
        assert client.get(address(found)).status_code == 200

    def test_closed_ones_are_shown_when_asked_for(
        self, client: Client, discrepancy: Discrepancy
    ) -> None:
        close(client, discrepancy)
        assert listed(client) == set()
        assert "Nothing is open" in text_of(client.get(LIST))
        assert listed(client, "state=closed") == {discrepancy.merchant_uid}
        assert listed(client, "state=all") == {discrepancy.merchant_uid}

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
        for query, count, stake in (
            ("", "2", "₩104,000"),
            ("bucket=missing_here", "1", "₩5,000"),
            ("state=all", "3", "₩111,000"),
            ("state=closed", "1", "₩7,000"),
            ("bucket=amount,missing_here&owner=nobody", "2", "₩104,000"),
        ):
            context = client.get(f"{LIST}?{query}").context
            assert (context["count"], context["at_stake"]) == (count, stake)
            assert exported(client, query) == listed(client, query)

    def test_each_chip_takes_its_filter_away(
        self, client: Client, discrepancy: Discrepancy
    ) -> None:
        chips = client.get(f"{LIST}?bucket=amount,status&state=all").context["cl"].chips
        words = {chip.words: chip.href for chip in chips}
        assert words["Amount differs"] == "?bucket=status&state=all"
        assert words["Open and closed"] == "?bucket=amount%2Cstatus"

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

    def test_its_page_says_what_will_be_in_it(
        self, client: Client, discrepancy: Discrepancy
    ) -> None:
        page = client.get(f"{LIST}export/?bucket=amount")
        assert ("State", "Open") in page.context["words"]
        assert ("What differs", "Amount differs") in page.context["words"]
        assert "₩99,000" in text_of(page)


class TestThePage:
    def test_both_sides_stand_side_by_side_with_what_differs_marked(
        self, client: Client, discrepancy: Discrepancy, payment: Payment
    ) -> None:
        page = client.get(address(discrepancy))
        rows = {english(row.label): row for row in page.context["rows"]}
        assert [label for label, row in rows.items() if row.differs] == ["amount"]
        assert (rows["amount"].ours, rows["amount"].theirs) == ("₩99,000", "₩100,000")
        assert f'href="{page_of(payment)}"' in text_of(page)

    def test_its_steps_say_who_when_and_why(
        self, client: Client, finance: User, discrepancy: Discrepancy
    ) -> None:
        own(client, discrepancy, finance)
        discrepancy.refresh_from_db()
        close(client, discrepancy)
        filed(Payment.objects.get(), amount=1)
        steps = client.get(address(discrepancy)).context["steps"]
        assert [step.by for step in steps] == ["", str(finance), str(finance), ""]
        assert (steps[1].text, steps[1].reason) == (WORDS, "Known and accepted")
        assert steps[2].text == f"Now with {finance}."
        assert steps[0].changes == ["Gateway, amount: ₩100,000 → ₩1"]

    def test_who_may_only_look_is_offered_nothing_else(
        self, viewer: User, sign_in: SignIn, discrepancy: Discrepancy
    ) -> None:
        page = text_of(sign_in(viewer).get(address(discrepancy)))
        assert "You may look at this discrepancy" in page
        for what in ("own", "close", "reopen", "verify", "take_in"):
            assert address(discrepancy, what) not in page

    def test_the_payment_has_a_box_with_it(
        self, client: Client, discrepancy: Discrepancy, payment: Payment
    ) -> None:
        page = text_of(client.get(page_of(payment)))
        assert f'href="{address(discrepancy)}"' in page
        assert "₩1,000 more at the gateway" in page

    def test_a_payment_without_any_has_no_box(self, client: Client, payment: Payment) -> None:
        assert 'id="discrepancies"' not in text_of(client.get(page_of(payment)))

    def test_its_queries_do_not_grow_with_its_steps(
        self, client: Client, finance: User, discrepancy: Discrepancy
    ) -> None:
        numbers = []
        for _number in range(2):
            for _step in range(10):
                discrepancy.refresh_from_db()
                own(client, discrepancy, finance)
            client.get(address(discrepancy))
            with CaptureQueriesContext(connection) as queries:
                client.get(address(discrepancy))
            numbers.append(len(queries))
        assert numbers[0] == numbers[1] <= 12


class TestWorkingItOff:
    def test_it_is_taken_over_handed_on_and_let_go(
        self, client: Client, finance: User, operator: User, discrepancy: Discrepancy
    ) -> None:
        for owner, words in (
            (finance, "It is yours now."),
            (operator, f"Handed to {operator}."),
            (None, "Nobody's now."),
        ):
            assert words in told(own(client, discrepancy, owner))
            discrepancy.refresh_from_db()
            assert discrepancy.owner == owner

    @pytest.mark.parametrize("name", ["viewer", "customer"])
    def test_it_is_not_handed_to_somebody_who_may_not_work_on_it(
        self, client: Client, discrepancy: Discrepancy, name: str, request: pytest.FixtureRequest
    ) -> None:
        answer = own(client, discrepancy, request.getfixturevalue(name))
        assert "Choose somebody who may work" in told(answer)
        discrepancy.refresh_from_db()
        assert discrepancy.owner is None

    def test_it_is_closed_with_a_reason_and_words(
        self, client: Client, finance: User, discrepancy: Discrepancy
    ) -> None:
        assert "The discrepancy is closed." in told(close(client, discrepancy))
        discrepancy.refresh_from_db()
        assert (discrepancy.is_open, discrepancy.closing_reason) == (False, ClosingReason.ACCEPTED)
        step = discrepancy.steps.last()
        assert step is not None
        assert (step.actor, step.text) == (finance, WORDS)

    @pytest.mark.parametrize(
        ("data", "field"),
        [
            ({"reason": ""}, "reason"),
            ({"reason": "agrees"}, "reason"),
            ({"reason": "taken_in"}, "reason"),
            ({"text": "짧다"}, "text"),
            ({"text": "x" * 501}, "text"),
        ],
    )
    def test_what_is_missing_is_said_at_its_field_and_the_words_stay(
        self, client: Client, discrepancy: Discrepancy, data: dict[str, str], field: str
    ) -> None:
        page = close(client, discrepancy, **data)
        assert page.status_code == 200
        assert list(page.context["form"].errors) == [field]
        assert page.context["form"]["text"].value() == data.get("text", WORDS)
        discrepancy.refresh_from_db()
        assert discrepancy.is_open

    def test_a_page_that_is_out_of_date_is_refused_and_keeps_what_was_written(
        self, client: Client, operator: User, discrepancy: Discrepancy
    ) -> None:
        discrepancies.own(
            discrepancy=discrepancy, actor=operator, owner=operator, expected_version=1
        )
        page = close(client, discrepancy)
        assert "has changed in the meantime" in text_of(page)
        assert str(operator) in text_of(page)
        assert page.context["form"]["text"].value() == WORDS
        discrepancy.refresh_from_db()
        assert discrepancy.is_open
        # Seen as it is now, the same words close it.
        again = close(client, discrepancy, version=page.context["form"]["version"].value())
        assert again.status_code == 302

    def test_a_second_click_is_told_kindly(self, client: Client, discrepancy: Discrepancy) -> None:
        close(client, discrepancy)
        assert "closed already" in told(close(client, discrepancy))
        assert "closed already" in told(client.get(address(discrepancy, "close")))
        assert discrepancy.steps.filter(kind="closed").count() == 1

    def test_an_owner_of_a_page_that_is_out_of_date_is_not_overwritten(
        self, client: Client, finance: User, operator: User, discrepancy: Discrepancy
    ) -> None:
        own(client, discrepancy, operator)
        assert "has changed in the meantime" in told(own(client, discrepancy, finance))
        discrepancy.refresh_from_db()
        assert discrepancy.owner == operator

    def test_it_is_opened_again_with_words(self, client: Client, discrepancy: Discrepancy) -> None:
        close(client, discrepancy)
        discrepancy.refresh_from_db()
        there = address(discrepancy, "reopen")
        short = client.post(there, {"version": discrepancy.version, "text": "x"})
        assert list(short.context["form"].errors) == ["text"]
        done = client.post(there, {"version": discrepancy.version, "text": "다시 확인 필요"})
        assert "The discrepancy is open again." in told(done)
        discrepancy.refresh_from_db()
        assert (discrepancy.is_open, discrepancy.times_opened) == (True, 2)
        assert "Opened again" in text_of(client.get(address(discrepancy)))

    def test_re_verifying_closes_it_when_the_facts_agree(
        self, admin_person: User, sign_in: SignIn, payment: Payment, sandbox: SandboxGateway
    ) -> None:
        found = filed(payment)
        sandbox.pay(
            payment.merchant_uid, payment.amount, imp_uid=payment.imp_uid, ignore_prepare=True
        )
        client = sign_in(admin_person)
        words = told(client.post(address(found, "verify")))
        assert "closed by itself" in words
        found.refresh_from_db()
        assert (found.is_open, found.closing_reason) == (False, ClosingReason.AGREES)
        assert "Closed by itself" in text_of(client.get(address(found)))

    def test_re_verifying_a_silent_gateway_changes_nothing(
        self, admin_person: User, sign_in: SignIn, payment: Payment, sandbox: SandboxGateway
    ) -> None:
        found = filed(payment)
        sandbox.fault("status", status=500)
        assert "does not answer" in told(sign_in(admin_person).post(address(found, "verify")))
        found.refresh_from_db()
        assert found.is_open

    def test_what_is_missing_here_has_no_payment_to_re_verify(
        self, admin_person: User, sign_in: SignIn
    ) -> None:
        found = missing_here("imp_1", "order-1")
        client = sign_in(admin_person)
        assert address(found, "verify") not in text_of(client.get(address(found)))
        assert "no payment here" in told(client.post(address(found, "verify")))

    def test_the_way_back_leads_to_the_queue_as_it_was(
        self, client: Client, finance: User, discrepancy: Discrepancy
    ) -> None:
        back = own(client, discrepancy, finance, _changelist_filters="owner=nobody")
        assert back["Location"].endswith("?_changelist_filters=owner%3Dnobody")
        assert f'href="{LIST}?owner=nobody"' in text_of(client.get(back["Location"]))


class TestTakingIn:
    @pytest.fixture
    def found(self, sandbox: SandboxGateway, customer: User) -> Discrepancy:
        """Bought by the customer, as the gateway tells, in another shop."""
        paid = sandbox.pay("order-elsewhere", 5_000, name="책", buyer_email=customer.email)
        return missing_here(paid["imp_uid"], "order-elsewhere")

    @pytest.fixture
    def client(self, approver: User, sign_in: SignIn) -> Client:
        """The browser of the approver."""
        return sign_in(approver)

    def take(self, client: Client, found: Discrepancy, whose: str, **data: Any) -> Any:
        body = {"version": found.version, "whose": whose}
        return client.post(address(found, "take_in"), body | data)

    def test_its_page_shows_the_answer_masked_and_whom_it_may_belong_to(
        self, client: Client, found: Discrepancy
    ) -> None:
        assert address(found, "take_in") in text_of(client.get(address(found)))
        page = text_of(client.get(address(found, "take_in")))
        assert "₩5,000" in page
        assert "cu***@example.com: the buyer&#x27;s e-mail at the gateway is theirs" in page
        assert "customer@example.com" not in page

    def test_the_suggested_customer_becomes_theirs_when_a_person_says_so(
        self, client: Client, found: Discrepancy, customer: User
    ) -> None:
        done = self.take(client, found, "suggested", suggested=customer.pk)
        payment = Payment.objects.get()
        assert done["Location"] == page_of(payment)
        assert (payment.user, payment.amount, payment.status) == (customer, 5_000, "paid")
        found.refresh_from_db()
        assert (found.is_open, found.closing_reason) == (False, ClosingReason.TAKEN_IN)

    def test_another_customer_can_be_chosen(
        self, client: Client, found: Discrepancy, stranger: User
    ) -> None:
        self.take(client, found, "other", customer=stranger.pk)
        assert Payment.objects.get().user == stranger

    def test_nobody_is_its_customer_unless_a_person_says_so(
        self, client: Client, found: Discrepancy, customer: User
    ) -> None:
        page = self.take(client, found, "")
        assert list(page.context["form"].errors) == ["whose"]
        page = self.take(client, found, "other")
        assert list(page.context["form"].errors) == ["customer"]
        assert not Payment.objects.exists()
        self.take(client, found, "nobody")
        assert Payment.objects.get().user is None

    def test_the_customer_is_decided_later_on_the_payments_page(
        self, client: Client, found: Discrepancy, customer: User
    ) -> None:
        self.take(client, found, "nobody")
        payment = Payment.objects.get()
        there = reverse("admin:payments_payment_customer", args=[payment.pk])
        assert f'href="{there}"' in text_of(client.get(page_of(payment)))
        short = client.post(there, {"customer": customer.pk, "note": "x"})
        assert list(short.context["form"].errors) == ["note"]
        done = client.post(there, {"customer": customer.pk, "note": "주문서를 확인함"})
        assert "has its customer now" in told(done)
        payment.refresh_from_db()
        assert payment.user == customer
        assert "has a customer already" in told(client.get(there))

    def test_a_page_that_is_out_of_date_takes_nothing_in(
        self, client: Client, found: Discrepancy, operator: User
    ) -> None:
        discrepancies.own(discrepancy=found, actor=operator, owner=operator, expected_version=1)
        words = told(self.take(client, found, "nobody"))
        assert "has changed in the meantime" in words
        assert not Payment.objects.exists()

    def test_a_silent_gateway_is_said_and_nothing_is_taken_in(
        self, client: Client, found: Discrepancy, sandbox: SandboxGateway
    ) -> None:
        sandbox.fault("status", status=500)
        assert "does not answer" in told(client.get(address(found, "take_in")))
        assert "does not answer" in told(self.take(client, found, "nobody"))
        assert not Payment.objects.exists()

    @pytest.mark.parametrize("name", ["finance", "operator", "viewer"])
    def test_it_is_for_few(
        self, found: Discrepancy, sign_in: SignIn, name: str, request: pytest.FixtureRequest
    ) -> None:
        client = sign_in(request.getfixturevalue(name))
        assert address(found, "take_in") not in text_of(client.get(address(found)))
        assert self.take(client, found, "nobody").status_code == 403
        assert not Payment.objects.exists()


class TestTheDashboard:
    def test_its_tiles_lead_to_the_lists_they_count(
        self, client: Client, finance: User, payment: Payment
    ) -> None:
        own(client, filed(payment), finance)
        old = missing_here("imp_2", "order-2")
        aged = Discrepancy.objects.filter(pk=old.pk)
        aged.update(found_at=timezone.now() - timedelta(days=3, hours=1))
        stake, oldest, mine = client.get("/admin/").context["queue"]
        assert (stake.number, stake.label) == ("2", "open discrepancies, ₩104,000 at stake")
        assert (oldest.number, mine.number) == ("3", "1")
        first = client.get(oldest.address).context["cl"].result_list[0]
        assert first.merchant_uid == "order-2"
        assert listed(client, mine.address.partition("?")[2]) == {payment.merchant_uid}

    def test_a_link_from_a_run_leads_to_what_it_found(
        self, client: Client, customer: User, product: Product, sandbox: SandboxGateway
    ) -> None:
        builders.paid(customer, product)
        missing_here("imp_2", "order-2")
        run = reconciled()
        assert listed(client, f"run={run.pk}&state=all") == {
            Payment.objects.get().merchant_uid,
        }

"""One discrepancy: both sides, its steps, and working it off."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from payments.models import ClosingReason, Discrepancy, Payment, Product
from payments.services.discrepancies import queue
from tests.gateway import SandboxGateway
from tests.payments import builders
from tests.payments.admin.conftest import SignIn, messages_on, page_of, text_of
from tests.payments.books import filed, mirror, missing_here

from .pages import LIST, WORDS, address, close, own, steps_on


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


class TestThePage:
    def test_both_sides_stand_side_by_side_with_what_differs_marked(
        self, client: Client, discrepancy: Discrepancy, payment: Payment
    ) -> None:
        page = client.get(address(discrepancy))
        differing = text_of(page).split('<tr class="differs">')[1:]
        assert len(differing) == 1
        assert '<th scope="row">Amount</th>' in differing[0]
        ours, theirs = differing[0].split("</td>")[:2]
        assert ours.endswith("₩99,000")
        assert theirs.endswith("₩100,000")
        assert f'href="{page_of(payment)}"' in text_of(page)
        assert "5 to 500 characters. They stay with the discrepancy for good." in text_of(page)

    def test_its_steps_say_who_when_and_why(
        self, client: Client, finance: User, discrepancy: Discrepancy
    ) -> None:
        own(client, discrepancy, finance)
        discrepancy.refresh_from_db()
        close(client, discrepancy)
        filed(Payment.objects.get(), amount=1)
        steps = steps_on(client.get(address(discrepancy)))
        whose = [str(finance) if f">{finance}</span>" in step else "" for step in steps]
        assert whose == ["", str(finance), str(finance), ""]
        assert f'<p class="words">{WORDS}</p>' in steps[1]
        assert "Known and accepted" in steps[1]
        assert f"Now with {finance}." in steps[2]
        assert '<p class="changed">Gateway, amount: ₩100,000 → ₩1</p>' in steps[0]

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
        assert numbers[0] == numbers[1] <= 13


class TestWorkingItOff:
    def test_it_is_taken_over_handed_on_and_let_go(
        self, client: Client, finance: User, operator: User, discrepancy: Discrepancy
    ) -> None:
        for owner, words in (
            (finance, "It is yours now."),
            (operator, f"Handed to {operator}."),
            (None, "Nobody's now."),
        ):
            assert words in messages_on(own(client, discrepancy, owner))
            discrepancy.refresh_from_db()
            assert discrepancy.owner == owner

    def test_an_address_at_the_head_of_a_message_is_shown_as_it_is(
        self, client: Client, finance: User, operator: User, discrepancy: Discrepancy
    ) -> None:
        User.objects.filter(pk=finance.pk).update(language="ko")
        assert messages_on(own(client, discrepancy, operator)).startswith("operator@example.com ")

    @pytest.mark.parametrize("name", ["viewer", "customer"])
    def test_it_is_not_handed_to_somebody_who_may_not_work_on_it(
        self, client: Client, discrepancy: Discrepancy, name: str, request: pytest.FixtureRequest
    ) -> None:
        answer = own(client, discrepancy, request.getfixturevalue(name))
        assert "Choose somebody who may work" in messages_on(answer)
        discrepancy.refresh_from_db()
        assert discrepancy.owner is None

    def test_it_is_closed_with_a_reason_and_words(
        self, client: Client, finance: User, discrepancy: Discrepancy
    ) -> None:
        assert "The discrepancy is closed." in messages_on(close(client, discrepancy))
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
        queue.assign(discrepancy=discrepancy, actor=operator, owner=operator, expected_version=1)
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
        assert "closed already" in messages_on(close(client, discrepancy))
        assert "closed already" in messages_on(client.get(address(discrepancy, "close")))
        assert discrepancy.steps.filter(kind="closed").count() == 1

    def test_an_owner_of_a_page_that_is_out_of_date_is_not_overwritten(
        self, client: Client, finance: User, operator: User, discrepancy: Discrepancy
    ) -> None:
        own(client, discrepancy, operator)
        assert "has changed in the meantime" in messages_on(own(client, discrepancy, finance))
        discrepancy.refresh_from_db()
        assert discrepancy.owner == operator

    def test_it_is_opened_again_with_words(self, client: Client, discrepancy: Discrepancy) -> None:
        close(client, discrepancy)
        discrepancy.refresh_from_db()
        there = address(discrepancy, "reopen")
        short = client.post(there, {"version": discrepancy.version, "text": "x"})
        assert list(short.context["form"].errors) == ["text"]
        done = client.post(there, {"version": discrepancy.version, "text": "다시 확인 필요"})
        assert "The discrepancy is open again." in messages_on(done)
        discrepancy.refresh_from_db()
        assert (discrepancy.is_open, discrepancy.times_opened) == (True, 2)
        assert "Opened again" in text_of(client.get(address(discrepancy)))

    def test_re_verifying_closes_it_when_the_facts_agree(
        self, admin_person: User, sign_in: SignIn, payment: Payment, sandbox: SandboxGateway
    ) -> None:
        found = filed(payment)
        mirror(sandbox, [payment])
        client = sign_in(admin_person)
        words = messages_on(client.post(address(found, "verify")))
        assert "closed by itself" in words
        found.refresh_from_db()
        assert (found.is_open, found.closing_reason) == (False, ClosingReason.AGREES)
        page = text_of(client.get(address(found)))
        assert "Closed by itself" in page
        # Both sides are those of today: nothing of the old difference stands on the page's head.
        assert "None: both sides agree" in page
        assert "more at the gateway" not in page

    def test_a_time_that_moved_stands_in_the_history_in_plain_words(
        self, client: Client, payment: Payment
    ) -> None:
        noon = int(builders.NOON.timestamp()) + 86_400
        found = filed(payment, cancelled_at=noon)
        filed(payment, cancelled_at=noon + 5)
        newest = steps_on(client.get(address(found)))[0]
        assert newest.count('<p class="changed">') == 1
        change = "Gateway, refunded at: 2026-04-02 12:00:00 KST → 2026-04-02 12:00:05 KST"
        assert change in newest

    def test_a_part_refund_is_called_one(self, client: Client, payment: Payment) -> None:
        found = filed(payment, status="cancelled", amount=99_000, cancel_amount=9_000)
        page = text_of(client.get(address(found)))
        assert "Partly refunded (cancelled)" in page
        assert ">Cancelled<" not in page

    def test_re_verifying_a_silent_gateway_changes_nothing(
        self, admin_person: User, sign_in: SignIn, payment: Payment, sandbox: SandboxGateway
    ) -> None:
        found = filed(payment)
        sandbox.fault("status", status=500)
        assert "does not answer" in messages_on(
            sign_in(admin_person).post(address(found, "verify"))
        )
        found.refresh_from_db()
        assert found.is_open

    def test_what_is_missing_here_has_no_payment_to_re_verify(
        self, admin_person: User, sign_in: SignIn
    ) -> None:
        found = missing_here("imp_1", "order-1")
        client = sign_in(admin_person)
        assert address(found, "verify") not in text_of(client.get(address(found)))
        assert "no payment here" in messages_on(client.post(address(found, "verify")))

    def test_the_way_back_leads_to_the_queue_as_it_was(
        self, client: Client, finance: User, discrepancy: Discrepancy
    ) -> None:
        back = own(client, discrepancy, finance, _changelist_filters="owner=nobody")
        assert back["Location"].endswith("?_changelist_filters=owner%3Dnobody")
        assert f'href="{LIST}?owner=nobody"' in text_of(client.get(back["Location"]))

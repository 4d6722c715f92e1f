"""The case of an attempt: opened once, it follows the facts, closes by them, and opens again."""

import pytest

from accounts.models import User
from payments.models import Bucket, ClosingReason, Discrepancy, Payment, Product
from payments.selectors import discrepancies as selector
from payments.selectors.payments.flags import is_flagged
from payments.services.discrepancies import cases, queue
from payments.services.discrepancies.cases import Look
from payments.services.verification.verify import verify
from payments.states import Source
from tests.gateway import SandboxGateway
from tests.payments import builders
from tests.payments.books import begun, kept, told

AMOUNT, STATUS, REFUND = Bucket.AMOUNT, Bucket.STATUS, Bucket.REFUND


@pytest.fixture
def payment(customer: User, product: Product) -> Payment:
    """Paid, 99,000 won."""
    return builders.paid(customer, product)


def seen(payment: Payment, *buckets: Bucket, **theirs: object) -> Discrepancy:
    """The gateway tells of this payment and differs in these."""
    facts = {"imp_uid": payment.imp_uid, "merchant_uid": payment.merchant_uid, "amount": 1_000}
    return kept(payment, told(**(facts | theirs)), *buckets)


def closed(row: Discrepancy, actor: User) -> Discrepancy:
    """By a person, who accepts it as it stands."""
    return queue.close(
        discrepancy=row,
        actor=actor,
        reason=ClosingReason.OTHER,
        text="은행에 확인했습니다",
        expected_version=row.version,
    )


def steps(row: Discrepancy) -> list[str]:
    return list(row.steps.values_list("kind", flat=True))


def lines(row: Discrepancy) -> dict[str, tuple[bool, bool]]:
    """Of each line whether it is accepted, and whether it is current."""
    return {line.bucket: (line.is_accepted, line.is_current) for line in row.lines.order_by("pk")}


class TestOpening:
    def test_a_new_one_is_open_and_says_what_was_found(self, payment: Payment) -> None:
        row = seen(payment, AMOUNT)
        assert (row.is_open, row.times_opened, row.version) == (True, 1, 1)
        assert (row.payment, row.merchant_uid) == (payment, payment.merchant_uid)
        step = row.steps.get()
        assert (step.kind, step.actor) == ("found", None)
        assert '"amount":99000' in step.ours
        assert '"amount":1000' in step.theirs
        assert lines(row) == {"amount": (False, True)}
        line = row.lines.get()
        assert (line.ours, line.theirs) == (
            '{"amount":99000,"currency":"KRW"}',
            '{"amount":1000,"currency":"KRW"}',
        )

    def test_all_in_which_an_attempt_differs_is_one_case(self, payment: Payment) -> None:
        row = seen(payment, STATUS, AMOUNT)
        assert Discrepancy.objects.count() == 1
        assert row.buckets == [AMOUNT, STATUS], "in the order of Bucket, as every screen has it"

    def test_another_attempt_is_another_case(self, payment: Payment) -> None:
        seen(payment, AMOUNT)
        seen(payment, Bucket.DOUBLE_APPROVAL, imp_uid="imp_2")
        assert Discrepancy.objects.filter(payment=payment).count() == 2

    def test_what_agrees_opens_none(self, payment: Payment) -> None:
        look = Look(imp_uid="imp_1", payment=payment, answer=told(), buckets=())
        assert cases.keep(look=look) is None
        assert not Discrepancy.objects.exists()

    def test_the_same_again_is_only_seen_again(self, payment: Payment) -> None:
        before = seen(payment, AMOUNT)
        again = seen(payment, AMOUNT)
        assert again.pk == before.pk
        assert again.seen_at > before.seen_at
        assert again.found_at == before.found_at
        assert (steps(again), again.version) == (["found"], 1)
        assert again.lines.count() == 1

    def test_it_flags_its_payment_as_long_as_it_is_open(self, payment: Payment) -> None:
        seen(payment, AMOUNT)
        assert is_flagged(payment)
        seen(payment)
        assert not is_flagged(payment)

    def test_the_amount_of_a_tampered_order_is_at_stake_once(
        self, payment: Payment, finance: User
    ) -> None:
        """Another amount and another status: two differences of one attempt, one amount."""
        seen(payment, AMOUNT, STATUS, status="failed")
        everything = Discrepancy.objects.all()
        totals = selector.totals(everything)
        assert (totals.count, totals.amount) == (1, 99_000)
        assert totals.by_bucket == {"amount": 1, "status": 1}
        waiting = selector.queue(finance)
        assert (waiting.count, waiting.amount) == (1, 99_000)


class TestFollowing:
    def test_other_figures_are_a_step(self, payment: Payment) -> None:
        seen(payment, AMOUNT)
        row = seen(payment, AMOUNT, amount=800)
        assert (steps(row), row.version) == (["found", "changed"], 2)
        assert '"amount":800' in row.theirs

    def test_another_difference_is_a_step_and_a_line(self, payment: Payment) -> None:
        seen(payment, AMOUNT)
        row = seen(payment, AMOUNT, STATUS)
        assert (steps(row), row.buckets) == (["found", "changed"], [AMOUNT, STATUS])

    def test_a_difference_that_is_no_more_leaves(self, payment: Payment) -> None:
        seen(payment, AMOUNT, STATUS)
        row = seen(payment, STATUS)
        assert (row.is_open, row.buckets) == (True, [STATUS])
        assert lines(row) == {"status": (False, True)}

    def test_what_was_missing_here_follows_the_order_once_there_is_one(
        self, payment: Payment
    ) -> None:
        answer = told(imp_uid=payment.imp_uid, amount=5)
        assert kept(None, answer, Bucket.MISSING_HERE).payment is None
        row = seen(payment, AMOUNT)
        assert (row.payment, row.merchant_uid) == (payment, payment.merchant_uid)
        assert row.amount == 99_000

    def test_what_was_seen_of_a_payment_that_has_moved_since_is_not_kept(
        self, payment: Payment
    ) -> None:
        """It could close what the door that moved it has just opened."""
        row = seen(payment, AMOUNT)
        before = Payment.objects.get(pk=payment.pk)
        builders.refund_of(payment, 300, at=builders.NOON)
        stale = Look(imp_uid=row.imp_uid, payment=before, answer=told(), buckets=())
        assert cases.keep(look=stale) is None
        row.refresh_from_db()
        assert row.is_open


class TestClosingByItself:
    def test_it_closes_when_the_facts_agree_and_keeps_what_it_was_about(
        self, payment: Payment
    ) -> None:
        seen(payment, AMOUNT)
        row = seen(payment, amount=99_000)
        assert (row.is_open, row.closing_reason) == (False, "agrees")
        assert row.closed_at
        step = row.steps.get(kind="closed")
        assert (step.actor, step.reason_code) == (None, "agrees")
        assert '"amount":99000' in step.theirs
        assert row.buckets == [AMOUNT]

    def test_agreeing_twice_closes_once(self, payment: Payment) -> None:
        seen(payment, AMOUNT)
        row = seen(payment)
        look = Look(imp_uid=row.imp_uid, payment=None, answer=told(), buckets=())
        assert cases.keep(look=look) is None
        assert steps(row) == ["found", "closed"]

    def test_what_closed_by_itself_opens_again(self, payment: Payment) -> None:
        seen(payment, AMOUNT)
        seen(payment)
        row = seen(payment, AMOUNT)
        assert (row.is_open, row.times_opened) == (True, 2)
        assert (row.closed_at, row.closing_reason) == (None, "")
        assert steps(row) == ["found", "closed", "reopened"]

    def test_what_opens_again_is_news_again(self, payment: Payment) -> None:
        row = seen(payment, AMOUNT)
        Discrepancy.objects.update(mailed_at=row.found_at)
        assert seen(payment, AMOUNT).mailed_at == row.found_at
        seen(payment)
        assert seen(payment, AMOUNT).mailed_at is None


class TestWhatAPersonAccepted:
    def test_it_stays_settled_while_its_figures_stay(
        self, payment: Payment, operator: User
    ) -> None:
        closed(seen(payment, AMOUNT, STATUS), operator)
        for _time in range(2):
            row = seen(payment, AMOUNT, STATUS, name="what does not matter", pay_method="trans")
        assert (row.is_open, row.closing_reason) == (False, "other")
        assert steps(row) == ["found", "closed"]
        assert not is_flagged(payment)

    @pytest.mark.parametrize("theirs", [{"amount": 1}, {"currency": "USD"}])
    def test_other_figures_open_it_again(
        self, payment: Payment, operator: User, theirs: dict[str, object]
    ) -> None:
        closed(seen(payment, AMOUNT), operator)
        row = seen(payment, AMOUNT, **theirs)
        assert (row.is_open, row.times_opened) == (True, 2)
        assert steps(row) == ["found", "closed", "reopened"]
        assert lines(row) == {"amount": (False, True)}

    def test_another_difference_opens_it_again_and_only_that_one_is_new(
        self, payment: Payment, operator: User
    ) -> None:
        closed(seen(payment, AMOUNT), operator)
        row = seen(payment, AMOUNT, STATUS)
        assert row.is_open
        assert lines(row) == {"amount": (True, True), "status": (False, True)}

    def test_when_the_other_goes_it_closes_by_itself_as_accepted(
        self, payment: Payment, operator: User
    ) -> None:
        closed(seen(payment, AMOUNT), operator)
        seen(payment, AMOUNT, STATUS)
        row = seen(payment, AMOUNT)
        assert (row.is_open, row.closing_reason) == (False, "accepted")
        step = row.steps.last()
        assert step is not None
        assert (step.kind, step.actor, step.reason_code) == ("closed", None, "accepted")
        assert (row.buckets, lines(row)) == ([AMOUNT], {"amount": (True, True)})

    def test_it_stays_accepted_while_another_difference_comes_and_goes(
        self, payment: Payment, operator: User
    ) -> None:
        closed(seen(payment, AMOUNT), operator)
        row = seen(payment, STATUS)
        assert (row.buckets, lines(row)["amount"]) == ([STATUS], (True, False))
        row = seen(payment)
        assert (row.is_open, row.closing_reason) == (False, "agrees")
        assert not seen(payment, AMOUNT).is_open
        assert seen(payment, AMOUNT, amount=2).is_open

    def test_fewer_of_what_was_accepted_stay_settled(
        self, payment: Payment, operator: User
    ) -> None:
        closed(seen(payment, AMOUNT, STATUS), operator)
        assert not seen(payment, STATUS).is_open

    def test_who_opens_it_again_has_it_open_until_it_agrees(
        self, payment: Payment, operator: User
    ) -> None:
        row = closed(seen(payment, AMOUNT), operator)
        queue.reopen(
            discrepancy=row, actor=operator, text="다시 확인", expected_version=row.version
        )
        assert seen(payment, AMOUNT).is_open
        assert not seen(payment).is_open

    def test_a_verification_that_finds_the_same_flags_the_payment_no_more(
        self, payment: Payment, operator: User, sandbox: SandboxGateway
    ) -> None:
        paid_at = int(builders.NOON.timestamp())
        sandbox.pay(payment.merchant_uid, 100, imp_uid=payment.imp_uid, paid_at=paid_at)
        verify(payment=payment, source=Source.ADMIN)
        closed(Discrepancy.objects.get(), operator)
        verify(payment=payment, source=Source.ADMIN)
        assert not is_flagged(payment)
        sandbox.control("PATCH", f"payments/{payment.imp_uid}", {"amount": 200})
        verify(payment=payment, source=Source.ADMIN)
        assert is_flagged(payment)


class TestWhoSawIt:
    def test_each_run_that_saw_it_is_kept_the_first_one_as_its_finder(
        self, payment: Payment
    ) -> None:
        first, last = begun(), begun()
        look = Look(imp_uid="imp_1", payment=payment, answer=told(), buckets=(AMOUNT,))
        for run in (first, last, last):
            row = cases.keep(look=look, run=run)
        assert row is not None
        assert (row.run, set(row.seen_by.all())) == (first, {first, last})
        assert steps(row) == ["found"]

    def test_a_run_saw_what_a_person_has_accepted_too(
        self, payment: Payment, operator: User
    ) -> None:
        look = Look(imp_uid="imp_1", payment=payment, answer=told(), buckets=(AMOUNT,))
        found = cases.keep(look=look)
        assert found is not None
        closed(found, operator)
        run = begun()
        cases.keep(look=look, run=run)
        assert list(found.seen_by.all()) == [run]


class TestManyAtOnce:
    def test_each_is_kept_and_what_agrees_without_a_case_is_passed_by(
        self, customer: User, product: Product
    ) -> None:
        payments = [builders.paid(customer, product) for _number in range(3)]
        looks = [
            Look(
                imp_uid=str(one.imp_uid),
                payment=one,
                answer=told(imp_uid=one.imp_uid, amount=5),
                buckets=buckets,
            )
            for one, buckets in zip(payments, ((AMOUNT,), (), (REFUND, AMOUNT)), strict=True)
        ]
        cases.keep_all(looks=looks)
        by_payment = {row.payment_id: row.buckets for row in Discrepancy.objects.all()}
        assert by_payment == {payments[0].pk: [AMOUNT], payments[2].pk: [AMOUNT, REFUND]}

    def test_what_is_open_is_named_by_its_attempt(self, payment: Payment) -> None:
        row = seen(payment, AMOUNT)
        assert cases.open_ones(imp_uids=[row.imp_uid, "imp_other"]) == {row.imp_uid}
        seen(payment)
        assert cases.open_ones(imp_uids=[row.imp_uid]) == set()

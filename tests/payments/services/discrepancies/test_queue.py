"""The queue: filed once, worked off by people with words, closed and opened again by the facts."""

from typing import Any

import pytest
from django.utils import translation

from accounts.models import User
from payments import gateway
from payments.core.db.append_only import AppendOnlyError
from payments.errors import Conflict, NotAllowed
from payments.migrations._append_only_triggers import TABLES
from payments.models import Bucket, ClosingReason, Discrepancy, Payment, Product
from payments.services.discrepancies import queue, rows
from payments.services.discrepancies.queue import Difference
from payments.services.verification.verify import verify
from payments.states import Source
from tests.gateway import SandboxGateway
from tests.payments import builders
from tests.payments.books import reconciled

WORDS = "은행에 확인했습니다"


def difference(**fields: Any) -> Difference:
    facts: dict[str, Any] = {
        "bucket": Bucket.AMOUNT,
        "imp_uid": "imp_1",
        "merchant_uid": "order-1",
        "amount": 1_000,
        "ours": '{"amount":1000}',
        "theirs": '{"amount":900}',
    }
    return Difference(**(facts | fields))


@pytest.fixture
def filed(db: None) -> Discrepancy:
    """A discrepancy that was just found."""
    return queue.file(difference=difference())


def steps(discrepancy: Discrepancy) -> list[str]:
    return list(discrepancy.steps.values_list("kind", flat=True))


def close(
    discrepancy: Discrepancy,
    actor: User,
    reason: ClosingReason = ClosingReason.ACCEPTED,
    text: str = WORDS,
    version: int | None = None,
) -> Discrepancy:
    return queue.close(
        discrepancy=discrepancy,
        actor=actor,
        reason=reason,
        text=text,
        expected_version=discrepancy.version if version is None else version,
    )


class TestFiling:
    def test_a_new_one_is_open_and_says_what_was_found(self, filed: Discrepancy) -> None:
        assert (filed.is_open, filed.times_opened, filed.version) == (True, 1, 1)
        step = filed.steps.get()
        assert (step.kind, step.actor, step.theirs) == ("found", None, '{"amount":900}')

    def test_the_same_again_is_only_seen_again(self, filed: Discrepancy) -> None:
        before = filed.seen_at
        again = queue.file(difference=difference())
        assert again.pk == filed.pk
        assert again.seen_at > before
        assert again.found_at == filed.found_at
        assert steps(again) == ["found"]

    def test_other_figures_are_a_step(self, filed: Discrepancy) -> None:
        again = queue.file(difference=difference(theirs='{"amount":800}'))
        assert steps(again) == ["found", "changed"]
        assert (again.theirs, again.version) == ('{"amount":800}', 2)

    def test_another_bucket_or_payment_is_another_one(self, filed: Discrepancy) -> None:
        queue.file(difference=difference(bucket=Bucket.REFUND))
        queue.file(difference=difference(imp_uid="imp_2"))
        assert Discrepancy.objects.count() == 3

    def test_what_closed_by_itself_opens_again(self, filed: Discrepancy) -> None:
        assert queue.close_as_matched(discrepancy=filed, ours="{}", theirs="{}")
        filed.refresh_from_db()
        assert (filed.is_open, filed.closing_reason) == (False, "agrees")
        again = queue.file(difference=difference())
        assert (again.is_open, again.times_opened, again.closed_at) == (True, 2, None)
        assert steps(again) == ["found", "closed", "reopened"]

    def test_agreeing_twice_closes_once(self, filed: Discrepancy) -> None:
        queue.close_as_matched(discrepancy=filed, ours="{}", theirs="{}")
        assert not queue.close_as_matched(discrepancy=filed, ours="{}", theirs="{}")
        assert steps(filed) == ["found", "closed"]

    def test_what_a_person_closed_stays_closed(self, filed: Discrepancy, operator: User) -> None:
        close(filed, operator)
        again = queue.file(difference=difference())
        assert not again.is_open
        assert again.closing_reason == ClosingReason.ACCEPTED
        assert steps(again) == ["found", "closed"]

    def test_unless_the_figures_changed_since(self, filed: Discrepancy, operator: User) -> None:
        close(filed, operator)
        again = queue.file(difference=difference(theirs='{"amount":1}'))
        assert again.is_open
        assert steps(again) == ["found", "closed", "reopened"]

    def test_what_opens_again_is_news_again(self, filed: Discrepancy) -> None:
        Discrepancy.objects.update(mailed_at=filed.found_at)
        queue.close_as_matched(discrepancy=filed, ours="", theirs="")
        assert queue.file(difference=difference()).mailed_at is None


class TestWorkingThemOff:
    def test_a_person_owns_one(self, filed: Discrepancy, operator: User, finance: User) -> None:
        owned = queue.assign(
            discrepancy=filed, actor=finance, owner=operator, expected_version=filed.version
        )
        assert owned.owner == operator
        step = owned.steps.get(kind="owned")
        assert (step.actor, step.text) == (finance, str(operator))
        nobodys = queue.assign(
            discrepancy=owned, actor=operator, owner=None, expected_version=owned.version
        )
        assert nobodys.owner is None

    def test_it_is_closed_with_a_reason_and_words(self, filed: Discrepancy, operator: User) -> None:
        closed = close(filed, operator, ClosingReason.CORRECTED_THERE)
        assert (closed.is_open, closed.closing_reason) == (False, "corrected_there")
        step = closed.steps.get(kind="closed")
        assert (step.actor_name, step.reason_code, step.text) == (
            str(operator),
            "corrected_there",
            WORDS,
        )

    def test_it_is_opened_again_with_words(self, filed: Discrepancy, operator: User) -> None:
        closed = close(filed, operator)
        opened = queue.reopen(
            discrepancy=closed, actor=operator, text=WORDS, expected_version=closed.version
        )
        assert (opened.is_open, opened.closing_reason, opened.times_opened) == (True, "", 2)
        assert steps(opened)[-1] == "reopened"

    @pytest.mark.parametrize(
        ("reason", "text", "words"),
        [
            (ClosingReason.AGREES, WORDS, queue.ONLY_BY_ITSELF),
            (ClosingReason.TAKEN_IN, WORDS, queue.ONLY_BY_ITSELF),
            (ClosingReason.OTHER, "", rows.TEXT_NEEDED),
            (ClosingReason.OTHER, " 네    ", rows.TEXT_NEEDED),
            (ClosingReason.OTHER, "가" * 501, rows.TOO_LONG),
        ],
    )
    def test_a_bad_closing_is_refused_with_words(
        self, filed: Discrepancy, operator: User, reason: ClosingReason, text: str, words: str
    ) -> None:
        with pytest.raises(NotAllowed) as refused:
            close(filed, operator, reason, text)
        assert refused.value.message == words
        filed.refresh_from_db()
        assert filed.is_open

    @pytest.mark.parametrize(
        ("length", "limit"), [(4, "at least 5 characters"), (501, "at most 500 characters")]
    )
    def test_the_words_say_how_long_a_text_may_be(
        self, filed: Discrepancy, operator: User, length: int, limit: str
    ) -> None:
        with translation.override("en"), pytest.raises(NotAllowed, match=limit):
            close(filed, operator, text="가" * length)

    @pytest.mark.parametrize("length", [5, 500])
    def test_a_text_of_that_length_is_kept(
        self, filed: Discrepancy, operator: User, length: int
    ) -> None:
        closed = close(filed, operator, text="가" * length)
        assert closed.steps.get(kind="closed").text == "가" * length

    def test_a_page_that_is_out_of_date_is_refused(
        self, filed: Discrepancy, operator: User, finance: User
    ) -> None:
        drawn = filed.version
        queue.assign(discrepancy=filed, actor=finance, owner=finance, expected_version=drawn)
        with pytest.raises(Conflict) as refused:
            close(filed, operator, version=drawn)
        assert refused.value.message == queue.CHANGED
        with pytest.raises(Conflict):
            queue.assign(discrepancy=filed, actor=operator, owner=operator, expected_version=drawn)
        with pytest.raises(Conflict):
            queue.reopen(discrepancy=filed, actor=operator, text=WORDS, expected_version=drawn)

    def test_twice_is_once(self, filed: Discrepancy, operator: User) -> None:
        closed = close(filed, operator)
        with pytest.raises(NotAllowed) as refused:
            close(closed, operator)
        assert refused.value.message == queue.CLOSED_ALREADY
        with pytest.raises(NotAllowed):
            queue.assign(
                discrepancy=closed,
                actor=operator,
                owner=operator,
                expected_version=closed.version,
            )
        opened = queue.reopen(
            discrepancy=closed, actor=operator, text=WORDS, expected_version=closed.version
        )
        with pytest.raises(NotAllowed) as refused:
            queue.reopen(
                discrepancy=opened, actor=operator, text=WORDS, expected_version=opened.version
            )
        assert refused.value.message == queue.OPEN_ALREADY

    def test_its_steps_are_never_changed(self, filed: Discrepancy) -> None:
        step = filed.steps.get()
        with pytest.raises(AppendOnlyError):
            step.save()
        assert "payments_discrepancystep" in TABLES


class TestVerifiedMeanwhile:
    """A normal verification that shows agreement closes at once what is open about it."""

    @pytest.fixture
    def refund_unknown_here(
        self, sandbox: SandboxGateway, customer: User, product: Product
    ) -> Payment:
        payment = builders.paid(customer, product)
        sandbox.pay(
            payment.merchant_uid,
            payment.amount,
            imp_uid=payment.imp_uid,
            outcome="cancelled",
            cancel_amount=30_000,
        )
        for bucket in (Bucket.REFUND, Bucket.AMOUNT):
            queue.file(
                difference=difference(bucket=bucket, imp_uid=payment.imp_uid, payment_id=payment.pk)
            )
        return payment

    def test_what_agrees_now_is_closed(self, refund_unknown_here: Payment) -> None:
        verify(payment=refund_unknown_here, source=Source.ADMIN)
        assert not Discrepancy.objects.filter(is_open=True).exists()
        step = Discrepancy.objects.get(bucket=Bucket.REFUND).steps.get(kind="closed")
        assert (step.actor, step.reason_code) == (None, "agrees")
        assert '"cancelled_amount":30000' in step.ours

    def test_silence_closes_nothing(
        self, refund_unknown_here: Payment, sandbox: SandboxGateway
    ) -> None:
        sandbox.fault("status", status=500)
        verify(payment=refund_unknown_here, source=Source.ADMIN)
        assert Discrepancy.objects.filter(is_open=True).count() == 2

    def test_what_still_differs_stays_open(
        self, refund_unknown_here: Payment, sandbox: SandboxGateway
    ) -> None:
        payment = refund_unknown_here
        sandbox.control("PATCH", f"payments/{payment.imp_uid}", {"amount": 100})
        verify(payment=payment, source=Source.ADMIN)
        open_ones = Discrepancy.objects.filter(is_open=True).values_list("bucket", flat=True)
        assert set(open_ones) == {"refund", "amount"}

    def test_what_differs_in_another_way_takes_its_place(
        self, sandbox: SandboxGateway, customer: User, product: Product
    ) -> None:
        payment = builders.paid(customer, product)
        gone = queue.file(
            difference=difference(
                bucket=Bucket.MISSING_THERE, imp_uid=payment.imp_uid, payment_id=payment.pk
            )
        )
        sandbox.pay(payment.merchant_uid, 100, imp_uid=payment.imp_uid)
        verify(payment=payment, source=Source.ADMIN)
        found = Discrepancy.objects.get(is_open=True)
        assert (found.bucket, found.payment, found.amount) == ("amount", payment, payment.amount)
        assert '"amount":100,' in found.theirs
        gone.refresh_from_db()
        assert (gone.is_open, gone.closing_reason) == (False, "agrees")
        assert steps(gone) == ["found", "closed"]

    def test_what_a_person_accepted_does_not_hold_it_open(
        self, refund_unknown_here: Payment, sandbox: SandboxGateway, operator: User
    ) -> None:
        payment = refund_unknown_here
        sandbox.control("PATCH", f"payments/{payment.imp_uid}", {"amount": 100})
        reconciled()
        close(Discrepancy.objects.get(bucket=Bucket.AMOUNT), operator)
        queue.file(
            difference=difference(
                bucket=Bucket.MISSING_THERE, imp_uid=payment.imp_uid, payment_id=payment.pk
            )
        )
        verify(payment=payment, source=Source.ADMIN)
        open_ones = Discrepancy.objects.filter(is_open=True).values_list("bucket", flat=True)
        assert list(open_ones) == ["refund"]

    def test_another_payments_answer_closes_nothing(
        self, refund_unknown_here: Payment, others_payment: Payment
    ) -> None:
        imp_uid = refund_unknown_here.imp_uid
        assert imp_uid is not None
        verify(payment=others_payment, source=Source.ADMIN, imp_uid=imp_uid)
        assert Discrepancy.objects.filter(is_open=True).count() == 2

    def test_without_any_it_costs_one_query(
        self, payment: Payment, sandbox: SandboxGateway, django_assert_num_queries: Any
    ) -> None:
        attempt = sandbox.pay(payment.merchant_uid, payment.amount)
        answer = gateway.client().payment(attempt["imp_uid"])
        with django_assert_num_queries(1):
            queue.close_resolved(answered=[(payment, answer)])
        with django_assert_num_queries(0):
            queue.close_resolved(answered=[])

"""What people do with it: somebody owns it, closes it with words, opens it again."""

import pytest
from django.utils import translation

from accounts.models import User
from payments.core.db.append_only import AppendOnlyError
from payments.errors import Conflict, NotAllowed
from payments.migrations._append_only_triggers import TABLES
from payments.models import Bucket, ClosingReason, Discrepancy, Payment
from payments.services.discrepancies import queue, rows
from tests.payments import books

WORDS = "은행에 확인했습니다"


@pytest.fixture
def filed(payment: Payment) -> Discrepancy:
    """A discrepancy that was just found: the amount and the status differ."""
    return books.filed(payment, Bucket.AMOUNT, Bucket.STATUS, amount=900, status="failed")


def steps(discrepancy: Discrepancy) -> list[str]:
    return list(discrepancy.steps.values_list("kind", flat=True))


def accepted(discrepancy: Discrepancy) -> list[bool]:
    """Whether each of its lines is."""
    return list(discrepancy.lines.order_by("pk").values_list("is_accepted", flat=True))


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

    @pytest.mark.parametrize(
        "reason", [one for one in ClosingReason if one not in queue.OWN_REASONS]
    )
    def test_whoever_closes_it_accepts_each_line_as_it_stands(
        self, filed: Discrepancy, operator: User, reason: ClosingReason
    ) -> None:
        assert accepted(filed) == [False, False]
        assert accepted(close(filed, operator, reason)) == [True, True]

    def test_whoever_opens_it_again_accepts_nothing_any_more(
        self, filed: Discrepancy, operator: User
    ) -> None:
        closed = close(filed, operator)
        queue.reopen(
            discrepancy=closed, actor=operator, text=WORDS, expected_version=closed.version
        )
        assert accepted(closed) == [False, False]

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

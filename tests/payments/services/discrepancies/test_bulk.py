"""Many at once: each as the person saw it, and none holds up another."""

from collections.abc import Sequence

import pytest

from accounts.models import User
from payments.errors import NotAllowed
from payments.models import ClosingReason, Discrepancy
from payments.services.discrepancies import bulk, queue
from payments.services.discrepancies.bulk import Outcome, Result, Seen
from payments.services.discrepancies.rows import TEXT_NEEDED
from tests.payments.books import missing_here

WORDS = "은행에 확인했습니다"


@pytest.fixture
def rows(db: None) -> list[Discrepancy]:
    """Three of which one has changed hands and one was closed since they were looked at."""
    return [missing_here(f"imp_{number}", f"order-{number}") for number in (1, 2, 3)]


def seen(rows: Sequence[Discrepancy]) -> list[Seen]:
    return [Seen(row.pk, row.version) for row in rows]


def close(rows: Sequence[Seen], actor: User, text: str = WORDS) -> list[Result]:
    return bulk.close_each(seen=rows, actor=actor, reason=ClosingReason.ACCEPTED, text=text)


def test_all_are_closed_with_one_reason_and_one_text(
    rows: list[Discrepancy], finance: User
) -> None:
    results = close(seen(rows), finance)
    assert [result.outcome for result in results] == [Outcome.DONE] * 3
    assert [result.discrepancy.pk for result in results] == [row.pk for row in rows]
    for row in rows:
        row.refresh_from_db()
        step = row.steps.last()
        assert step is not None
        assert (row.is_open, row.closing_reason) == (False, ClosingReason.ACCEPTED)
        assert (step.actor, step.text) == (finance, WORDS)


def test_all_are_handed_to_one_person(
    rows: list[Discrepancy], finance: User, operator: User
) -> None:
    results = bulk.assign_each(seen=seen(rows), actor=finance, owner=operator)
    assert {result.outcome for result in results} == {Outcome.DONE}
    assert set(Discrepancy.objects.values_list("owner", flat=True)) == {operator.pk}


def test_what_changed_meanwhile_is_left_alone_and_holds_up_no_other(
    rows: list[Discrepancy], finance: User, operator: User
) -> None:
    as_seen = seen(rows)
    queue.assign(discrepancy=rows[0], actor=operator, owner=operator, expected_version=1)
    close(seen(rows[1:2]), operator)
    results = close(as_seen, finance)
    assert [result.outcome for result in results] == [
        Outcome.CHANGED,
        Outcome.CLOSED,
        Outcome.DONE,
    ]
    assert [result.why for result in results] == [queue.CHANGED, queue.CLOSED_ALREADY, ""]
    rows[0].refresh_from_db()
    assert (rows[0].is_open, rows[0].owner) == (True, operator)
    assert rows[1].steps.filter(kind="closed").count() == 1


def test_a_refusal_is_said_of_each(rows: list[Discrepancy], finance: User) -> None:
    results = close(seen(rows), finance, text="  .  ")
    assert {result.outcome for result in results} == {Outcome.REFUSED}
    assert results[0].why == str(TEXT_NEEDED)
    assert Discrepancy.objects.filter(is_open=True).count() == 3


def test_a_row_twice_is_one_and_a_number_of_none_is_nothing(
    rows: list[Discrepancy], finance: User
) -> None:
    results = close([*seen(rows[:1]), *seen(rows[:1]), Seen(10**9, 1)], finance)
    assert [result.outcome for result in results] == [Outcome.DONE]


def test_more_than_a_person_can_answer_for_are_refused(
    rows: list[Discrepancy], finance: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "MAX_ROWS", 2)
    with pytest.raises(NotAllowed):
        close(seen(rows), finance)
    assert Discrepancy.objects.filter(is_open=True).count() == 3

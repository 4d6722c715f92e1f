"""Each fact is booked once, on its own day, whatever order the answers come in."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.core.kst import day_of
from payments.iamport import GatewayPayment, read_payment
from payments.ledger import Draft
from payments.services.verification.movements import Gone, RefundChange, Untimed, drafts
from payments.states import MovementKind

PAID = datetime(2026, 10, 20, 3, tzinfo=UTC)
AMOUNT = 15_000
Refund = dict[str, Any]


def refund(amount: int, at: datetime, **more: Any) -> Refund:
    return {"amount": amount, "cancelled_at": int(at.timestamp()), **more}


def answer(*history: Refund, imp_uid: str = "imp_1", **more: Any) -> GatewayPayment:
    """What the gateway says of a payment with this history."""
    total = sum(entry["amount"] for entry in history)
    last = max((entry.get("cancelled_at", 0) for entry in history), default=0)
    row = {
        "imp_uid": imp_uid,
        "merchant_uid": "20261020AAAAAAAAAAAA",
        "status": "cancelled" if total else "paid",
        "amount": AMOUNT,
        "cancel_amount": total,
        "currency": "KRW",
        "sandbox": False,
        "paid_at": int(PAID.timestamp()),
        "cancelled_at": last,
        "cancel_history": list(history),
    }
    return read_payment(row | more)


def without_history(*history: Refund) -> GatewayPayment:
    return answer(*history, cancel_history=[], cancel_amount=sum(one["amount"] for one in history))


def booked(*answers: GatewayPayment, is_own: bool = True) -> list[Draft]:
    """What stands after these answers, one after the other."""
    standing: list[Draft] = []
    for one in answers:
        standing += drafts(answer=one, standing=standing, is_own=is_own)
    return standing


def by_day(rows: Iterable[Draft]) -> dict[str, int]:
    days: Counter[str] = Counter()
    for row in rows:
        days[str(day_of(row.happened_at))] += row.amount
    return {day: amount for day, amount in days.items() if amount}


OCTOBER = refund(3_000, datetime(2026, 10, 31, 3, tzinfo=UTC), cancellation_id="c1")
NOVEMBER = refund(2_000, datetime(2026, 11, 29, 3, tzinfo=UTC), cancellation_id="c2")


def test_an_approval_is_booked_once() -> None:
    (row,) = booked(answer(), answer())
    assert (row.kind, row.amount, row.happened_at) == (MovementKind.APPROVAL, AMOUNT, PAID)


def test_a_second_part_refund_drags_the_first_into_no_other_month() -> None:
    rows = booked(answer(), answer(OCTOBER), answer(OCTOBER, NOVEMBER))
    assert by_day(rows) == {"2026-10-20": 15_000, "2026-10-31": -3_000, "2026-11-29": -2_000}


def test_two_refunds_seen_at_one_look_are_two_movements() -> None:
    assert by_day(booked(answer(OCTOBER, NOVEMBER))) == by_day(
        booked(answer(), answer(OCTOBER), answer(OCTOBER, NOVEMBER))
    )


def test_the_order_of_the_history_says_nothing() -> None:
    assert len(booked(answer(OCTOBER, NOVEMBER), answer(NOVEMBER, OCTOBER))) == 3


def test_two_equal_refunds_of_one_second_without_ids_are_two() -> None:
    same = refund(1_000, PAID + timedelta(days=1))
    rows = booked(answer(same), answer(same, same), answer(same, same))
    assert [row.amount for row in rows] == [AMOUNT, -1_000, -1_000]


def test_an_id_that_is_told_later_is_the_same_refund() -> None:
    unnamed = {name: value for name, value in OCTOBER.items() if name != "cancellation_id"}
    assert len(booked(answer(unnamed), answer(OCTOBER))) == 2


def test_what_was_derived_from_a_sum_is_taken_back_for_the_real_ones() -> None:
    rows = booked(answer(), without_history(OCTOBER, NOVEMBER), answer(OCTOBER, NOVEMBER))
    assert [row.kind for row in rows] == ["approval", "refund", "correction", "refund", "refund"]
    assert [row.is_derived for row in rows] == [False, True, False, False, False]
    assert rows[1].happened_at == rows[2].happened_at
    assert by_day(rows) == {"2026-10-20": 15_000, "2026-10-31": -3_000, "2026-11-29": -2_000}


def test_a_derived_refund_that_was_right_stays() -> None:
    assert len(booked(without_history(OCTOBER), answer(OCTOBER), answer(OCTOBER))) == 2


def test_a_poorer_answer_takes_nothing_back() -> None:
    rows = booked(answer(OCTOBER), without_history(OCTOBER))
    assert len(rows) == 2


def test_a_refund_that_is_gone_books_nothing() -> None:
    standing = booked(answer(OCTOBER, NOVEMBER))
    for later in (answer(NOVEMBER), without_history(OCTOBER)):
        with pytest.raises(Gone):
            drafts(answer=later, standing=standing, is_own=True)


@pytest.mark.parametrize(
    "moved", [{"amount": 2_999}, {"cancelled_at": int(OCTOBER["cancelled_at"]) + 86_400}]
)
def test_a_refund_that_has_another_day_or_sum_now_is_not_the_one_that_was(
    moved: dict[str, int],
) -> None:
    standing = booked(answer(OCTOBER))
    with pytest.raises(Gone):
        drafts(answer=answer(OCTOBER | moved), standing=standing, is_own=True)


def test_three_equal_refunds_are_told_apart_by_the_ids_that_some_have() -> None:
    same = refund(1_000, PAID + timedelta(days=1))
    first, second = same | {"cancellation_id": "c1"}, same | {"cancellation_id": "c2"}
    rows = booked(answer(same), answer(first, same), answer(same, second, first))
    assert sorted(row.external_id for row in rows) == ["", "", "c1", "c2"]


def test_a_refund_without_a_time_anywhere_books_nothing() -> None:
    untimed = {"amount": 3_000, "cancelled_at": 0}
    for one in (answer(untimed), without_history(untimed), answer(untimed, untimed)):
        with pytest.raises(Untimed):
            drafts(answer=one, standing=(), is_own=True)


def test_the_only_untimed_entry_has_the_time_of_the_payment() -> None:
    at = int(OCTOBER["cancelled_at"])
    (_approval, row) = booked(answer({"amount": 3_000, "cancelled_at": 0}, cancelled_at=at))
    assert row.happened_at.timestamp() == at


def test_an_untimed_entry_stays_on_its_day_when_a_later_refund_comes() -> None:
    untimed, first = {"amount": 3_000, "cancelled_at": 0}, int(OCTOBER["cancelled_at"])
    rows = booked(answer(untimed, cancelled_at=first), answer(untimed, NOVEMBER))
    assert by_day(rows) == {"2026-10-20": 15_000, "2026-10-31": -3_000, "2026-11-29": -2_000}


def test_a_new_untimed_entry_beside_the_last_refund_itself_books_nothing() -> None:
    untimed = {"amount": 3_000, "cancelled_at": 0}
    with pytest.raises(Untimed):
        drafts(answer=answer(untimed, NOVEMBER), standing=booked(answer()), is_own=True)


def test_another_attempt_has_a_book_of_its_own() -> None:
    own = booked(answer(OCTOBER))
    second = answer(NOVEMBER, imp_uid="imp_2")
    rows = drafts(answer=second, standing=own, is_own=False)
    assert [(row.imp_uid, row.is_own, row.amount) for row in rows] == [
        ("imp_2", False, AMOUNT),
        ("imp_2", False, -2_000),
    ]


@pytest.mark.parametrize("status", ["ready", "failed"])
def test_an_attempt_without_money_books_nothing(status: str) -> None:
    assert booked(answer(status=status, paid_at=0)) == []


def test_a_slip_that_is_no_address_of_the_web_is_left_out() -> None:
    (row,) = booked(answer(receipt_url="javascript:alert(1)"))
    assert row.receipt_url == ""


# Some with ids, some without, equal ones among them, at a handful of times.
HISTORIES = st.lists(
    st.builds(
        refund,
        st.sampled_from([500, 1_000, 1_500]),
        st.sampled_from([PAID + timedelta(hours=hours) for hours in (1, 24, 24 * 40)]),
    ),
    max_size=5,
)


@given(history=HISTORIES, named=st.sets(st.integers(0, 4)), data=st.data())
def test_whatever_is_told_in_whatever_order_the_days_add_up(
    history: list[Refund], named: set[int], data: st.DataObject
) -> None:
    history = [
        entry | ({"cancellation_id": f"c{number}"} if number in named else {})
        for number, entry in enumerate(history)
    ]
    looks = data.draw(st.lists(st.integers(0, len(history)), max_size=4).map(sorted))
    seen = [_look(history[:upto], data) for upto in [*looks, len(history)]]
    rows = booked(*seen, answer(*history))
    truth = Counter({str(day_of(PAID)): AMOUNT})
    for entry in history:
        at = datetime.fromtimestamp(entry["cancelled_at"], tz=UTC)
        truth[str(day_of(at))] -= entry["amount"]
    assert by_day(rows) == {day: amount for day, amount in truth.items() if amount}
    assert len({row.key for row in rows}) == len(rows)


def _look(history: Sequence[Refund], data: st.DataObject) -> GatewayPayment:
    """A full answer in any order, or a poorer one; always at the last refund's time."""
    if data.draw(st.booleans()):
        return without_history(*history)
    return answer(*data.draw(st.permutations(history)))


# What happens, one after the other: a refund of so many won, or the newest of them undone; and
# whether anybody looks before the next.
STORIES = st.lists(
    st.tuples(st.sampled_from([500, 1_000, 1_500, 0]), st.booleans()), min_size=1, max_size=8
)


@given(story=STORIES)
def test_refunds_that_are_taken_back_add_up_on_the_days_of_both(
    story: list[tuple[int, bool]],
) -> None:
    history: list[Refund] = []
    rows = booked(answer())
    truth = Counter({str(day_of(PAID)): AMOUNT})
    seen: set[str] = set()
    for number, (amount, is_looked_at) in enumerate([*story, (500, True)]):
        at = PAID + timedelta(days=number)
        if amount:
            history.append(refund(amount, at, cancellation_id=f"c{number}"))
        elif history:
            history.pop()
        if not is_looked_at:
            continue
        rows += _confirmed(answer(*history), rows, at.date())
        now = {str(entry["cancellation_id"]): entry for entry in history}
        for name in now.keys() - seen:
            when = datetime.fromtimestamp(now[name]["cancelled_at"], tz=UTC)
            truth[str(day_of(when))] -= now[name]["amount"]
        for name in seen - now.keys():
            truth[str(day_of(at))] += -next(
                row.amount for row in rows if row.external_id == name and row.kind == "refund"
            )
        seen = set(now)
        assert sum(row.amount for row in rows) == AMOUNT - sum(e["amount"] for e in history)
    assert by_day(rows) == {day: amount for day, amount in truth.items() if amount}
    assert len({row.key for row in rows}) == len(rows)


def _confirmed(one: GatewayPayment, standing: list[Draft], on: date) -> tuple[Draft, ...]:
    """Booked at once if nothing is gone, else in the name of a person who says the day."""
    try:
        return drafts(answer=one, standing=standing, is_own=True)
    except Gone:
        change = RefundChange("imp_1", on)
        return drafts(answer=one, standing=standing, is_own=True, change=change)


def test_money_that_went_back_says_on_which_day_it_had_come_in() -> None:
    first = booked(answer(OCTOBER))
    later = drafts(
        answer=answer(OCTOBER, NOVEMBER, paid_at=int(PAID.timestamp()) + 90_000),
        standing=first,
        is_own=True,
    )
    days = {row.key: row.approved_on for row in (*first, *later)}
    assert days == {
        "approval:imp_1": None,
        "refund:imp_1:c1": day_of(PAID),
        "refund:imp_1:c2": day_of(PAID),
    }

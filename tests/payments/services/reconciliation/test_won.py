"""What a run says in won: each side's money of each day, and the lines by which they differ."""

import random
from datetime import date, datetime

import pytest
from django.forms.models import model_to_dict

from accounts.models import User
from payments.core.kst import day_of
from payments.models import (
    Movement,
    Payment,
    Product,
)
from tests.gateway import SandboxGateway
from tests.payments import builders
from tests.payments.books import (
    APRIL_FIRST,
    mirror,
    reconciled,
)

from .won import A_DAY, NOON, NOT_REFUNDED, SECOND, TENTH, THIRD, at, both, history, lines


class TestEachRefundOnItsOwnDay:
    @pytest.fixture
    def refunded_thrice(self, customer: User, product: Product, sandbox: SandboxGateway) -> Payment:
        """Paid on the first, refunded on the second, the third and the tenth: both sides agree."""
        refunds = [(1_000, at(1)), (2_000, at(2)), (3_000, at(9))]
        payment = builders.refunded_in_parts(customer, product, refunds=refunds)
        mirror(sandbox, [payment], {payment.pk: history(*refunds)})
        return payment

    def test_of_all_its_days(self, refunded_thrice: Payment) -> None:
        price = refunded_thrice.amount
        run = reconciled(APRIL_FIRST, TENTH)
        assert both(run) == {
            ("2026-04-01", "approval"): [1, price, 1, price],
            ("2026-04-02", "refund"): [1, -1_000, 1, -1_000],
            ("2026-04-03", "refund"): [1, -2_000, 1, -2_000],
            ("2026-04-10", "refund"): [1, -3_000, 1, -3_000],
        }
        assert lines(run) == []

    @pytest.mark.parametrize(
        ("first", "last"), [(APRIL_FIRST, APRIL_FIRST), (SECOND, SECOND), (SECOND, THIRD)]
    )
    def test_of_days_whose_list_does_not_bring_it(
        self, refunded_thrice: Payment, first: date, last: date
    ) -> None:
        # The gateway's list has it under the tenth alone: it is looked up by its id.
        run = reconciled(first, last)
        days = {day for day, _kind in both(run)}
        assert days == {str(day) for day in (first, last)}
        assert all(numbers[:2] == numbers[2:] for numbers in both(run).values())
        assert lines(run) == []

    def test_a_refund_of_another_day_than_ours(
        self, customer: User, product: Product, sandbox: SandboxGateway
    ) -> None:
        payment = builders.refunded_in_parts(customer, product, refunds=[(1_000, at(1))])
        mirror(sandbox, [payment], {payment.pk: history((1_000, at(2)))})
        assert lines(reconciled(APRIL_FIRST, TENTH)) == [
            ("2026-04-02", "refund", -1_000, 0),
            ("2026-04-03", "refund", 0, -1_000),
        ]

    def test_another_time_of_the_same_day_is_no_difference(
        self, customer: User, product: Product, sandbox: SandboxGateway
    ) -> None:
        payment = builders.refunded_in_parts(customer, product, refunds=[(1_000, at(1))])
        mirror(sandbox, [payment], {payment.pk: history((1_000, at(1, 2)))})
        assert lines(reconciled(APRIL_FIRST, TENTH)) == []

    def test_a_refund_without_a_time_is_the_one_that_we_have(
        self, customer: User, product: Product, sandbox: SandboxGateway
    ) -> None:
        refunds = [(1_000, at(1)), (2_000, at(2))]
        payment = builders.refunded_in_parts(customer, product, refunds=refunds)
        mirror(sandbox, [payment], {payment.pk: history((1_000, None), (2_000, at(2)))})
        run = reconciled(APRIL_FIRST, TENTH)
        assert both(run)["2026-04-02", "refund"] == [1, -1_000, 1, -1_000]
        assert lines(run) == []

    def test_no_history_but_a_sum(
        self, customer: User, product: Product, sandbox: SandboxGateway
    ) -> None:
        refunds = [(1_000, at(1)), (2_000, at(2))]
        payment = builders.refunded_in_parts(customer, product, refunds=refunds)
        unknown = builders.paid(customer, product)
        told = {"cancel_history": [], "cancel_amount": 3_000, "cancelled_at": _second(at(2))}
        answer = history(*refunds, **told)
        mirror(sandbox, [payment, unknown], {payment.pk: answer, unknown.pk: answer})
        run = reconciled(APRIL_FIRST, TENTH)
        assert lines(run) == [("2026-04-03", "refund", 0, -3_000)]
        assert run.lines.get().imp_uid == unknown.imp_uid

    def test_a_refund_taken_back_lowers_refunds_on_its_day(
        self, customer: User, product: Product, sandbox: SandboxGateway
    ) -> None:
        payment = builders.refunded_in_parts(customer, product, refunds=[(1_000, at(1))])
        refund = payment.movements.get(kind="refund")
        facts = model_to_dict(refund, exclude=["id", "payment"])
        taken_back = {"kind": "refund_reversal", "key": f"reversal:{refund.key}", "amount": 1_000}
        facts |= taken_back | {"happened_at": at(2), "day": THIRD}
        Movement.objects.create(payment=payment, **facts)
        Payment.objects.update(status="paid", cancelled_amount=0, cancelled_at=None)
        payment.refresh_from_db()
        mirror(sandbox, [payment])
        # Of a refund that is gone the gateway tells nothing; a person has confirmed it.
        run = reconciled(APRIL_FIRST, TENTH)
        assert both(run)["2026-04-03", "refund"] == [-1, 1_000, -1, 1_000]
        assert lines(run) == []


def _second(when: datetime) -> int:
    return int(when.timestamp())


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("seconds", [0, 60], ids=["stop everywhere", "stop once"])
def test_any_refunds_on_either_side_add_up(
    customer: User, product: Product, sandbox: SandboxGateway, seed: int, seconds: int
) -> None:
    dice = random.Random(seed)
    first = APRIL_FIRST + dice.randint(0, 4) * A_DAY
    last = first + dice.randint(0, 4) * A_DAY
    expected = 0
    for _number in range(12):
        days = sorted(dice.sample(range(1, 8), dice.randint(0, 4)))
        refunds = [(1_000 + day, at(day)) for day in days]
        payment = builders.refunded_in_parts(customer, product, refunds=refunds)
        theirs = [(won, when + dice.choice([0, 0, 0, 1]) * A_DAY) for won, when in refunds]
        theirs = [refund for refund in theirs if dice.random() < 0.9]
        if dice.random() < 0.9:
            mirror(sandbox, [payment], {payment.pk: history(*theirs) if theirs else NOT_REFUNDED})
            told = [(APRIL_FIRST, payment.amount), *((day_of(when), -won) for won, when in theirs)]
            # What neither its list nor ours shows is found by the run over its later day.
            shown = {APRIL_FIRST, *(day_of(when) for _won, when in refunds), max(told)[0]}
            if any(first <= day <= last for day in shown):
                expected += sum(won for day, won in told if first <= day <= last)
    run = reconciled(first, last, seconds=seconds)
    sums = [sum(numbers[side] for numbers in both(run).values()) for side in (1, 3)]
    ours = Movement.objects.filter(day__range=(first, last))
    assert sums == [sum(movement.amount for movement in ours), expected]


class TestWhoseMoney:
    def test_a_second_approval_that_both_know_is_on_both_sides(
        self, customer: User, product: Product, sandbox: SandboxGateway
    ) -> None:
        payment = builders.approved_again(builders.paid(customer, product), at=at(1))
        other = payment.movements.get(is_own=False)
        mirror(sandbox, [payment])
        twice = {"imp_uid": other.imp_uid, "paid_at": _second(at(1))}
        mirror(sandbox, [payment], {payment.pk: twice})
        run = reconciled(APRIL_FIRST, SECOND)
        price = payment.amount
        assert both(run)["2026-04-02", "approval"] == [1, price, 1, price]
        assert both(run)["2026-04-02", "others"] == [1, price, 0, 0]
        assert lines(run) == []

    def test_a_second_approval_that_we_do_not_know_leads_to_the_order(
        self, customer: User, product: Product, sandbox: SandboxGateway
    ) -> None:
        payment = builders.paid(customer, product)
        mirror(sandbox, [payment])
        mirror(sandbox, [payment], {payment.pk: {"imp_uid": "imp_twice"}})
        line = reconciled().lines.get()
        assert (line.imp_uid, line.payment_id) == ("imp_twice", payment.pk)
        assert (line.here, line.there) == (0, payment.amount)

    def test_test_payments_are_in_no_sum(
        self, customer: User, product: Product, sandbox: SandboxGateway
    ) -> None:
        test = builders.approved_as_a_test(customer, product)
        mirror(sandbox, [test], {test.pk: {"sandbox": True}})
        assert both(reconciled()) == {}

    def test_ours_of_which_the_gateway_says_that_it_was_a_test(
        self, customer: User, product: Product, sandbox: SandboxGateway
    ) -> None:
        payment = builders.paid(customer, product)
        mirror(sandbox, [payment], {payment.pk: {"sandbox": True}})
        assert lines(reconciled()) == [("2026-04-01", "approval", payment.amount, 0)]

    def test_another_currency_can_not_be_added_up(
        self, customer: User, product: Product, sandbox: SandboxGateway
    ) -> None:
        payment = builders.paid(customer, product)
        mirror(sandbox, [payment], {payment.pk: {"currency": "USD"}})
        assert lines(reconciled()) == [("2026-04-01", "approval", payment.amount, 0)]

    def test_only_here_only_there_and_another_amount(
        self, customer: User, product: Product, sandbox: SandboxGateway
    ) -> None:
        here, differs = builders.paid(customer, product), builders.paid(customer, product)
        mirror(sandbox, [differs], {differs.pk: {"amount": 100}})
        sandbox.pay("elsewhere", 5_000, paid_at=_second(NOON))
        run = reconciled()
        assert sorted(lines(run)) == sorted(
            [
                ("2026-04-01", "approval", here.amount, 0),
                ("2026-04-01", "approval", differs.amount, 100),
                ("2026-04-01", "approval", 0, 5_000),
            ]
        )
        numbers = [2, here.amount + differs.amount, 2, 5_100]
        assert both(run) == {("2026-04-01", "approval"): numbers}
        assert {line.merchant_uid for line in run.lines.filter(payment=None)} == {"elsewhere"}

    def test_a_refund_that_only_its_movement_shows_is_a_case(
        self, customer: User, product: Product, sandbox: SandboxGateway
    ) -> None:
        # Paid before these days and refunded again after them; the gateway knows of the last.
        refunds = [(1_000, at(1)), (2_000, at(9))]
        payment = builders.refunded_in_parts(customer, product, refunds=refunds)
        mirror(sandbox, [payment], {payment.pk: history((2_000, at(9)))})
        run = reconciled(SECOND, THIRD)
        assert lines(run) == [("2026-04-02", "refund", -1_000, 0)]
        assert run.counts["refund"] == 1

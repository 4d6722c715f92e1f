"""All doors at once on the same few payments: no deadlock, and the book holds.

Four threads work through a schedule drawn from a seed: the gateway tells something else of an
attempt, somebody looks through a door, a run or a reconciliation passes over all of them, a person
accepts what is open. Which of them is first is the database's affair; afterwards it is quiet, each
payment is looked at once more, and everything is held against everything.
"""

import logging
import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

import hypothesis
import pytest
from django.db.models import Q, Sum

from accounts.models import User
from payments.core.kst import day_of
from payments.errors import Conflict
from payments.models import Discrepancy, Movement, Payment, Product, VerificationRun
from payments.selectors.roll_ups import roll_ups
from payments.services import reconciliation
from payments.services.ledger_audit import audit
from payments.services.roll_ups.audit import audit_roll_ups
from payments.services.roll_ups.fold import fold
from payments.services.verification.verify import verify
from payments.services.verification_runs import control, worker
from payments.states import Source
from tests.gateway import SandboxGateway
from tests.payments import builders
from tests.payments.books import begun, reconciled
from tests.payments.parallel import Act, in_parallel

from .test_flag_story import (
    AMOUNT,
    PAID_AT,
    TOLD,
    assert_facts_have_ended_what_they_can,
    assert_the_flag_is_right,
)
from .test_story import by_click, by_order_number, by_webhook

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]

# Three in the suite, sixty in `make chaos`.
SEEDS = range(hypothesis.settings().max_examples * 3 // 100)
THREADS, STEPS = 4, 4
ORDERED_AT = datetime.fromtimestamp(PAID_AT - 60, UTC)
DAYS = day_of(ORDERED_AT), day_of(datetime.fromtimestamp(PAID_AT + 2 * 86_400, UTC))


@dataclass(frozen=True)
class Shop:
    """A few payments, the attempts of each at the gateway, and who decides."""

    payments: list[Payment]
    attempts: dict[int, list[str]]
    sandbox: SandboxGateway
    operator: User


@pytest.fixture
def shop(customer: User, product: Product, operator: User, sandbox: SandboxGateway) -> Shop:
    """Three orders: paid, approved twice, and one of which nobody has heard yet."""
    payments = [builders.ordered(customer, product, at=ORDERED_AT) for _number in range(3)]
    times = {"paid_at": PAID_AT, "started_at": PAID_AT - 20, "ignore_prepare": True}
    attempts = {
        payment.pk: [
            str(sandbox.pay(payment.merchant_uid, AMOUNT, **times)["imp_uid"])
            for _attempt in range(number)
        ]
        for payment, number in zip(payments, (1, 2, 2), strict=True)
    }
    for payment in payments[:2]:
        verify(payment=payment, source=Source.BROWSER, imp_uid=attempts[payment.pk][0])
    return Shop(payments, attempts, sandbox, operator)


def schedule(shop: Shop, chance: random.Random) -> list[Act]:
    """What one thread does, in order."""
    acts: list[Act] = []
    for _step in range(STEPS):
        payment = chance.choice(shop.payments)
        imp_uid = chance.choice(shop.attempts[payment.pk])
        acts.append(partial(shop.sandbox.change, imp_uid, **TOLD[chance.choice(list(TOLD))]))
        acts.append(chance.choice(DOORS)(shop, payment, imp_uid))
    return acts


def look(by: Callable[[Payment, str], None], _shop: Shop, payment: Payment, imp_uid: str) -> Act:
    return partial(by, payment, imp_uid)


def by_return(payment: Payment, imp_uid: str) -> None:
    verify(payment=payment, source=Source.BROWSER, imp_uid=imp_uid)


def run(_shop: Shop, _payment: Payment, _imp_uid: str) -> Act:
    """A verification run over all of them, while there is something to do at once."""

    def act() -> None:
        run: VerificationRun = control.start(
            payments=Payment.objects.all(), query="", actor=None, enqueue=lambda _pk: None
        )
        for _turn in range(5):
            if worker.work(run_id=run.pk, seconds=5) is None:
                break

    return act


def reconcile(_shop: Shop, _payment: Payment, _imp_uid: str) -> Act:
    def act() -> None:
        run = begun(*DAYS)
        for _turn in range(5):
            if reconciliation.work(run_id=run.pk, seconds=5) is None:
                break

    return act


def accept(shop: Shop, payment: Payment, _imp_uid: str) -> Act:
    def act() -> None:
        with suppress(Conflict):  # somebody else may have been first
            builders.accepted(payment, by=shop.operator)

    return act


DOORS = (
    partial(look, by_return),
    partial(look, by_webhook),
    partial(look, by_click),
    partial(look, by_order_number),
    run,
    reconcile,
    accept,
)


def one_after_the_other(acts: list[Act]) -> None:
    for act in acts:
        act()


@pytest.mark.parametrize("seed", SEEDS)
def test_doors_in_parallel_leave_a_book_that_holds(
    shop: Shop, seed: int, caplog: pytest.LogCaptureFixture
) -> None:
    chance = random.Random(seed)
    threads = [partial(one_after_the_other, schedule(shop, chance)) for _ in range(THREADS)]
    assert in_parallel(*threads) == []
    # What a door puts up with instead of raising it, it logs.
    assert [one.getMessage() for one in caplog.records if one.levelno >= logging.ERROR] == []
    for payment in shop.payments:
        for imp_uid in shop.attempts[payment.pk]:
            by_click(payment, imp_uid)
        by_order_number(payment, "")
        assert_the_flag_is_right(payment)
        assert_facts_have_ended_what_they_can(payment, shop.attempts[payment.pk])
    assert_sums_are_movements()
    assert list(audit()) == []
    assert_cases_are_whole()
    reconciled(*DAYS)


def assert_sums_are_movements() -> None:
    fold(seconds=5)
    [summed] = roll_ups().movements(where=Q()) or [{"amount": 0}]
    assert summed["amount"] == Movement.objects.aggregate(won=Sum("amount", default=0))["won"]
    assert list(audit_roll_ups()) == []


def assert_cases_are_whole() -> None:
    """One for each attempt; its steps are as many as it counts, and the last says how it stands."""
    for row in Discrepancy.objects.all():
        kinds = list(row.steps.order_by("pk").values_list("kind", flat=True))
        assert row.version == len(kinds)
        assert row.is_open is (kinds[-1] != "closed")

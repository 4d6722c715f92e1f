"""Whatever happens to an order: it is flagged exactly while something about it is to be settled.

The stand-in tells a story of one order: amounts and times that change and change back, refunds,
histories that do not add up, attempts beside the one that settled it. Somebody looks through one of
the doors, or accepts what is open. At the end the payment is verified once more, and each attempt
is held against what the gateway says of it.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from django.utils import timezone
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from accounts.models import User
from payments import gateway
from payments.models import ClosingReason, Discrepancy, Payment, Product
from payments.selectors.payments.detail import Agreement, comparison
from payments.selectors.payments.flags import Shown, is_flagged, open_attempts, shown
from payments.services.discrepancies.rules import differences, ours_of
from payments.services.ledger_audit import problems_of
from payments.services.verification.movements import tells_other_refunds
from payments.services.verification.verify import verify
from payments.states import Source
from tests.gateway import SandboxGateway
from tests.payments import builders

from .looking import NOON as NOW
from .test_story import DOORS, by_click, by_order_number

DAY = 86_400
PAID_AT = NOW - 20 * DAY
AMOUNT = 99_000
OWN, SECOND, FAILED = "own", "second", "failed"

# What the gateway tells of an attempt from now on.
TOLD: dict[str, dict[str, Any]] = {
    "as it was": {"status": "paid", "amount": AMOUNT, "cancel_amount": 0, "cancel_history": []},
    "another amount": {"amount": 100},
    "another currency": {"currency": "USD"},
    "paid a day later": {"paid_at": PAID_AT + DAY},
    "paid then": {"paid_at": PAID_AT},
    "partly refunded": {
        "status": "cancelled",
        "cancel_amount": 1_000,
        "cancelled_at": PAID_AT + DAY,
        "cancel_history": [{"amount": 1_000, "cancelled_at": PAID_AT + DAY}],
    },
    "refunded": {
        "status": "cancelled",
        "cancel_amount": AMOUNT,
        "cancelled_at": PAID_AT + 2 * DAY,
        "cancel_history": [{"amount": AMOUNT, "cancelled_at": PAID_AT + 2 * DAY}],
    },
    "a history that does not add up": {
        "status": "cancelled",
        "cancel_amount": AMOUNT,
        "cancelled_at": PAID_AT + DAY,
        "cancel_history": [{"amount": 1_000, "cancelled_at": PAID_AT + DAY}],
    },
    "failed": {"status": "failed", "failed_at": PAID_AT, "cancel_amount": 0, "cancel_history": []},
    "won": {"currency": "KRW"},
    "the right amount": {"amount": AMOUNT},
}
STEP = st.one_of(
    st.tuples(st.sampled_from([OWN, OWN, SECOND, FAILED]), st.sampled_from(list(TOLD))),
    st.sampled_from(["accept", "another order's", "look"]),
)
STORY = st.lists(st.tuples(STEP, st.sampled_from(DOORS)), min_size=1, max_size=6)


@example(story=[((SECOND, "as it was"), by_click), ((SECOND, "failed"), by_order_number)])
@given(story=STORY)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_it_is_flagged_exactly_while_something_is_to_be_settled(
    story: list[tuple[Any, Callable[[Payment, str], None]]],
    customer: User,
    product: Product,
    operator: User,
    sandbox: SandboxGateway,
) -> None:
    payment = builders.ordered(customer, product, at=datetime.fromtimestamp(PAID_AT - 60, UTC))
    times = {"paid_at": PAID_AT, "started_at": PAID_AT - 20, "ignore_prepare": True}
    attempts = {OWN: sandbox.pay(payment.merchant_uid, AMOUNT, **times)["imp_uid"]}
    verify(payment=payment, source=Source.WEBHOOK, imp_uid=attempts[OWN])
    others = builders.ordered(customer, product, at=datetime.fromtimestamp(PAID_AT - 60, UTC))
    anothers = sandbox.pay(others.merchant_uid, AMOUNT, **times)["imp_uid"]
    for step, door in story:
        whose = OWN
        if step == "accept":
            builders.accepted(payment, by=operator)
        elif step == "another order's":
            verify(payment=payment, source=Source.BROWSER, imp_uid=anothers)
        elif step != "look":
            whose, told = step
            if whose not in attempts:
                outcome = "failed" if whose == FAILED else "paid"
                attempt = sandbox.pay(payment.merchant_uid, AMOUNT, outcome=outcome, **times)
                attempts[whose] = attempt["imp_uid"]
            sandbox.change(attempts[whose], **TOLD[told])
        door(payment, attempts[whose])
        assert_the_flag_is_right(payment)
    verify(payment=payment, source=Source.ADMIN)
    assert_the_flag_is_right(payment)
    assert_facts_have_ended_what_they_can(payment, list(attempts.values()))
    assert list(problems_of(payment)) == []
    assert not Discrepancy.objects.filter(imp_uid=anothers).exists()


def assert_the_flag_is_right(payment: Payment) -> None:
    """Flagged while one is open; and what a person can see to differ is open or accepted."""
    payment.refresh_from_db()
    rows = list(Discrepancy.objects.filter(payment=payment))
    flagged = any(row.is_open for row in rows)
    assert is_flagged(payment) == flagged
    page = comparison(payment, open_attempts=open_attempts(payment))
    differs = [one.name for one in page.fields if one.agreement is Agreement.DIFFERENT]
    if differs and not flagged:
        assert any(line.is_accepted for row in rows for line in row.lines.all()), differs
    if shown(payment, flagged=flagged) is Shown.ACCEPTED:
        assert any(line.is_accepted for row in rows for line in row.lines.all())


def assert_facts_have_ended_what_they_can(payment: Payment, attempts: list[str]) -> None:
    """Nothing is open that agrees, and the own attempt is open, or accepted, if it differs."""
    answers = {one.imp_uid: one for one in gateway.client().payments(imp_uids=attempts).payments}
    for imp_uid, answer in answers.items():
        row = Discrepancy.objects.filter(imp_uid=imp_uid).first()
        found = differences(
            ours=ours_of(payment), theirs=answer, accepts_test_payments=True, now=timezone.now()
        )
        if tells_other_refunds(payment=payment, answer=answer):
            assert row is not None
            assert row.is_open or row.closing_reason == ClosingReason.ACCEPTED
        elif not found:
            assert row is None or not row.is_open or row.buckets == ["late_approval"]
        elif imp_uid == payment.imp_uid:
            assert row is not None
            assert row.is_open or all(line.is_accepted for line in current(row))


def current(row: Discrepancy) -> list[Any]:
    return [line for line in row.lines.all() if line.is_current]

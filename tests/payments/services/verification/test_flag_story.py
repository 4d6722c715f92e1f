"""Whatever happens to an order: it is flagged exactly while something about it is to be settled.

The stand-in tells a story of one order: amounts, times and details that change and change back,
poorer answers and richer ones, refunds, histories that do not add up, attempts beside the one that
settled it. It begins with a payment, or with an account that waits for its deposit. Somebody looks
through one of the doors, reconciles, accepts what is open, or marks the order failed. At the end
the payment is verified once more, and each attempt is held against what the gateway says of it.
"""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from django.utils import timezone
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from accounts.models import User
from payments import gateway
from payments.comparing import ours_of
from payments.core.kst import day_of
from payments.errors import GatewayUnavailable, NotAllowed
from payments.models import ClosingReason, Discrepancy, Payment, Product
from payments.selectors.discrepancies import details_of
from payments.selectors.payments.detail import Agreement, comparison
from payments.selectors.payments.flags import Shown, is_flagged, open_attempts, shown
from payments.services.discrepancies.rules import differences
from payments.services.ledger_audit import problems_of
from payments.services.open_orders.mark_failed import mark_failed
from payments.services.verification.movements import tells_other_refunds
from payments.services.verification.verify import verify
from payments.states import FailReason, Source
from tests.gateway import SandboxGateway
from tests.payments import builders
from tests.payments.books import reconciled

from .looking import NOON as NOW
from .test_story import DOORS, by_click, by_order_number, by_run, by_webhook

DAY = 86_400
PAID_AT = NOW - 20 * DAY
AMOUNT = 99_000
# All days on which something of it can be listed.
DAYS = [day_of(datetime.fromtimestamp(second, UTC)) for second in (PAID_AT - DAY, NOW)]
OWN, SECOND, FAILED = "own", "second", "failed"

DETAILS: dict[str, Any] = {
    "pay_method": "card",
    "pg_provider": "html5_inicis",
    "pg_id": "INIpayTest",
    "pg_tid": "StdpayCARDINIpayTest1",
    "apply_num": "30012345",
    "card_code": "366",
    "card_name": "신한카드",
    "card_number": "465887******1234",
    "card_quota": 0,
}
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
    "paid by deposit": {"status": "paid", "paid_at": PAID_AT + DAY},
    "waiting": {"status": "ready", "paid_at": 0},
    "won": {"currency": "KRW"},
    "the right amount": {"amount": AMOUNT},
    "another approval number": {"apply_num": "99999999"},
    "another MID": {"pg_id": "MID-of-another"},
    "another PG and its id": {"pg_provider": "nice_v2", "pg_tid": "nice-1"},
    "another pay method": {"pay_method": "point"},
    "another card": {"card_number": "433028******9694", "card_name": "현대카드", "card_quota": 3},
    "another account": {"vbank_num": "110-1", "vbank_name": "우리은행", "vbank_holder": "홍길동이"},
    "one number less of the card": {"card_number": "4658**********"},
    "details as they were": dict(DETAILS),
    "a later receipt": {"receipt_url": "https://receipt.example.com/later"},
    "a receipt that leads nowhere": {"receipt_url": "javascript:alert(1)"},
    "a due date": {"vbank_date": PAID_AT + DAY},
    "one further away": {"vbank_date": PAID_AT + 300 * DAY},
    "one before the order": {"vbank_date": PAID_AT - DAY},
    "one at the end of time": {"vbank_date": 253_402_300_799},
    "one that is none": {"vbank_date": "내일"},
    "the refund a day later": {"cancelled_at": PAID_AT + 3 * DAY},
    "no history": {"cancel_history": []},
    "failed then": {"failed_at": PAID_AT + 60},
    "as little as may be": dict.fromkeys((*DETAILS, "receipt_url", "cancel_reason", "name")),
    "an escrow": {"escrow": True},
    "no escrow": {"escrow": False},
}
STEP = st.one_of(
    st.tuples(
        st.sampled_from([OWN, OWN, SECOND, FAILED]),
        st.sampled_from([*TOLD, "another number", "its own number"]),
    ),
    st.sampled_from(["accept", "another order's", "look", "mark failed", "reconcile"]),
)
STORY = st.lists(st.tuples(STEP, st.sampled_from(DOORS)), min_size=1, max_size=6)


@example(
    story=[((SECOND, "as it was"), by_click), ((SECOND, "failed"), by_order_number)], outcome="paid"
)
@example(
    story=[
        ((OWN, "another approval number"), by_run),
        ("accept", by_click),
        ((OWN, "partly refunded"), by_webhook),
        ((OWN, "as little as may be"), by_click),
    ],
    outcome="paid",
)
@example(
    story=[
        ((OWN, "one further away"), by_order_number),
        ("mark failed", by_click),
        ((OWN, "one before the order"), by_click),
        ((OWN, "paid by deposit"), by_webhook),
    ],
    outcome="vbank",
)
@given(story=STORY, outcome=st.sampled_from(["paid", "paid", "vbank"]))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_it_is_flagged_exactly_while_something_is_to_be_settled(
    story: list[tuple[Any, Callable[[Payment, str], None]]],
    customer: User,
    product: Product,
    operator: User,
    sandbox: SandboxGateway,
    outcome: str,
) -> None:
    payment = builders.ordered(customer, product, at=datetime.fromtimestamp(PAID_AT - 60, UTC))
    times = {"paid_at": PAID_AT, "started_at": PAID_AT - 20, "ignore_prepare": True}
    begun = sandbox.pay(
        payment.merchant_uid,
        AMOUNT,
        outcome=outcome,
        pay_method="vbank" if outcome == "vbank" else "card",
        **times,
        fields={} if outcome == "vbank" else DETAILS,
    )
    attempts = {OWN: begun["imp_uid"]}
    verify(payment=payment, source=Source.WEBHOOK, imp_uid=attempts[OWN])
    others = builders.ordered(customer, product, at=datetime.fromtimestamp(PAID_AT - 60, UTC))
    anothers = sandbox.pay(others.merchant_uid, AMOUNT, **times)["imp_uid"]
    verify(payment=others, source=Source.WEBHOOK, imp_uid=anothers)
    for step, door in story:
        whose = OWN
        if step == "accept":
            builders.accepted(payment, by=operator)
        elif step == "reconcile":
            reconciled(*DAYS)
            assert_the_flag_is_right(payment)
        elif step == "mark failed":
            close_by_hand(payment, operator)
        elif step == "another order's":
            verify(payment=payment, source=Source.BROWSER, imp_uid=anothers)
        elif step != "look":
            whose, told = step
            if whose not in attempts:
                outcome = "failed" if whose == FAILED else "paid"
                attempt = sandbox.pay(payment.merchant_uid, AMOUNT, outcome=outcome, **times)
                attempts[whose] = attempt["imp_uid"]
            numbers = {"its own number": payment.merchant_uid, "another number": "of-another-shop"}
            change = {"merchant_uid": numbers[told]} if told in numbers else TOLD[told]
            sandbox.change(attempts[whose], **change)
        door(payment, attempts[whose])
        assert_the_flag_is_right(payment)
    verify(payment=payment, source=Source.ADMIN)
    assert_the_flag_is_right(payment)
    assert_facts_have_ended_what_they_can(payment, list(attempts.values()))
    assert list(problems_of(payment)) == []
    assert not Discrepancy.objects.filter(imp_uid=anothers).exists()


def close_by_hand(payment: Payment, operator: User) -> None:
    """As a person does it who thinks that nothing comes of it any more."""
    payment.refresh_from_db()
    with suppress(NotAllowed, GatewayUnavailable):
        mark_failed(
            payment=payment,
            actor=operator,
            reason=FailReason.ABANDONED,
            note="고객이 전화로 취소",
            expected_version=payment.version,
        )


def assert_the_flag_is_right(payment: Payment) -> None:
    """Flagged while one is open; and what a person can see to differ is open or accepted."""
    payment.refresh_from_db()
    rows = list(Discrepancy.objects.filter(payment=payment))
    flagged = any(row.is_open for row in rows)
    assert is_flagged(payment) == flagged
    page = comparison(payment, open_attempts=open_attempts(payment))
    named = {line.bucket for row in rows for line in row.lines.all() if may_be_seen(row, line)}
    for one in page.fields:
        if one.agreement is Agreement.DIFFERENT:
            told = {*one.row.figures_of, *one.row.finds.values()}
            assert not named.isdisjoint(told), (one.name, one.ours, one.theirs)
    differs = {one.name for one in page.fields if one.agreement is Agreement.DIFFERENT}
    for row in rows:
        if row.is_open and page.event and page.event.imp_uid == row.imp_uid:
            assert {detail.name for detail in details_of(row)} <= differs
    if shown(payment, flagged=flagged) is Shown.ACCEPTED:
        assert any(line.is_accepted for row in rows for line in row.lines.all())


def may_be_seen(row: Discrepancy, line: Any) -> bool:
    """Whether it is in an open case, or somebody has accepted it."""
    return bool(line.is_accepted or (row.is_open and line.is_current))


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
        elif imp_uid == payment.imp_uid and answer.merchant_uid == payment.merchant_uid:
            # Under another number it is not found where all attempts of the order are asked for.
            assert row is not None
            assert row.is_open or all(line.is_accepted for line in current(row))


def current(row: Discrepancy) -> list[Any]:
    return [line for line in row.lines.all() if line.is_current]

"""What counts as a difference between the two sides, as a table."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from payments.compared_fields import BUCKET_OF, DETAILS
from payments.comparing import Ours
from payments.iamport import Cancellation, GatewayPayment
from payments.models import Bucket, Payment
from payments.services.discrepancies.rules import (
    differences,
    is_accepted,
    is_late,
    line_figures,
    our_figures,
    their_figures,
    with_findings,
)
from payments.states import Finding

NOON = 1_775_012_400
DAY = 86_400


def ours(**fields: Any) -> Ours:
    """A paid payment of ours."""
    facts: dict[str, Any] = {
        "imp_uid": "imp_1",
        "merchant_uid": "order-1",
        "status": "paid",
        "amount": 1_000,
        "currency": "KRW",
        "cancelled_amount": 0,
        "paid_at": datetime.fromtimestamp(NOON, UTC),
        "requested_at": datetime.fromtimestamp(NOON - 60, UTC),
    }
    details = tuple(fields.pop(row.name, "") for row in DETAILS)
    return Ours(**(facts | fields), details=details)


def theirs(**fields: Any) -> GatewayPayment:
    """The same at the gateway."""
    facts: dict[str, Any] = {
        "imp_uid": "imp_1",
        "merchant_uid": "order-1",
        "status": "paid",
        "amount": 1_000,
        "cancel_amount": 0,
        "currency": "KRW",
        "sandbox": False,
        "paid_at": NOON,
        "cancelled_at": NOON + 60 if fields.get("status") == "cancelled" else 0,
    }
    return GatewayPayment(**(facts | fields))


def found(mine: Ours | None, answer: GatewayPayment | None, *, test: bool = False) -> set[Bucket]:
    now = datetime.fromtimestamp(NOON + DAY, UTC)
    return set(differences(ours=mine, theirs=answer, accepts_test_payments=test, now=now))


OPEN = {"imp_uid": None, "status": "ready"}
REFUNDED = {"status": "cancelled"}


def refunded(*amounts: int, **fields: Any) -> GatewayPayment:
    """Refunded by 300 won, in these parts."""
    history = tuple(Cancellation(amount, NOON + 60) for amount in amounts)
    return theirs(**({**REFUNDED, "cancel_amount": 300, "cancel_history": history} | fields))


AGREEING: list[tuple[Ours | None, GatewayPayment | None]] = [
    (ours(), theirs()),
    (ours(status="cancelled", cancelled_amount=300), theirs(**REFUNDED, cancel_amount=300)),
    (ours(status="failed"), theirs(status="failed")),
    (ours(status="ready"), theirs(status="ready")),
    # Closed here by staff or a sweep: there it stays an open window for ever.
    (ours(status="failed"), theirs(status="ready")),
    (ours(status="cancelled", cancelled_amount=300), refunded(100, 200)),
    # The gateway tells whole seconds.
    (ours(paid_at=datetime.fromtimestamp(NOON + 0.9, UTC)), theirs()),
    (ours(paid_at=None), theirs()),
    # A history may be left out, and after a refund the time of payment too.
    (
        ours(status="cancelled", cancelled_amount=300),
        theirs(**REFUNDED, cancel_amount=300, paid_at=0),
    ),
    # Attempts that brought no money say nothing, whatever became of the order.
    (None, theirs(status="ready")),
    (None, theirs(status="failed")),
    (ours(**OPEN), theirs(status="ready")),
    (ours(**OPEN), theirs(status="failed")),
    (ours(), theirs(imp_uid="imp_2", status="ready")),
    (ours(), theirs(imp_uid="imp_2", status="failed")),
    (ours(status="failed", imp_uid="imp_2"), theirs(status="failed")),
    (ours(imp_uid="imp_2"), theirs(status="failed", amount=5)),
    (None, theirs(status="failed", sandbox=True)),
    # Nothing there could be found.
    (ours(**OPEN), None),
    (ours(imp_uid=None, status="failed"), None),
]

DIFFERING: list[tuple[Ours | None, GatewayPayment | None, set[Bucket]]] = [
    (None, theirs(), {Bucket.MISSING_HERE}),
    (None, theirs(status="cancelled", cancel_amount=1_000), {Bucket.MISSING_HERE}),
    (None, theirs(status="melted"), {Bucket.MISSING_HERE}),
    (ours(), None, {Bucket.MISSING_THERE}),
    (ours(status="cancelled", cancelled_amount=1), None, {Bucket.MISSING_THERE}),
    (ours(status="ready"), None, {Bucket.MISSING_THERE}),
    (ours(status="failed"), None, {Bucket.MISSING_THERE}),
    (ours(), theirs(amount=999), {Bucket.AMOUNT}),
    (ours(), theirs(currency="USD"), {Bucket.CURRENCY}),
    (ours(), theirs(merchant_uid="order-2"), {Bucket.ORDER_NUMBER}),
    (ours(), theirs(**REFUNDED, cancel_amount=300), {Bucket.REFUND}),
    (ours(), theirs(cancel_amount=300), {Bucket.REFUND}),
    (ours(status="cancelled", cancelled_amount=300), theirs(), {Bucket.REFUND}),
    (
        ours(status="cancelled", cancelled_amount=300),
        theirs(**REFUNDED, cancel_amount=500),
        {Bucket.REFUND},
    ),
    (ours(), theirs(status="ready"), {Bucket.STATUS}),
    (ours(), theirs(status="failed"), {Bucket.STATUS}),
    (ours(), theirs(status="melted"), {Bucket.STATUS}),
    (ours(status="ready"), theirs(status="failed"), {Bucket.STATUS}),
    (ours(**OPEN), theirs(), {Bucket.STATUS}),
    (ours(**OPEN), theirs(**REFUNDED, cancel_amount=1_000), {Bucket.STATUS}),
    (ours(imp_uid=None, status="failed"), theirs(), {Bucket.STATUS}),
    (ours(**OPEN), theirs(amount=100), {Bucket.STATUS, Bucket.AMOUNT}),
    # A window beside an order that none has settled is for what was ordered, or was tampered with.
    (ours(**OPEN), theirs(status="ready", amount=5), {Bucket.AMOUNT}),
    (ours(status="failed", imp_uid="imp_2"), theirs(status="failed", amount=5), {Bucket.AMOUNT}),
    (
        ours(**OPEN),
        theirs(status="failed", currency="USD", sandbox=True),
        {Bucket.CURRENCY, Bucket.TEST_PAYMENT},
    ),
    (ours(), theirs(imp_uid="imp_2"), {Bucket.DOUBLE_APPROVAL}),
    (
        ours(status="cancelled", cancelled_amount=1_000),
        theirs(imp_uid="imp_2"),
        {Bucket.DOUBLE_APPROVAL},
    ),
    (ours(), theirs(sandbox=True), {Bucket.TEST_PAYMENT}),
    # It moves no money: that it is unknown here, or an order open, is no second difference.
    (None, theirs(sandbox=True), {Bucket.TEST_PAYMENT}),
    (ours(**OPEN), theirs(sandbox=True), {Bucket.TEST_PAYMENT}),
    # Each field is ours, and yet the answer can't be true.
    *(
        (ours(status="cancelled", cancelled_amount=300), answer, {Bucket.CONTRADICTION})
        for answer in (
            refunded(100),
            refunded(300, 1),
            refunded(cancelled_at=0),
            refunded(cancelled_at=1),
            refunded(cancelled_at=NOON + 366 * DAY),
            refunded(started_at=1),
            refunded(failed_at=NOON + 9 * DAY),
        )
    ),
    (ours(), theirs(paid_at=0), {Bucket.CONTRADICTION}),
    (ours(), theirs(paid_at=1), {Bucket.PAID_AT, Bucket.CONTRADICTION}),
    (ours(status="failed"), theirs(status="failed", amount=5), {Bucket.AMOUNT}),
    (ours(apply_num="30012345"), theirs(apply_num="30012346"), {Bucket.DETAILS}),
    (
        ours(status="cancelled", cancelled_amount=300, pg_id="MID-1"),
        theirs(**REFUNDED, cancel_amount=300, pg_id="MID-2"),
        {Bucket.DETAILS},
    ),
    (
        ours(pg_tid="tid-1"),
        theirs(pg_tid="tid-2", **REFUNDED, cancel_amount=300),
        {Bucket.DETAILS, Bucket.REFUND},
    ),
    (ours(paid_at=None), theirs(paid_at=1), {Bucket.CONTRADICTION}),
    (ours(), theirs(paid_at=NOON + 1), {Bucket.PAID_AT}),
    (
        ours(status="cancelled", cancelled_amount=300),
        theirs(**REFUNDED, cancel_amount=300, paid_at=NOON + 1),
        {Bucket.PAID_AT},
    ),
    (ours(), theirs(amount=999, status="failed"), {Bucket.AMOUNT, Bucket.STATUS}),
    (
        ours(),
        theirs(amount=1, currency="USD", merchant_uid="x", **REFUNDED, cancel_amount=1),
        {Bucket.AMOUNT, Bucket.CURRENCY, Bucket.ORDER_NUMBER, Bucket.REFUND},
    ),
]


@pytest.mark.parametrize(("mine", "answer"), AGREEING)
def test_these_agree(mine: Ours | None, answer: GatewayPayment | None) -> None:
    assert found(mine, answer) == set()


@pytest.mark.parametrize(("mine", "answer", "buckets"), DIFFERING)
def test_these_differ(
    mine: Ours | None, answer: GatewayPayment | None, buckets: set[Bucket]
) -> None:
    assert found(mine, answer) == buckets


def test_a_test_payment_counts_where_that_is_switched_on() -> None:
    assert found(ours(), theirs(sandbox=True), test=True) == set()
    assert found(None, theirs(sandbox=True), test=True) == {Bucket.MISSING_HERE}


def test_every_bucket_but_that_of_a_decision_is_found_by_a_line_of_the_table() -> None:
    found_here = {bucket for _, _, buckets in DIFFERING for bucket in buckets}
    assert found_here == set(Bucket) - {Bucket.LATE_APPROVAL}


@pytest.mark.parametrize(
    ("status", "refunded_amount", "late", "expected"),
    [
        ("paid", 0, True, True),
        ("paid", 0, False, False),
        ("cancelled", 400, True, True),
        ("cancelled", 1_000, True, False),
    ],
)
def test_money_that_came_too_late_is_late_until_all_of_it_went_back(
    status: str, refunded_amount: int, *, late: bool, expected: bool
) -> None:
    payment = Payment(
        amount=1_000, status=status, cancelled_amount=refunded_amount, late_approval=late
    )
    assert is_late(payment=payment) is expected


@pytest.mark.parametrize("finding", Finding)
def test_every_finding_about_the_own_order_has_its_bucket(finding: Finding) -> None:
    of_another = {Finding.MERCHANT_UID, Finding.IMP_UID}
    assert (finding in BUCKET_OF) is (finding not in of_another)


def test_what_a_verification_found_is_named_once() -> None:
    buckets = with_findings(
        buckets=(Bucket.AMOUNT, Bucket.STATUS),
        findings=(Finding.UNKNOWN_STATUS, Finding.HISTORY, Finding.TIME, Finding.MERCHANT_UID),
    )
    assert buckets == (Bucket.AMOUNT, Bucket.STATUS, Bucket.CONTRADICTION)


@pytest.mark.parametrize("bucket", Bucket)
def test_every_bucket_is_shown_by_figures_of_both_sides(bucket: Bucket) -> None:
    noon = datetime.fromtimestamp(NOON, UTC)
    payment = Payment(
        imp_uid="imp_1",
        merchant_uid="order-1",
        amount=1_000,
        status="paid",
        requested_at=noon,
        apply_num="30012345",
    )
    mine, other = line_figures(bucket=bucket, payment=payment, answer=theirs(apply_num="1"))
    assert json.loads(other).keys() >= json.loads(mine).keys()
    assert json.loads(mine)
    assert line_figures(bucket=bucket, payment=None, answer=None) == ("", "")


def test_what_does_not_show_a_difference_does_not_change_its_figures() -> None:
    noon = datetime.fromtimestamp(NOON, UTC)
    payment = Payment(amount=1_000, requested_at=noon)
    of_amount = [
        line_figures(bucket=Bucket.AMOUNT, payment=payment, answer=theirs(name=name))
        for name in ("one", "other")
    ]
    assert of_amount[0] == of_amount[1]
    assert of_amount[0] == ('{"amount":1000,"currency":"KRW"}',) * 2


def test_what_was_accepted_before_there_was_a_figure_stays_accepted() -> None:
    before = ("test_payment", '{"amount":1,"status":"paid"}', '{"amount":1,"sandbox":true}')
    now = ("test_payment", '{"amount":1,"is_test":false}', '{"amount":1,"is_test":true}')
    assert is_accepted(line=now, accepted=[before])
    other = ("test_payment", '{"amount":2,"is_test":false}', '{"amount":1,"is_test":true}')
    assert not is_accepted(line=other, accepted=[before])


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [
        ('{"pg_id":"1"}', '{"pg_id":"2"}', True),
        ('{"apply_num":"1","pg_id":"1"}', '{"apply_num":"2","pg_id":"2"}', True),
        ('{"pg_id":"1"}', '{"pg_id":"3"}', False),
        ('{"card_name":"1","pg_id":"1"}', '{"card_name":"2","pg_id":"2"}', False),
        ("", '{"pg_id":"2"}', False),
    ],
)
def test_of_the_details_that_were_accepted_each_is_settled(
    ours: str, theirs: str, *, expected: bool
) -> None:
    accepted = ("details", '{"apply_num":"1","pg_id":"1"}', '{"apply_num":"2","pg_id":"2"}')
    assert is_accepted(line=("details", ours, theirs), accepted=[accepted]) is expected
    assert not is_accepted(line=("details", ours, theirs), accepted=[])


def test_figures_name_no_person() -> None:
    answer = theirs(
        buyer_name="홍길동과친구들", buyer_email="gildong@example.com", paid_at=1_775_012_400
    )
    figures = json.loads(their_figures(answer))
    assert figures["buyer_email"] == "gi***@example.com"
    assert figures["buyer_name"] == "홍길***구들"
    assert figures["paid_at"] == "2026-04-01T03:00:00+00:00"
    assert figures["cancelled_at"] == ""


def test_the_same_facts_give_the_same_text() -> None:
    noon = datetime(2026, 4, 1, 3, tzinfo=UTC)
    one = Payment(merchant_uid="order-1", amount=1_000, requested_at=noon)
    other = Payment(merchant_uid="order-1", amount=1_000, requested_at=noon, verified_at=noon)
    assert our_figures(payment=one) == our_figures(payment=other)
    assert json.loads(our_figures(payment=one))["requested_at"] == "2026-04-01T03:00:00+00:00"
    assert (our_figures(payment=None), their_figures(None)) == ("", "")

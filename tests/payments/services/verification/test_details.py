"""What an approval told: filled once, another is a finding, and none of it holds up money."""

from datetime import UTC, datetime
from typing import Any

import pytest

from accounts.models import User
from payments.compared_fields import DETAILS
from payments.core.kst import day_of
from payments.models import Bucket, ClosingReason, Discrepancy, Payment, Product
from payments.selectors.discrepancies import compared
from payments.selectors.payments.detail import Agreement, comparison
from payments.selectors.payments.flags import Shown, is_flagged, open_attempts, shown
from payments.services import personal_data
from payments.services.discrepancies import queue
from payments.states import EventKind, Finding, Verification
from tests.gateway import SandboxGateway
from tests.payments import builders
from tests.payments.books import reconciled

from .looking import NOON as NOW
from .looking import look

DAY = 86_400
PAID_AT = NOW - 20 * DAY
# What is told at the approval, and another of it.
TOLD: dict[str, tuple[Any, Any]] = {
    "pay_method": ("card", "point"),
    "pg_provider": ("html5_inicis", "nice_v2"),
    "pg_id": ("INIpayTest", "MID-of-another"),
    "pg_tid": ("StdpayCARD1", "StdpayCARD2"),
    "apply_num": ("30012345", "30012346"),
    "card_code": ("366", "367"),
    "card_name": ("신한카드", "현대카드"),
    "card_number": ("465887******1234", "433028******9694"),
    "card_quota": (3, 6),
    "bank_code": ("004", "088"),
    "bank_name": ("KB국민은행", "신한은행"),
    "escrow": (True, False),
    "vbank_name": ("국민은행", "우리은행"),
    "vbank_num": ("98010001", "98010002"),
    "vbank_holder": ("주식회사 데브켓", "홍길동상회"),
}
APPROVED = {name: values[0] for name, values in TOLD.items()}
ANOTHER = [(name, values[1]) for name, values in TOLD.items()]
NOTHING = (None, "")


@pytest.fixture
def ordered(customer: User, product: Product) -> Payment:
    return builders.ordered(customer, product, at=datetime.fromtimestamp(PAID_AT - 60, UTC))


def paid(sandbox: SandboxGateway, payment: Payment, **fields: Any) -> str:
    times = {"paid_at": PAID_AT, "started_at": PAID_AT - 20, "ignore_prepare": True}
    attempt = sandbox.pay(payment.merchant_uid, 99_000, **times, fields=APPROVED | fields)
    look(payment, str(attempt["imp_uid"]))
    assert (payment.status, is_flagged(payment)) == ("paid", False)
    return str(attempt["imp_uid"])


def differing(payment: Payment) -> set[str]:
    page = comparison(payment, open_attempts=open_attempts(payment))
    return {field.name for field in page.fields if field.agreement is Agreement.DIFFERENT}


def facts(payment: Payment) -> dict[str, Any]:
    return {row.name: getattr(payment, row.name) for row in DETAILS}


def accept(payment: Payment, actor: User) -> None:
    row = Discrepancy.objects.get(payment=payment, is_open=True)
    queue.close(
        discrepancy=row,
        actor=actor,
        reason=ClosingReason.ACCEPTED,
        text="PG사에 확인했습니다",
        expected_version=row.version,
    )


def test_every_detail_is_tried_here() -> None:
    columns = {"card_number": ("card_first6", "card_last4")}
    tried = {column for name in TOLD for column in columns.get(name, (name,))}
    assert tried == {row.name for row in DETAILS} - {"is_test"}


@pytest.mark.parametrize(("name", "other"), ANOTHER)
def test_another_one_is_a_finding_on_every_door_and_page(
    ordered: Payment, sandbox: SandboxGateway, operator: User, name: str, other: Any
) -> None:
    imp_uid = paid(sandbox, ordered)
    before = facts(ordered)
    sandbox.change(imp_uid, **{name: other})
    result = look(ordered, imp_uid)
    assert (result.kind, result.findings) == (EventKind.DISCREPANCY, (Finding.DETAILS,))
    assert facts(ordered) == before
    row = Discrepancy.objects.get(payment=ordered, is_open=True)
    assert row.buckets == [Bucket.DETAILS]
    marked = {one.name for one in compared(row) if one.agreement is Agreement.DIFFERENT}
    assert marked
    assert differing(ordered) == marked
    run = reconciled(day_of(datetime.fromtimestamp(PAID_AT, UTC)))
    assert run.counts["differ"] == 1
    assert Discrepancy.objects.get() == row
    accept(ordered, operator)
    look(ordered, imp_uid)
    reconciled(day_of(datetime.fromtimestamp(PAID_AT, UTC)))
    assert shown(ordered, flagged=is_flagged(ordered)) is Shown.ACCEPTED
    sandbox.change(imp_uid, **{name: TOLD[name][0]})
    look(ordered, imp_uid)
    assert (ordered.verification, differing(ordered)) == (Verification.MATCHED, set())


@pytest.mark.parametrize("name", TOLD)
@pytest.mark.parametrize("blank", NOTHING)
def test_one_that_is_not_told_any_more_is_none(
    ordered: Payment, sandbox: SandboxGateway, name: str, blank: Any
) -> None:
    imp_uid = paid(sandbox, ordered)
    before = facts(ordered)
    sandbox.change(imp_uid, **{name: blank})
    assert look(ordered, imp_uid).findings == ()
    reconciled(day_of(datetime.fromtimestamp(PAID_AT, UTC)))
    assert (facts(ordered), differing(ordered)) == (before, set())
    assert not Discrepancy.objects.exists()


@pytest.mark.parametrize("name", TOLD)
def test_one_that_was_not_told_before_is_filled(
    ordered: Payment, sandbox: SandboxGateway, name: str
) -> None:
    imp_uid = paid(sandbox, ordered, **{name: None})
    sandbox.change(imp_uid, **{name: TOLD[name][0]})
    assert look(ordered, imp_uid).findings == ()
    columns = [row.name for row in DETAILS if row.theirs == name]
    if name != "pay_method":  # which was asked for, and so stands from the beginning
        assert all(getattr(ordered, column) for column in columns)
    assert differing(ordered) == set()


ALIKE = [
    ("vbank_num", "9801-0001"),
    ("apply_num", "3001 2345"),
    ("card_number", "4658-87**-****-1234"),
    ("card_number", "4658************"),
    ("card_number", "465887*********4"),
]


@pytest.mark.parametrize(("name", "alike"), ALIKE)
def test_one_that_is_written_otherwise_is_the_same(
    ordered: Payment, sandbox: SandboxGateway, name: str, alike: str
) -> None:
    imp_uid = paid(sandbox, ordered)
    sandbox.change(imp_uid, **{name: alike})
    assert look(ordered, imp_uid).findings == ()
    assert differing(ordered) == set()


@pytest.mark.parametrize(("one", "other"), [("samsungpay", "samsung"), ("samsung", "samsungpay")])
def test_a_method_that_is_spelt_in_two_ways_is_one(
    ordered: Payment, sandbox: SandboxGateway, one: str, other: str
) -> None:
    imp_uid = paid(sandbox, ordered, pay_method=one)
    sandbox.change(imp_uid, pay_method=other)
    assert look(ordered, imp_uid).findings == ()
    assert differing(ordered) == set()


def test_the_approval_tells_by_what_it_was_paid(ordered: Payment, sandbox: SandboxGateway) -> None:
    assert ordered.pay_method == "card"
    paid(sandbox, ordered, pay_method="point")
    assert ordered.pay_method == "point"


def test_the_holder_whose_name_was_erased_is_no_difference(
    ordered: Payment, sandbox: SandboxGateway, operator: User
) -> None:
    imp_uid = paid(sandbox, ordered, buyer_name="김구매")
    personal_data.erase(payment=ordered, actor=operator, reason="고객 요청으로 삭제")
    assert look(ordered, imp_uid).findings == ()
    reconciled(day_of(datetime.fromtimestamp(PAID_AT, UTC)))
    assert (differing(ordered), Discrepancy.objects.count()) == (set(), 0)
    assert ordered.vbank_holder == "주식***브켓"


class TestAnswersThatTellSeveralThings:
    """Money comes first; what differs stays as it was, whatever else is told."""

    def refund(self, sandbox: SandboxGateway, imp_uid: str, **besides: Any) -> None:
        part = {"amount": 1_000, "cancelled_at": PAID_AT + DAY}
        told = {"status": "cancelled", "cancel_amount": 1_000, "cancelled_at": PAID_AT + DAY}
        sandbox.change(imp_uid, **told, cancel_history=[part], **besides)

    @pytest.mark.parametrize(
        ("besides", "finding", "field"),
        [
            ({"apply_num": "1"}, Finding.DETAILS, "apply_num"),
            ({"paid_at": PAID_AT + 60}, Finding.PAID_AT, "paid_at"),
        ],
    )
    def test_a_refund_is_booked_beside_a_detail_that_differs(
        self,
        ordered: Payment,
        sandbox: SandboxGateway,
        besides: dict[str, Any],
        finding: Finding,
        field: str,
    ) -> None:
        imp_uid = paid(sandbox, ordered)
        before = getattr(ordered, field)
        self.refund(sandbox, imp_uid, **besides)
        result = look(ordered, imp_uid)
        assert (result.kind, result.findings) == (EventKind.DISCREPANCY, (finding,))
        assert (ordered.status, ordered.cancelled_amount) == ("cancelled", 1_000)
        assert result.moved_amount == -1_000
        assert (getattr(ordered, field), differing(ordered)) == (before, {field})
        assert [str(kind) for kind in result.kinds] == ["cancelled", "discrepancy"]
        assert is_flagged(ordered)
        look(ordered, imp_uid)
        assert ordered.movements.count() == 2

    def test_a_refunds_own_id_in_the_payments_place_is_no_other_payment(
        self, ordered: Payment, sandbox: SandboxGateway
    ) -> None:
        imp_uid = paid(sandbox, ordered)
        part = {"amount": 1_000, "cancelled_at": PAID_AT + DAY, "pg_tid": "CANCEL-1"}
        told = {"status": "cancelled", "cancel_amount": 1_000, "cancelled_at": PAID_AT + DAY}
        sandbox.change(imp_uid, **told, cancel_history=[part], pg_tid="CANCEL-1")
        assert look(ordered, imp_uid).findings == ()
        assert (ordered.pg_tid, differing(ordered)) == ("StdpayCARD1", set())

    def test_what_is_empty_is_filled_beside_one_that_differs(
        self, ordered: Payment, sandbox: SandboxGateway
    ) -> None:
        imp_uid = paid(sandbox, ordered, pg_id=None)
        sandbox.change(
            imp_uid, apply_num="1", pg_id="INIpayTest", receipt_url="https://r.example/2"
        )
        look(ordered, imp_uid)
        assert (ordered.apply_num, ordered.pg_id) == ("30012345", "INIpayTest")
        assert ordered.receipt_url == "https://r.example/2"

    def test_of_two_that_were_accepted_the_one_that_is_left_stays_settled(
        self, ordered: Payment, sandbox: SandboxGateway, operator: User
    ) -> None:
        imp_uid = paid(sandbox, ordered)
        sandbox.change(imp_uid, apply_num="1", pg_id="MID-2")
        look(ordered, imp_uid)
        accept(ordered, operator)
        sandbox.change(imp_uid, pg_id=None)
        look(ordered, imp_uid)
        assert (is_flagged(ordered), differing(ordered)) == (False, {"apply_num"})
        sandbox.change(imp_uid, pg_id="MID-2", card_name="현대카드")
        look(ordered, imp_uid)
        assert (is_flagged(ordered), differing(ordered)) == (
            True,
            {"apply_num", "pg_id", "card_name"},
        )

    def test_the_time_of_a_refund_without_a_history_must_stay(
        self, ordered: Payment, sandbox: SandboxGateway
    ) -> None:
        imp_uid = paid(sandbox, ordered)
        self.refund(sandbox, imp_uid)
        look(ordered, imp_uid)
        sandbox.change(imp_uid, cancelled_at=PAID_AT + 3 * DAY, cancel_history=[])
        assert look(ordered, imp_uid).findings == (Finding.DETAILS,)
        assert differing(ordered) == {"cancelled_at"}


class TestWhatChangesRightly:
    """It is taken over, and nobody has to look."""

    def test_a_later_receipt(self, ordered: Payment, sandbox: SandboxGateway) -> None:
        imp_uid = paid(sandbox, ordered)
        for told in ("https://r.example/2", "https://r.example/3"):
            sandbox.change(imp_uid, receipt_url=told)
            assert look(ordered, imp_uid).findings == ()
            assert (ordered.receipt_url, differing(ordered)) == (told, set())
        for nonsense in ("javascript:alert(1)", "", None, "x" * 501):
            sandbox.change(imp_uid, receipt_url=nonsense)
            look(ordered, imp_uid)
            assert (ordered.receipt_url, differing(ordered)) == ("https://r.example/3", set())

    @pytest.mark.parametrize("is_paid", [False, True])
    def test_a_due_date_that_moved(
        self, ordered: Payment, sandbox: SandboxGateway, *, is_paid: bool
    ) -> None:
        if is_paid:
            imp_uid = paid(sandbox, ordered, vbank_date=PAID_AT + DAY)
        else:
            waiting = {"outcome": "vbank", "pay_method": "vbank", "ignore_prepare": True}
            attempt = sandbox.pay(
                ordered.merchant_uid, 99_000, **waiting, fields={"vbank_date": PAID_AT + DAY}
            )
            imp_uid = attempt["imp_uid"]
            look(ordered, imp_uid)
        for due in (PAID_AT + 40 * DAY, PAID_AT + 2 * DAY):
            sandbox.change(imp_uid, vbank_date=due)
            assert look(ordered, imp_uid).findings == ()
            assert ordered.vbank_due == datetime.fromtimestamp(due, UTC)
        last = ordered.vbank_due
        for nonsense in (0, 1, PAID_AT - DAY, 253_402_300_799, 10**13, -5, "내일", None):
            sandbox.change(imp_uid, vbank_date=nonsense)
            assert look(ordered, imp_uid).findings == ()
            assert (ordered.vbank_due, differing(ordered)) == (last, set())
        assert not Discrepancy.objects.exists()

    def test_a_deposit_is_never_waited_for_until_a_day_that_can_not_be(
        self, ordered: Payment, sandbox: SandboxGateway
    ) -> None:
        waiting = {"outcome": "vbank", "pay_method": "vbank", "ignore_prepare": True}
        attempt = sandbox.pay(
            ordered.merchant_uid, 99_000, **waiting, fields={"vbank_date": 253_402_300_799}
        )
        look(ordered, attempt["imp_uid"])
        assert (ordered.is_awaiting_deposit, ordered.vbank_due) == (True, None)

    def test_the_time_of_the_last_refund_where_each_is_told(
        self, ordered: Payment, sandbox: SandboxGateway
    ) -> None:
        imp_uid = paid(sandbox, ordered)
        sandbox.cancel(imp_uid, 1_000, cancelled_at=PAID_AT + DAY)
        look(ordered, imp_uid)
        sandbox.change(imp_uid, cancelled_at=PAID_AT + 2 * DAY)
        assert look(ordered, imp_uid).findings == ()
        assert ordered.cancelled_at == datetime.fromtimestamp(PAID_AT + 2 * DAY, UTC)
        assert differing(ordered) == set()

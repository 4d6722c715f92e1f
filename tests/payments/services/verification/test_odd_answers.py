"""Answers that can't be read, or can't be true: they move nothing, and nothing agrees with them."""

import time
from typing import Any

import pytest

from payments.iamport.fields import TEXTS, Text, TooLong
from payments.models import Payment
from payments.states import EventKind, Finding
from tests.gateway import SandboxGateway

from .looking import NOON, look


class TestAttemptsThatCannotBeRead:
    """One that can't be read hides neither the others nor money."""

    @pytest.fixture
    def poison(self, payment: Payment, sandbox: SandboxGateway) -> str:
        """An old attempt of the order with an amount that nobody can read."""
        attempt = sandbox.pay(payment.merchant_uid, 99_000, outcome="failed")
        sandbox.control("PATCH", f"payments/{attempt['imp_uid']}", {"amount": None})
        return str(attempt["imp_uid"])

    def test_beside_the_paid_one_it_does_no_harm(
        self, payment: Payment, sandbox: SandboxGateway, poison: str
    ) -> None:
        paid = sandbox.pay(payment.merchant_uid, 99_000)
        assert look(payment).kind is EventKind.PAID
        assert payment.imp_uid == paid["imp_uid"]

    def test_beside_an_open_one_it_does_no_harm_if_it_failed(
        self, payment: Payment, sandbox: SandboxGateway, poison: str
    ) -> None:
        sandbox.pay(payment.merchant_uid, 99_000, outcome="ready")
        assert look(payment).kind is EventKind.CONFIRMED

    @pytest.mark.parametrize("status", ["paid", "cancelled", "ready", "melted", None])
    def test_if_it_may_be_the_one_that_counts_nothing_is_known(
        self, payment: Payment, sandbox: SandboxGateway, poison: str, status: str | None
    ) -> None:
        sandbox.control("PATCH", f"payments/{poison}", {"status": status})
        sandbox.pay(payment.merchant_uid, 99_000, outcome="failed")
        assert look(payment).kind is EventKind.UNKNOWN
        assert payment.status == "ready"

    def test_one_that_says_it_was_approved_is_a_second_approval(
        self, payment: Payment, sandbox: SandboxGateway, poison: str
    ) -> None:
        sandbox.control("PATCH", f"payments/{poison}", {"status": "paid"})
        sandbox.pay(payment.merchant_uid, 99_000)
        assert look(payment).findings == (Finding.SECOND_APPROVAL,)
        assert poison in payment.events.get(kind="discrepancy").note

    def test_alone_it_is_unknown(self, payment: Payment, poison: str) -> None:
        assert look(payment).kind is EventKind.UNKNOWN


@pytest.mark.parametrize("text", [text for text in TEXTS if text.column], ids=lambda row: row.name)
def test_a_text_that_is_too_long_never_reaches_a_column(
    payment: Payment, sandbox: SandboxGateway, text: Text
) -> None:
    """Ids and codes make the answer unreadable, words for people are cut; no column overflows."""
    paid = sandbox.pay(payment.merchant_uid, 99_000)
    sandbox.control("PATCH", f"payments/{paid['imp_uid']}", {text.name: "a" * 2 * text.limit})
    result = look(payment)
    if text.too_long is TooLong.MALFORMED:
        assert (result.kind, payment.status) == (EventKind.UNKNOWN, "ready")
    else:
        assert (result.kind, payment.status) == (EventKind.PAID, "paid")


class TestAnswersThatContradictThemselves:
    """They move nothing, and no badge says that they agree."""

    @pytest.mark.parametrize(
        ("odd", "finding"),
        [
            ({"paid_at": 1}, Finding.TIME),
            ({"paid_at": NOON - 3_600}, Finding.TIME),
            ({"paid_at": NOON + 365 * 86_400}, Finding.TIME),
            ({"started_at": 1}, Finding.TIME),
            ({"failed_at": 1}, Finding.TIME),
            ({"paid_at": 0}, Finding.NO_PAYMENT_TIME),
            ({"cancel_amount": 100_000}, Finding.REFUND),
            ({"cancel_history": [{"amount": 1, "cancelled_at": NOON}]}, Finding.HISTORY),
        ],
        # NOON is of today, and so no part of a name.
        ids=[
            "paid in 1970",
            "paid before the order",
            "paid next year",
            "started in 1970",
            "failed in 1970",
            "never paid",
            "more refunded than paid",
            "refunded and paid",
        ],
    )
    def test_an_approval_that_can_not_be_true_is_none(
        self, payment: Payment, sandbox: SandboxGateway, odd: dict[str, Any], finding: Finding
    ) -> None:
        paid = sandbox.pay(payment.merchant_uid, 99_000)
        sandbox.control("PATCH", f"payments/{paid['imp_uid']}", odd)
        assert finding in look(payment).findings
        assert (payment.status, payment.verification) == ("ready", "mismatched")

    @pytest.fixture
    def refund(self, payment: Payment, sandbox: SandboxGateway) -> str:
        """Paid here; refunded in part at the gateway since, and nobody has looked."""
        paid = sandbox.pay(payment.merchant_uid, 99_000)
        look(payment)
        sandbox.cancel(paid["imp_uid"], 30_000)
        return str(paid["imp_uid"])

    @pytest.mark.parametrize(
        ("odd", "finding"),
        [
            ({"cancel_amount": 99_000}, Finding.HISTORY),
            ({"cancel_history": [{"amount": 30_000, "cancelled_at": 1}]}, Finding.TIME),
            ({"cancelled_at": NOON + 365 * 86_400}, Finding.TIME),
            ({"cancelled_at": 0, "cancel_history": []}, Finding.NO_REFUND_TIME),
        ],
        ids=["more than its history", "in 1970", "next year", "at no time"],
    )
    def test_a_refund_that_can_not_be_true_is_none(
        self,
        payment: Payment,
        sandbox: SandboxGateway,
        refund: str,
        odd: dict[str, Any],
        finding: Finding,
    ) -> None:
        sandbox.control("PATCH", f"payments/{refund}", odd)
        assert look(payment).findings == (finding,)
        assert (payment.status, payment.verification) == ("paid", "mismatched")

    def test_a_refund_without_a_time_has_that_of_its_history(
        self, payment: Payment, sandbox: SandboxGateway, refund: str
    ) -> None:
        sandbox.control("PATCH", f"payments/{refund}", {"cancelled_at": 0})
        assert look(payment).kind is EventKind.CANCELLED
        assert payment.cancelled_at is not None

    def test_once_it_says_the_truth_it_agrees_again(
        self, payment: Payment, sandbox: SandboxGateway
    ) -> None:
        paid = sandbox.pay(payment.merchant_uid, 99_000)
        sandbox.control("PATCH", f"payments/{paid['imp_uid']}", {"paid_at": 1})
        look(payment)
        sandbox.control("PATCH", f"payments/{paid['imp_uid']}", {"paid_at": int(time.time())})
        look(payment)
        assert (payment.status, payment.verification) == ("paid", "matched")

"""Order numbers and ids at the gateway that no database takes: unknown, and nothing else is.

A buyer can send any order number from his own browser, so none of them may be of use to anybody.
"""

import dataclasses
from datetime import timedelta
from typing import Any

import pytest

from accounts.models import User
from payments.iamport.transport import Reply, Transport
from payments.models import Payment, Product, RunStatus
from tests.gateway import SandboxGateway
from tests.payments import builders
from tests.payments.books import mirror, open_by_bucket, reconciled

NOON = builders.NOON
HALF = "½"


@pytest.fixture(autouse=True)
def _halves(monkeypatch: pytest.MonkeyPatch) -> None:
    """HALF arrives as half a surrogate, which the stand-in itself can't keep."""
    exchange = Transport.exchange

    def odd(*arguments: Any) -> Reply:
        reply = exchange(*arguments)
        body = reply.body.replace(HALF.encode(), b"\\ud800").replace(b"\\u00bd", b"\\ud800")
        return dataclasses.replace(reply, body=body)

    monkeypatch.setattr(Transport, "exchange", odd)


@pytest.fixture
def book(customer: User, product: Product, sandbox: SandboxGateway) -> list[Payment]:
    """Three payments, of which the gateway does not know the last."""
    payments = [builders.paid(customer, product, at=NOON + timedelta(minutes=n)) for n in range(3)]
    mirror(sandbox, payments[:2])
    return payments


def odd_one(sandbox: SandboxGateway, number: int = 1, **fields: str) -> str:
    """Paid on the same day, only at the gateway; the imp_uid it was made with."""
    at = int(NOON.timestamp())
    there = sandbox.pay(f"order-{number}", 5_000, started_at=at, paid_at=at)
    sandbox.control("PATCH", f"payments/{there['imp_uid']}", fields)
    return str(there["imp_uid"])


@pytest.mark.parametrize("odd", ["\0", HALF], ids=["NUL", "half a surrogate"])
def test_an_odd_order_number_stays_unknown_alone(
    book: list[Payment], sandbox: SandboxGateway, odd: str
) -> None:
    imp_uid = odd_one(sandbox, merchant_uid=f"order-{odd}")
    run = reconciled()
    assert (run.status, run.unknown) == (RunStatus.DONE, [imp_uid])
    assert (run.counts["agree"], run.counts["unknown"]) == (2, 1)
    assert open_by_bucket() == {"missing_there": {book[2].imp_uid}}


def test_several_of_them_hide_no_difference(book: list[Payment], sandbox: SandboxGateway) -> None:
    odd = {odd_one(sandbox, number, merchant_uid="order-\0") for number in range(4)}
    run = reconciled()
    assert set(run.unknown) == odd
    assert (run.counts["agree"], run.counts["unknown"]) == (2, 4)
    assert open_by_bucket() == {"missing_there": {book[2].imp_uid}}


@pytest.mark.parametrize("odd", ["\0", HALF], ids=["NUL", "half a surrogate"])
def test_an_odd_id_is_unknown_and_taken_for_no_other(
    book: list[Payment], sandbox: SandboxGateway, odd: str
) -> None:
    # Without the odd character it would be the id of a payment that agrees.
    odd_one(sandbox, imp_uid=f"{book[0].imp_uid}{odd}")
    run = reconciled()
    assert (run.status, run.unknown) == (RunStatus.DONE, [f"{book[0].imp_uid}\ufffd"])
    assert (run.counts["agree"], run.counts["unknown"]) == (2, 1)
    assert open_by_bucket() == {"missing_there": {book[2].imp_uid}}

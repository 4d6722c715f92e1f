"""What the tests of the sweep share: orders of any age, one sweep, what was asked."""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.utils import timezone

from payments.models import Payment
from payments.services.ledger_audit import audit
from payments.services.open_orders.sweep import SweepResult, sweep
from payments.services.verification.verify import verify
from payments.states import Source
from tests.gateway import SandboxGateway
from tests.payments.conftest import kinds

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

Order = Callable[..., Payment]


def swept(*payments: Payment, later: timedelta = timedelta(), seconds: float = 60) -> SweepResult:
    """One sweep, as if it ran so much later; then the payments are as it left them."""
    result = sweep(now=timezone.now() + later, seconds=seconds)
    for payment in payments:
        payment.refresh_from_db()
    assert list(audit()) == []
    return result


def asked(payment: Payment) -> int:
    return kinds(payment).count("asked")


def issue_account(sandbox: SandboxGateway, payment: Payment, due: datetime | None) -> str:
    """A virtual account, of which we are told."""
    attempt = sandbox.pay(
        payment.merchant_uid,
        payment.amount,
        outcome="vbank",
        pay_method="vbank",
        started_at=int(payment.requested_at.timestamp()),
        **({"vbank_due": int(due.timestamp())} if due else {"fields": {"vbank_date": 0}}),
    )
    verify(payment=payment, source=Source.BROWSER, imp_uid=attempt["imp_uid"])
    payment.refresh_from_db()
    return str(attempt["imp_uid"])

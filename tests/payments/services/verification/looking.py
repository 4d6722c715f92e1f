"""A look at the gateway, as every door takes it, and the books audited after it."""

import time

from payments.models import Payment
from payments.services.ledger_audit import problems_of
from payments.services.verification.settle import Result
from payments.services.verification.verify import verify
from payments.states import Source

NOON = int(time.time())  # when the payment of a test was ordered, more or less


def look(payment: Payment, imp_uid: str = "", source: Source = Source.BROWSER) -> Result:
    result = verify(payment=payment, source=source, imp_uid=imp_uid)
    payment.refresh_from_db()
    assert list(problems_of(payment)) == []
    return result

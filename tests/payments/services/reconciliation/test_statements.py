"""What a row costs: nothing of its own, as long as both sides agree."""

from datetime import timedelta

from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from payments.models import Product
from tests.gateway import SandboxGateway
from tests.payments import builders
from tests.payments.books import APRIL_FIRST, begun, ended, mirror


def test_rows_that_agree_cost_no_statement_each(
    sandbox: SandboxGateway, customer: User, product: Product
) -> None:
    made = []
    for first, last in [(0, 4), (4, 40)]:
        minutes = [builders.NOON + timedelta(minutes=number) for number in range(first, last)]
        mirror(sandbox, [builders.paid(customer, product, at=minute) for minute in minutes])
        run = begun(APRIL_FIRST, APRIL_FIRST)
        with CaptureQueriesContext(connection) as captured:
            assert ended(run).counts["agree"] == last
        made.append(len(captured))
    assert made[1] <= made[0]

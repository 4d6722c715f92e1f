"""A reader can follow a value: through few rooms, each entered by one door.

`pytest -s tests/payments/test_traces.py` prints the routes.
"""

import json

from django.test import Client

from accounts.models import User
from payments.models import Payment
from tests.architecture.trace import traced
from tests.gateway import SandboxGateway

ROOMS_AT_MOST = 9


def test_an_imp_uid_from_the_webhook_to_the_ledger(
    payment: Payment, sandbox: SandboxGateway, client: Client
) -> None:
    paid = sandbox.pay(payment.merchant_uid, payment.amount)
    body = {"imp_uid": paid["imp_uid"], "merchant_uid": payment.merchant_uid, "status": "paid"}
    with traced(paid["imp_uid"], until="append_many") as route:
        client.post("/webhooks/iamport/", json.dumps(body), content_type="application/json")
    payment.refresh_from_db()
    assert payment.status == "paid"
    print(f"\n{route}")  # noqa: T201 (what `-s` is for)
    assert route.rooms[-1] == "payments/ledger"
    assert len(route.rooms) <= ROOMS_AT_MOST
    assert route.entered_twice == {}


def test_a_filter_value_from_the_url_to_the_list(
    payment: Payment, finance: User, client: Client
) -> None:
    client.force_login(finance)
    with traced("a_pg_of_nobody", until="get_results") as route:
        response = client.get("/admin/payments/payment/?pg_provider=a_pg_of_nobody")
    assert response.status_code == 200
    print(f"\n{route}")  # noqa: T201 (what `-s` is for)
    assert len(route.rooms) <= ROOMS_AT_MOST
    assert route.entered_twice == {}

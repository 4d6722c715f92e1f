"""No list reads or sorts all payments or movements, whatever it is narrowed or sorted by.

The planner decides freely, by statistics of a few thousand rows: what it does by an index here it
does by the index with more. It reads a table of so few rows from its beginning where an index would
take it all over the disk, so the price of that is what a solid-state disk asks.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from payments.core.db import paginator
from payments.models import Payment, Product
from tests.payments.admin.conftest import LIST

pytestmark = pytest.mark.django_db

TABLES = {"payments_payment", "payments_movement"}
ROWS, COUNTED, OFTEN = 6_000, 200, 12
MOVEMENTS = "/admin/payments/movement/"
MONTH = "from=2026-03-01&to=2026-03-31"
_PAYMENTS = """
INSERT INTO payments_payment (merchant_uid, imp_uid, checkout_key, name, amount, currency,
  cancelled_amount, pay_method, pg_provider, pg_id, pg_tid, apply_num, card_code, card_name,
  card_first6, card_last4, bank_code, bank_name, escrow, is_test, receipt_url, vbank_name,
  vbank_num, vbank_holder, status, requested_at, paid_at, cancelled_at, cancel_reason, fail_reason,
  verification, late_approval, buyer_name, buyer_tel, depositor_name, version, head_hash, user_id,
  product_id)
SELECT 'flat' || n, CASE WHEN n %% 10 < 8 THEN 'imp_flat' || n END, 'flat' || n, repeat('x', 40),
  1000 * (1 + n %% 50), 'KRW', CASE n %% 10 WHEN 1 THEN 500 ELSE 0 END,
  CASE n %% 5 WHEN 0 THEN 'trans' WHEN 1 THEN 'kakaopay' ELSE 'card' END, 'html5_inicis', 'MID',
  'tid' || n, 'a' || n, '366', repeat('c', 20), '457916', lpad((n %% 10000)::text, 4, '0'), '', '',
  false, false, repeat('u', 200), '', '', '',
  CASE n %% 10 WHEN 8 THEN 'ready' WHEN 9 THEN 'failed' WHEN 1 THEN 'cancelled' ELSE 'paid' END,
  at, CASE WHEN n %% 10 < 8 THEN at END, CASE n %% 10 WHEN 1 THEN at END, '', '', 'never', false,
  '홍길동', '010-1234-' || lpad((n %% 10000)::text, 4, '0'), '', 1, repeat('h', 64),
  people[1 + n %% array_length(people, 1)], %(product)s
FROM generate_series(1, %(rows)s) n,
  LATERAL (SELECT timestamptz '2026-01-01' + n * interval '40 minutes' AS at) AS moment,
  (SELECT array_agg(id) AS people FROM accounts_user WHERE NOT is_staff) AS everybody
"""
_MOVEMENTS = """
INSERT INTO payments_movement (event_sequence, key, kind, imp_uid, is_own, amount, happened_at, day,
  observed_at, is_derived, is_test, pay_method, pg_provider, pg_id, pg_tid, external_id, reason,
  receipt_url, payment_id)
SELECT 2, 'paid', CASE WHEN id %% 9 = 0 THEN 'refund' ELSE 'approval' END, imp_uid, id %% 500 > 0,
  amount, paid_at, (paid_at AT TIME ZONE 'Asia/Seoul')::date, paid_at, false, false, pay_method,
  pg_provider, pg_id, pg_tid, '', '', repeat('u', 100), id
FROM payments_payment WHERE paid_at IS NOT NULL
"""
_PEOPLE = """
INSERT INTO accounts_user (password, is_superuser, username, first_name, last_name, email, is_staff,
  is_active, date_joined, time_zone, language)
SELECT '', false, 'flat' || n, '길동', '홍', 'flat' || n || '@example.com', false, true, now(),
  'Asia/Seoul', 'ko' FROM generate_series(1, 1200) n
"""
PAGES = (
    *(f"{LIST}?{query}" for query in ("", "p=4", "p=20000", "after={some}", "before=end")),
    *(f"{LIST}?{query}" for query in ("o=4", "o=-4", "o=4.7", "o=4&after={some}")),
    *(f"{LIST}?{query}" for query in ("o=7", "o=-7&before=end", "o=4&before=end")),
    *(f"{LIST}?{query}" for query in (MONTH, f"{MONTH}&status=paid&pay_method=card")),
    *(f"{LIST}?{MONTH}&{query}" for query in ("status=cancelled&pay_method=trans", "o=4")),
    *(f"{LIST}?{query}" for query in ("status=failed", "status=paid&pay_method=card", "test=only")),
    *(f"{LIST}?{query}" for query in ("user={person}", "amount_min=50000", "q=flat7@", "q=flat7")),
    *(f"{LIST}?attention={reason}" for reason in ("mismatched", "stuck", "deposit_due")),
    f"{LIST}verify/?",
    f"{LIST}verify/?status=paid",
    *(f"{MOVEMENTS}?{query}" for query in ("", "p=4", "before=end", "after={movement}", MONTH)),
    *(f"{MOVEMENTS}?{MONTH}&{query}" for query in ("pay_method=card", "kind=refund")),
    *(f"{MOVEMENTS}?{query}" for query in ("kind=correction", "attempt=other", "q=flat77")),
    "/admin/payments/personaldataaccess/?q=flat77",
    "/admin/payments/discrepancy/?",
    "/admin/payments/webhookdelivery/?",
)


@pytest.fixture
def book(product: Product, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paginator, "COUNTED_AT_MOST", COUNTED)
    with connection.cursor() as cursor:
        cursor.execute(_PEOPLE)
        cursor.execute(_PAYMENTS, {"rows": ROWS, "product": product.pk})
        cursor.execute(_MOVEMENTS.replace("%%", "%"))
        cursor.execute("ANALYZE payments_payment, payments_movement, accounts_user")
        cursor.execute("SET LOCAL random_page_cost = 1.1")


def reads_or_sorts(node: dict[str, Any], *, stops: bool = False) -> Iterator[str]:
    """What of a plan takes longer the more payments or movements there are.

    A count or a page that stops after so many rows may read on from the beginning where at least
    one row in `OFTEN` fits: that is no more of a long table than of a short one.
    """
    name = node["Node Type"]
    is_bounded = stops and node["Plan Rows"] * OFTEN >= ROWS
    if name == "Seq Scan" and node["Relation Name"] in TABLES and not is_bounded:
        yield f"reads all of {node['Relation Name']}"
    if "Sort" in name and node["Plan Rows"] > COUNTED:
        yield f"sorts {node['Plan Rows']} rows"
    for part in node.get("Plans", ()):
        yield from reads_or_sorts(part, stops=name == "Limit")


def plan_of(sql: str) -> dict[str, Any]:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}".replace("%", "%%"), ())
        [[found]] = cursor.fetchall()
    plans = json.loads(found) if isinstance(found, str) else found
    plan: dict[str, Any] = plans[0]["Plan"]
    return plan


def test_no_list_reads_or_sorts_all_payments_or_movements(
    book: None, admin_person: User, client: Client
) -> None:
    some = Payment.objects.filter(status="paid").order_by("pk")[ROWS // 3]
    person, movement = some.user_id, some.movements.get().pk
    client.force_login(admin_person)
    found: dict[str, set[str]] = {}
    for page in PAGES:
        url = page.format(some=some.pk, person=person, movement=movement)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(url).status_code in {200, 302}, url
        for sql in {query["sql"] for query in queries.captured_queries}:
            if sql.startswith(("SELECT", "(SELECT")) and any(table in sql for table in TABLES):
                for problem in reads_or_sorts(plan_of(sql)):
                    found.setdefault(f"{page}: {problem}", set()).add(sql)
    assert found == {}

"""Indexes that only PostgreSQL goes by: on a part of the rows, on an expression, on any part.

SQLite reads such rows one by one, which is quick enough for what it is meant to hold; this module
is collected on PostgreSQL alone (conftest.py).
"""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib import admin
from django.db import connection
from django.db.models import Q
from django.test import RequestFactory

from accounts.migrations import _people_search_index
from accounts.models import User
from payments.models import DeliveryOutcome, Payment, WebhookDelivery
from payments.selectors.discrepancies import possible_owners
from payments.selectors.payments import search
from payments.selectors.payments.search import with_text


@pytest.fixture(autouse=True)
def _no_shortcuts(db: None) -> None:
    """An index or nothing."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")


def plan(rows: Any) -> str:
    return str(rows.explain())


@pytest.mark.parametrize(
    ("index", "fact"),
    {
        "payment_by_pg_provider": {"pg_provider": "payco"},
        "payment_unanswered": {"verification": "unknown"},
    }.items(),
)
def test_rare_facts_have_an_index_of_the_rows_that_hold_them(
    index: str, fact: dict[str, str]
) -> None:
    page = Payment.objects.filter(**fact).order_by("-pk").values_list("pk")[:50]
    assert f" {index} " in plan(page)


@pytest.mark.parametrize(
    ("index", "condition"),
    [
        ("payment_by_pg_tid", search.called_by_pg(["StdpayCARD1"])),
        ("payment_by_card_last4", search.card_ending("1234")),
        ("payment_by_buyer_tel", search.phone_ending("5678")),
        ("payment_test", Q(is_test=True)),
    ],
)
def test_what_a_sheet_or_a_caller_says_has_an_index_of_the_rows_that_hold_it(
    index: str, condition: Q
) -> None:
    assert f" {index} " in plan(Payment.objects.filter(condition).values_list("pk"))


@pytest.mark.parametrize("outcome", ["failed", "forged", "unknown_order"])
def test_unusual_deliveries_have_an_index_of_their_own(outcome: str) -> None:
    rows = WebhookDelivery.objects.filter(outcome=DeliveryOutcome(outcome)).order_by("-pk")
    assert " delivery_unusual " in plan(rows.values_list("pk")[:50])


def test_a_search_joins_what_the_indexes_of_each_column_find(customer: User) -> None:
    found = plan(with_text(Payment.objects.all(), "customer", unmasked=False))
    assert "BitmapOr" in found
    for index in ("payment_by_apply_num", "payments_payment_merchant_uid"):
        assert f" on {index}" in found
    assert "Seq Scan" not in found


@pytest.mark.parametrize(
    ("condition", "indexes"),
    {
        "address": (lambda: search._email("hong@example.com", False), {"user_email_unique"}),
        "name": (
            lambda: search._name("홍길동", False),
            {"user_by_korean_name", "user_by_western_name", "accounts_user_username"},
        ),
        "part of an address": (lambda: search._email("exam", True), {"user_by_part"}),
        "domain": (lambda: search._email("@example.com", False), {"user_by_part"}),
        "part of a name": (lambda: search._name("길동이", True), {"user_by_part"}),
        "given name": (lambda: search._name("길동", True), {"user_by_part"}),
        "begin of an address": (lambda: search._email("ho", True), {"user_by_part"}),
    }.values(),
)
def test_people_are_found_by_an_index(condition: Callable[[], Q], indexes: set[str]) -> None:
    found = plan(search._people().filter(condition()))
    assert "Seq Scan" not in found
    assert {index for index in indexes if f" {index}" in found} == indexes


@pytest.mark.parametrize("text", ["hong", "hong@example.com", "길동", "홍길동 hong", "ho"])
def test_the_list_of_people_is_searched_by_the_same_index(text: str) -> None:
    screen = admin.site.get_model_admin(User)
    request = RequestFactory().get("/")
    rows, _twice = screen.get_search_results(request, screen.get_queryset(request), text)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_indexscan = off")  # of the ids of few people
    found = plan(rows.order_by().values_list("pk"))
    assert " on user_by_part" in found
    assert "Seq Scan on accounts_user" not in found


@pytest.mark.parametrize(
    ("index", "condition"),
    [("user_staff", Q(is_staff=True)), ("user_inactive", Q(is_active=False))],
)
def test_staff_are_found_without_reading_customers(index: str, condition: Q) -> None:
    page = User.objects.filter(condition).order_by("-pk").values_list("pk")[:50]
    assert f" {index} " in plan(page)
    assert "user_staff" in plan(possible_owners())


def test_a_role_that_may_not_create_the_extension_goes_without_the_index(
    db: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(_people_search_index, "_EXTENSION", "CREATE EXTENSION no_such_extension")
    with connection.schema_editor() as editor:
        _people_search_index.remove(None, editor)
        _people_search_index.install(None, editor)
    assert "No trigram index" in capsys.readouterr().out
    found = search.customer_ids(["nobody"], [], unmasked=True)
    assert found == []

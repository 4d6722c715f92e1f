"""The file of movements: the list's rows in the list's order, safe in Excel, and on record."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from accounts.models import User
from benchmarks.datasets import two_years
from payments.admin.movements import export as export_module
from payments.admin.shared import csv_file
from payments.core.db.rows import insert_rows
from payments.models import Movement, Payment, PersonalDataAccess, Product
from tests.payments import builders
from tests.payments.admin.conftest import SignIn, rows_of, text_of

LIST = "/admin/payments/movement/"
EXPORT = f"{LIST}export/"
REASON = {"reason": "10월 부가세 신고"}
OCTOBER_20 = datetime(2026, 10, 20, 3, tzinfo=UTC)
OCTOBER_31 = datetime(2026, 10, 31, 14, 59, 59, tzinfo=UTC)  # a second before midnight in Korea
NOVEMBER_29 = datetime(2026, 11, 28, 15, tzinfo=UTC)  # its first second in Korea


@pytest.fixture
def client(finance: User, sign_in: SignIn) -> Client:
    return sign_in(finance)


@pytest.fixture
def refunded_twice(customer: User, product: Product) -> Payment:
    """15,000 won on 20 October, 3,000 of it back on the 31st, 2,000 on 29 November."""
    refunds = [(3_000, OCTOBER_31), (2_000, NOVEMBER_29)]
    return builders.refunded_in_parts(
        customer, product, refunds=refunds, at=OCTOBER_20, amount=15_000
    )


def taken(client: Client, query: str = "") -> list[dict[str, str]]:
    response = client.post(f"{EXPORT}?{query}", REASON)
    assert response.status_code == 200
    return list(rows_of(response))


def test_a_refund_is_on_its_own_day_whatever_came_later(
    client: Client, refunded_twice: Payment
) -> None:
    def by_day(query: str) -> list[tuple[str, str]]:
        return [(row["Day in Korea"], row["Amount"]) for row in taken(client, query)]

    october = [("2026-10-31", "-3000"), ("2026-10-20", "15000")]
    november = [("2026-11-29", "-2000")]
    assert by_day("from=2026-10-01&to=2026-10-31") == october
    assert by_day("from=2026-11-01&to=2026-11-30") == november
    assert by_day("") == november + october


def test_a_row_says_what_a_sheet_of_the_pg_is_matched_by(
    client: Client, refunded_twice: Payment
) -> None:
    newest, _older, approval = taken(client)
    assert newest == {
        "Happened": "2026-11-29T00:00:00+09:00",
        "Day in Korea": "2026-11-29",
        "Kind": "refund",
        "Kind in words": "Refund",
        "Amount": "-2000",
        "Order number": refunded_twice.merchant_uid,
        "PortOne payment id": str(refunded_twice.imp_uid),
        "Attempt": "own",
        "Test payment": "",
        "Payment method": "card",
        "PG": "html5_inicis",
        "MID": "",
        "PG transaction id": "",
        "Approval number": "30012345",
        "Reason": "환불",
        "Cancellation id": f"{refunded_twice.imp_uid}-2",
        "Derived from a sum": "",
        "Learnt": newest["Learnt"],
    }
    assert newest["Learnt"].endswith("+09:00")
    assert approval["Cancellation id"] == ""


def test_its_rows_are_those_of_the_list_in_its_order(client: Client) -> None:
    two_years.write(two_years.Plan(size=60, last_day=OCTOBER_31.date()))
    for query in (
        "",
        "kind=refund",
        "attempt=other",
        "pay_method=card,vbank&amount_min=10000",
        "pg_id=MOIseed01, MOIseedvb1",
        "from=2025-12-01&to=2026-03-31",
    ):
        listed = client.get(f"{LIST}?{query}&all=").context["cl"].queryset
        file = taken(client, query)
        assert [int(row["Amount"]) for row in file] == [row.amount for row in listed]
        assert [row["PortOne payment id"] for row in file] == [row.imp_uid for row in listed]


def test_another_attempt_and_a_test_say_so_and_nothing_is_run_by_a_spreadsheet(
    client: Client, refunded_twice: Payment
) -> None:
    facts = {"payment": refunded_twice, "event_sequence": 1, "kind": "approval", "is_own": False}
    times = {"happened_at": NOVEMBER_29, "observed_at": NOVEMBER_29, "day": date(2026, 12, 1)}
    row = Movement(
        key="approval:imp_other",
        imp_uid="=1+1",
        amount=1,
        is_test=True,
        is_derived=True,
        pg_tid="00123456",
        reason='=HYPERLINK("x")',
        **facts,
        **times,
    )
    insert_rows(rows=[row])
    (cells,) = taken(client, "attempt=other")
    assert (cells["Attempt"], cells["Test payment"]) == ("other", "test")
    assert cells["Derived from a sum"] == "derived"
    assert cells["Approval number"] == ""
    assert cells["PortOne payment id"] == "'=1+1"
    assert cells["PG transaction id"] == "'00123456"
    assert cells["Reason"] == '\'=HYPERLINK("x")'


def test_its_reason_is_on_record_before_it_leaves(
    client: Client, finance: User, refunded_twice: Payment
) -> None:
    response = client.post(f"{EXPORT}?kind=refund", REASON)
    access = PersonalDataAccess.objects.get()
    assert (access.actor, access.reason, access.rows) == (finance, REASON["reason"], 2)
    assert access.query == "movements?kind=refund"
    assert access.unmasked is False
    assert response["Content-Disposition"].startswith('attachment; filename="movements-2')
    assert response.getvalue().startswith("\ufeffHappened,".encode())


def test_without_a_reason_nothing_leaves(client: Client, refunded_twice: Payment) -> None:
    page = client.post(EXPORT, {"reason": "x"})
    assert page.headers["Content-Type"].startswith("text/html")
    assert not PersonalDataAccess.objects.exists()


def test_its_page_says_what_will_be_in_it(client: Client, refunded_twice: Payment) -> None:
    page = client.get(f"{EXPORT}?kind=refund&pg_id=MOI1")
    assert ("Kind", "Refund") in page.context["labels"]
    assert ("MID", "MOI1") in page.context["labels"]
    assert "No movement matches, so there is nothing to export." in text_of(page)
    assert "None: all movements" in text_of(client.get(EXPORT))


@pytest.mark.parametrize("query", ["kind=x", "from=2026-02-30", "bogus__x=1"])
def test_what_makes_no_sense_leads_back_to_the_list(
    client: Client, refunded_twice: Payment, query: str
) -> None:
    response = client.post(f"{EXPORT}?{query}", REASON)
    assert response.status_code == 302
    assert response["Location"].startswith(LIST)
    assert not PersonalDataAccess.objects.exists()


def test_who_may_not_take_it_is_not_led_there(
    viewer: User, sign_in: SignIn, client: Client, refunded_twice: Payment
) -> None:
    assert EXPORT in text_of(client.get(LIST))
    looking = sign_in(viewer)
    assert EXPORT not in text_of(looking.get(LIST))
    assert looking.post(EXPORT, REASON).status_code == 403


def test_a_file_in_korean_is_in_korean_to_its_last_row(
    client: Client, finance: User, refunded_twice: Payment
) -> None:
    User.objects.filter(pk=finance.pk).update(language="ko")
    response = client.post(EXPORT, REASON)
    with translation.override("en"):  # whoever asks next
        header, newest, *_others = response.getvalue().decode().splitlines()
    assert "거래번호" in header
    assert ",refund,취소," in newest


def test_it_streams_whatever_its_length_with_the_same_statements(
    client: Client, customer: User, product: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv_file, "CHUNK", 5)
    monkeypatch.setattr(export_module, "CHUNK", 5)
    numbers = []
    for count in (1, 30):
        for _number in range(count):
            builders.paid(customer, product)
        with CaptureQueriesContext(connection) as queries:
            response: Any = client.post(EXPORT, REASON)
            assert response.streaming
            lengths = [len(block.splitlines()) for block in response.streaming_content]
        assert max(lengths) <= 5
        numbers.append(len(queries))
    assert sum(lengths) == 1 + 31
    assert numbers[0] == numbers[1]

"""Statements: frozen where a day is closed, the same on paper and in the file, and on record."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from payments.admin.shared.display import number
from payments.core.kst import end_of, start_of
from payments.core.masking import mask_email
from payments.models import DailyClose, PersonalDataAccess, Product
from payments.services.daily_close.close import close_day
from tests.payments import builders
from tests.payments.admin.conftest import SignIn, messages_on, text_of

from .files import file_of
from .pages import CLOSES, DAILY, MONTHLY, cells, words

APRIL_1, APRIL_2, APRIL_3 = (date(2026, 4, day) for day in (1, 2, 3))
# Six in the morning of 3 April in Korea.
NOW = datetime(2026, 4, 2, 21, tzinfo=UTC)


@pytest.fixture(autouse=True)
def morning(time_machine: Any) -> None:
    """The second of April is over in Korea."""
    time_machine.move_to(NOW)


@pytest.fixture
def client(finance: User, sign_in: SignIn) -> Client:
    """The finance person's browser."""
    return sign_in(finance)


@pytest.fixture
def april(finance: User, customer: User, product: Product) -> DailyClose:
    """The first is closed and more was learnt of it, the second not closed, the third not over."""
    wallet: dict[str, Any] = {"amount": 1_000, "pay_method": "kakaopay"}
    first = builders.paid(customer, product, at=start_of(APRIL_1), **wallet)
    builders.refund_of(first, 600, at=start_of(APRIL_2))
    builders.refunded(customer, product, refund=9_000)
    builders.paid(customer, product, at=end_of(APRIL_1), amount=200)
    builders.paid(customer, product, at=start_of(APRIL_3), amount=30)
    builders.paid(customer, product, at=start_of(APRIL_1) - timedelta(seconds=1), amount=7)
    close = close_day(day=APRIL_1, actor=finance)
    builders.paid(customer, product, at=end_of(APRIL_1) - timedelta(seconds=1), amount=500)
    return close


FIGURES = (
    *("Approvals", "Approved", "Refunds", "Refunded, paid same day"),
    *("Refunded, paid earlier", "Net"),
)


# --- A month ---------------------------------------------------------------------------------


@pytest.mark.usefixtures("april", "server_zone")
def test_a_month_has_a_row_for_each_day_and_says_what_is_open_and_what_was_learnt_later(
    client: Client,
) -> None:
    page = text_of(client.get(f"{MONTHLY}?month=2026-04"))
    assert [row for row in cells(page) if row and row[0].startswith("2026-04-0")][:3] == [
        [
            *("2026-04-01 (Wed)", "2", "100,000", "1", "−9,000", "0", "91,000"),
            "Closed 1 learnt later, net +₩500",
        ],
        ["2026-04-02 (Thu)", "1", "200", "1", "0", "−600", "−400", "Not closed"],
        ["2026-04-03 (Fri)", "1", "30", "0", "0", "0", "30", "Not over"],
    ]
    assert ["Total", "4", "100,230", "2", "−9,000", "−600", "90,630", ""] in cells(page)
    assert ["KakaoPay", "1", "1,000", "1", "0", "−600", "400"] in cells(page)
    for name in ("KG Inicis", "– (KG Inicis)", "Total"):
        assert [name, "4", "100,230", "2", "−9,000", "−600", "90,630"] in cells(page)
    text = " ".join(words(page).split())
    assert "1 finished day is not closed" in text
    assert "Money of 1 closed day was learnt after its close (net +500)" in text
    assert "The month is not over" in text


@pytest.mark.usefixtures("april")
def test_one_line_leads_from_transaction_dates_to_payment_dates(client: Client) -> None:
    for url in (f"{MONTHLY}?month=2026-04", f"{DAILY}?day=2026-04-02"):
        response = client.get(url)
        bridge = response.context["figures"].bridge
        text = " ".join(words(text_of(response)).split())
        assert (
            f"Net by transaction date {number(bridge.net)} "
            f"Refunded, paid earlier + {number(bridge.refunded_earlier)} "
        ) in text
        assert f"− {number(bridge.refunded_later)} Net by payment date" in text
        assert f"= {number(bridge.by_payment_date)}" in text
        assert bridge.refunded_earlier == 600


def test_the_paper_names_shop_environment_period_printer_and_hashes(
    client: Client, april: DailyClose, settings: Any
) -> None:
    settings.SHOP_NAME = "데브켓"
    for url in (f"{MONTHLY}?month=2026-04", f"{DAILY}?day=2026-04-01"):
        page = text_of(client.get(url))
        text = " ".join(words(page).split())
        assert "Shop 데브켓" in text
        assert "Environment DEMO" in text
        assert "Printed at 2026-04-03 06:00:" in text
        assert "Printed by finance@example.com" in text
        assert april.hash in page
    assert "2026-04-01 – 2026-04-30 (KST)" in " ".join(
        words(text_of(client.get(f"{MONTHLY}?month=2026-04"))).split()
    )


def test_the_months_file_is_the_page(client: Client, april: DailyClose) -> None:
    page = cells(text_of(client.get(f"{MONTHLY}?month=2026-04")))
    rows = file_of(client, MONTHLY, month="2026-04")
    days = [row for row in rows if row["About"] == "Day"]
    assert [row["Item"] for row in days] == ["2026-04-01", "2026-04-02", "2026-04-03"]
    assert [(row["State"], row["Learnt later"], row["Learnt later (net)"]) for row in days] == [
        ("Closed", "1", "500"),
        ("Not closed", "0", "0"),
        ("Not over", "0", "0"),
    ]
    assert [row["Hash"] for row in days] == [april.hash, "", ""]
    *summed, net, earlier, later, by_payment_date, never_reconciled = rows
    assert never_reconciled["About"] == "Reconciliation with PortOne"
    for row in summed:
        figures = [number(int(row[name])) for name in FIGURES]
        assert any(line[1:7] == figures for line in page), row
    assert {row["About"] for row in summed} == {"Day", "Payment method", "PG", "MID", "Total"}
    terms = [int(row["Net"]) for row in (net, earlier, later)]
    assert sum(terms) == int(by_payment_date["Net"])
    assert (by_payment_date["About"], by_payment_date["Item"]) == (
        "To payment date",
        "Net by payment date",
    )


def test_a_month_that_has_not_begun_is_empty(client: Client) -> None:
    page = text_of(client.get(f"{MONTHLY}?month=2026-05"))
    assert "This month has not begun." in page
    assert {row["Net"] for row in file_of(client, MONTHLY, month="2026-05")[:-1]} == {"0"}


# --- A day -----------------------------------------------------------------------------------


def test_a_closed_day_stands_as_it_was_with_each_movement(
    client: Client, april: DailyClose, customer: User
) -> None:
    response = client.get(f"{DAILY}?day=2026-04-01")
    page = text_of(response)
    rows = [row for row in cells(page) if len(row) == 7 and row[0].isdigit()]
    entries = response.context["statement"].entries
    first, second, third = (entry.line.merchant_uid for entry, _who, _aside in entries)
    masked, card = mask_email(customer.email), "Credit or debit card 30012345"
    name, at, domain = masked.partition("@")
    masked = f"{name} {at}{domain}"  # where it may break
    assert [row[1:] for row in rows] == [
        [
            *("00:00:00", "Approval", f"{first} {masked}", "KakaoPay 30012345"),
            *("KG Inicis", "+1,000"),
        ],
        ["12:00:00", "Approval", f"{second} {masked}", card, "KG Inicis", "+99,000"],
        ["13:00:00", "Refund", f"{third} {masked}", card, "KG Inicis", "−9,000"],
    ]
    assert "1 movement of this day was learnt after its close (net +500)" in page
    assert customer.email not in page


def test_a_refund_says_of_which_day_its_payment_was(client: Client, april: DailyClose) -> None:
    page = text_of(client.get(f"{DAILY}?day=2026-04-02"))
    [row] = [row for row in cells(page) if len(row) == 7 and row[2].startswith("Refund")]
    assert (row[2], row[6]) == ("Refund paid 2026-04-01", "−600")


def test_what_is_in_no_sum_says_so_on_its_row(
    client: Client, customer: User, product: Product
) -> None:
    payment = builders.paid(customer, product, at=start_of(APRIL_2))
    builders.approved_again(payment, at=start_of(APRIL_2) + timedelta(seconds=1))
    builders.approved_as_a_test(customer, product, at=start_of(APRIL_2) + timedelta(seconds=2))
    page = text_of(client.get(f"{DAILY}?day=2026-04-02"))
    rows = [row[2] for row in cells(page) if len(row) == 7 and row[0].isdigit()]
    second, test = "Second approval, in no sum", "Test payment, in no sum"
    assert rows == ["Approval", f"Approval {second}", f"Approval {test}"]
    assert ["Total", "1", "99,000", "0", "0", "0", "99,000"] in cells(page)
    file = file_of(client, DAILY, day="2026-04-02")
    assert [row["Note"] for row in file if row["About"] == "Movement"] == ["", second, test]


def test_a_day_that_is_not_closed_says_so_and_shows_what_is_there_now(
    client: Client, april: DailyClose
) -> None:
    page = text_of(client.get(f"{DAILY}?day=2026-04-02"))
    assert "This day is not closed" in page
    assert "Closes that this rests on" not in page
    assert "This day is not over" in text_of(client.get(f"{DAILY}?day=2026-04-03"))


def test_the_days_file_is_the_page(client: Client, april: DailyClose) -> None:
    rows = file_of(client, DAILY, day="2026-04-01")
    movements = [row for row in rows if row["About"] == "Movement"]
    assert len(movements) == april.count == 3
    names, card = ("Time (KST)", "Kind", "Payment method", "PG", "Net"), "Credit or debit card"
    assert [tuple(row[name] for name in names) for row in movements] == [
        ("2026-04-01 00:00:00", "Approval", "KakaoPay", "KG Inicis", "1000"),
        ("2026-04-01 12:00:00", "Approval", card, "KG Inicis", "99000"),
        ("2026-04-01 13:00:00", "Refund", card, "KG Inicis", "-9000"),
    ]
    [total] = [row for row in rows if row["About"] == "Total"]
    for name in FIGURES:
        assert int(total[name]) == sum(int(row[name]) for row in movements), name
    assert (int(total["Approved"]), int(total["Net"])) == (april.approved, april.net)


def test_no_text_in_a_file_is_run_by_a_spreadsheet(
    client: Client, customer: User, product: Product
) -> None:
    builders.paid(customer, product, pay_method="=cmd|' /c calc'!A1", merchant_uid="@SUM(1)")
    [row, *_sums] = file_of(client, DAILY, day="2026-04-01")
    assert row["Payment method"] == "'=cmd|' /c calc'!A1"
    assert row["Order number"] == "'@SUM(1)"


def test_a_long_day_is_cut_on_the_page_and_whole_in_the_file(
    client: Client, april: DailyClose, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("payments.admin.daily_close.statement_page.ENTRIES_ON_PAGE", 1)
    page = text_of(client.get(f"{DAILY}?day=2026-04-01"))
    assert "2 more movements are in the CSV file." in page
    rows = file_of(client, DAILY, day="2026-04-01")
    assert sum(row["About"] == "Movement" for row in rows) == 3


def test_more_movements_take_no_more_queries(
    client: Client, finance: User, customer: User, product: Product
) -> None:
    numbers = []
    for _ in range(2):
        for _ in range(10):
            builders.refunded(customer, product, at=start_of(APRIL_2), refund=100)
        with CaptureQueriesContext(connection) as queries:
            for url in (f"{DAILY}?day=2026-04-02", f"{MONTHLY}?month=2026-04", f"{CLOSES}close/"):
                assert client.get(url).status_code == 200
        numbers.append(len(queries))
    assert numbers[0] == numbers[1]


# --- Addresses, rights, the record -----------------------------------------------------------


def test_without_a_day_it_is_the_last_closed_one(client: Client, april: DailyClose) -> None:
    assert client.get(DAILY).context["statement"].value == "2026-04-01"
    assert client.get(MONTHLY).context["statement"].value == "2026-04"


def test_without_any_close_it_is_yesterday(client: Client) -> None:
    assert client.get(DAILY).context["statement"].value == "2026-04-02"


@pytest.mark.parametrize(
    "url", [f"{DAILY}?day=x", f"{MONTHLY}?month=2026-13", f"{MONTHLY}?month=2026-04-01"]
)
def test_a_day_that_is_none_is_not_found(client: Client, url: str) -> None:
    assert client.get(url).status_code == 404


def test_the_neighbours_are_one_step_away_and_the_future_is_not(client: Client) -> None:
    statement = client.get(f"{DAILY}?day=2026-04-03").context["statement"]
    assert (statement.before, statement.after) == ("2026-04-02", "")
    statement = client.get(f"{MONTHLY}?month=2026-01").context["statement"]
    assert (statement.before, statement.after) == ("2025-12", "2026-02")


@pytest.mark.parametrize(
    ("url", "data", "rows"),
    [(DAILY, {"day": "2026-04-01"}, 3), (MONTHLY, {"month": "2026-04"}, 0)],
)
def test_who_took_a_file_and_why_is_on_record(
    client: Client,
    finance: User,
    april: DailyClose,
    url: str,
    data: dict[str, str],
    rows: int,
) -> None:
    response = client.post(f"{url}csv/", {"reason": " 세무사 요청 "} | data)
    access = PersonalDataAccess.objects.get()
    assert (access.actor, access.kind, access.unmasked) == (finance, "exported", False)
    assert (access.reason, access.rows) == ("세무사 요청", rows)
    assert next(iter(data.values())) in access.query
    [value] = data.values()
    assert response["Content-Disposition"] == f'attachment; filename="statement-{value}.csv"'
    assert text_of(response)


def test_without_a_reason_nothing_leaves(client: Client, april: DailyClose) -> None:
    response = client.post(f"{DAILY}csv/", {"day": "2026-04-01", "reason": " x "})
    assert response["Location"] == f"{DAILY}?day=2026-04-01"
    assert "why you need this" in messages_on(response)
    assert not PersonalDataAccess.objects.exists()


@pytest.mark.parametrize(
    ("who", "may"), [("viewer", False), ("operator", False), ("finance", True)]
)
def test_who_sees_and_who_takes_a_statement(
    request: pytest.FixtureRequest, sign_in: SignIn, april: DailyClose, who: str, may: bool
) -> None:
    client = sign_in(request.getfixturevalue(who))
    for url, data in ((DAILY, {"day": "2026-04-01"}), (MONTHLY, {"month": "2026-04"})):
        response = client.get(url, data)
        assert response.status_code == 200
        assert ('name="reason"' in text_of(response)) is may
        taken = client.post(f"{url}csv/", data | {"reason": "4월 마감"})
        assert taken.status_code == (200 if may else 403)


@pytest.mark.parametrize("language", ["ko", "en"])
def test_page_and_file_speak_the_readers_language(
    client: Client, finance: User, april: DailyClose, language: str
) -> None:
    User.objects.filter(pk=finance.pk).update(language=language)
    net = {"ko": "순매출", "en": "Net"}[language]
    for url, data in ((DAILY, {"day": "2026-04-01"}), (MONTHLY, {"month": "2026-04"})):
        assert f">{net}</th>" in text_of(client.get(url, data))
        assert net in file_of(client, url, **data)[0]

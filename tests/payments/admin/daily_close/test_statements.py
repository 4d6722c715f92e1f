"""Statements: frozen where a day is closed, the same on paper and in the file, and on record."""

import csv
import io
import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from payments.core.kst import end_of, start_of
from payments.models import DailyClose, Payment, PersonalDataAccess, Product
from payments.services.daily_close.close import close_day
from tests.payments import builders
from tests.payments.admin.conftest import SignIn, messages_on, text_of

from .pages import CLOSES, cells, words

DAILY = "/admin/payments/dailyclose/statement/day/"
MONTHLY = "/admin/payments/dailyclose/statement/month/"
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
    """The first is closed and has moved since, the second is not closed, the third not over."""
    builders.paid(customer, product, at=start_of(APRIL_1), amount=1_000, pay_method="kakaopay")
    builders.refunded(customer, product, refund=9_000)
    builders.paid(customer, product, at=end_of(APRIL_1), amount=200)
    builders.paid(customer, product, at=start_of(APRIL_3), amount=30)
    builders.paid(customer, product, at=start_of(APRIL_1) - timedelta(seconds=1), amount=7)
    close = close_day(day=APRIL_1, actor=finance)
    builders.paid(customer, product, at=end_of(APRIL_1) - timedelta(seconds=1), amount=500)
    return close


def file_of(client: Client, url: str, **data: str) -> list[dict[str, str]]:
    """The rows of the file by column."""
    text = text_of(client.post(f"{url}csv/", {"reason": "4월 마감"} | data))
    assert text.startswith("\ufeff")
    assert text.count("\r\n") == text.count("\n")
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


# --- A month ---------------------------------------------------------------------------------


@pytest.mark.usefixtures("april", "server_zone")
def test_a_month_has_a_row_for_each_day_and_says_what_is_open_and_what_moved(
    client: Client,
) -> None:
    page = text_of(client.get(f"{MONTHLY}?month=2026-04"))
    assert [row for row in cells(page) if row and row[0].startswith("2026-04-0")][:3] == [
        ["2026-04-01 (Wed)", "2", "100,000", "9,000", "91,000", "Closed", "Net +₩500"],
        ["2026-04-02 (Thu)", "1", "200", "0", "200", "Not closed", ""],
        ["2026-04-03 (Fri)", "1", "30", "0", "30", "Not over", ""],
    ]
    assert ["Total", "4", "100,230", "9,000", "91,230", "", ""] in cells(page)
    assert ["KakaoPay", "1", "1,000", "0", "1,000"] in cells(page)
    assert ["html5_inicis", "4", "100,230", "9,000", "91,230"] in cells(page)
    text = " ".join(words(page).split())
    assert "1 finished day is not closed" in text
    assert "1 day has moved since it was closed (net +500)" in text
    assert "The month is not over" in text


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
    assert [(row["State"], row["Moved since (net)"]) for row in days] == [
        ("Closed", "500"),
        ("Not closed", "0"),
        ("Not over", "0"),
    ]
    assert [row["Hash"] for row in days] == [april.hash, "", ""]
    for row in rows:
        figures = [f"{int(row[name]):,}" for name in ("Payments", "Gross", "Refunded", "Net")]
        assert any(line[1:5] == figures for line in page), row
    assert {row["About"] for row in rows} == {"Day", "Payment method", "PG", "Total"}


def test_a_later_refund_lowers_the_net_on_page_close_and_file_alike(
    client: Client, finance: User, customer: User, product: Product
) -> None:
    payment = builders.paid(customer, product, at=start_of(APRIL_1))
    close = close_day(day=APRIL_1, actor=finance)
    Payment.objects.filter(pk=payment.pk).update(cancelled_amount=50_000)
    page = text_of(client.get(f"{MONTHLY}?month=2026-04"))
    [line] = [row for row in cells(page) if row and row[0] == "2026-04-01 (Wed)"]
    assert line[-1] == "Net −₩50,000 (refunds)"
    assert "(net −50,000)" in page
    assert file_of(client, MONTHLY, month="2026-04")[0]["Moved since (net)"] == "-50000"
    assert "Net −₩50,000 (refunds)" in text_of(client.get(f"{CLOSES}{close.pk}/change/"))


def test_a_month_that_has_not_begun_is_empty(client: Client) -> None:
    page = text_of(client.get(f"{MONTHLY}?month=2026-05"))
    assert "This month has not begun." in page
    assert file_of(client, MONTHLY, month="2026-05")[-1]["Net"] == "0"


# --- A day -----------------------------------------------------------------------------------


def test_a_closed_day_stands_as_it_was_with_each_payment(
    client: Client, april: DailyClose, customer: User
) -> None:
    first, second = Payment.objects.filter(
        imp_uid__in=re.findall(r"^imp_\d+", april.lines, re.MULTILINE)
    ).order_by("amount")
    page = text_of(client.get(f"{DAILY}?day=2026-04-01"))
    both = f"{first.merchant_uid} {first.imp_uid}", f"{second.merchant_uid} {second.imp_uid}"
    rows = {row[2].replace("  ", " "): row for row in cells(page) if len(row) == 8}
    assert set(rows) - {"Order number / PortOne payment id"} == set(both)
    assert rows[both[0]][4:] == ["Paid", "1,000", "0", "1,000"]
    assert rows[both[1]][1] == "2026-04-01 12:00:00"
    assert rows[both[1]][4:] == ["Partly refunded", "99,000", "9,000", "90,000"]
    assert "1 payment has changed since the day was closed (net +500)" in page
    assert customer.email not in page


def test_a_day_that_is_not_closed_says_so_and_shows_what_is_there_now(
    client: Client, april: DailyClose
) -> None:
    page = text_of(client.get(f"{DAILY}?day=2026-04-02"))
    assert "This day is not closed" in page
    assert "Closes that this rests on" not in page
    assert "This day is not over" in text_of(client.get(f"{DAILY}?day=2026-04-03"))


def test_the_days_file_is_the_page(client: Client, april: DailyClose) -> None:
    page = cells(text_of(client.get(f"{DAILY}?day=2026-04-01")))
    rows = file_of(client, DAILY, day="2026-04-01")
    payments = [row for row in rows if row["About"] == "Payment"]
    assert len(payments) == april.count == 2
    for row in payments:
        figures = [f"{int(row[name]):,}" for name in ("Gross", "Refunded", "Net")]
        ids = f"{row['Order number']} {row['PortOne payment id']}"
        [line] = [cells for cells in page if len(cells) == 8 and cells[2].replace("  ", " ") == ids]
        assert [line[4], *line[5:]] == [row["Status"], *figures]
    total = rows[-1]
    assert (total["About"], total["Payments"]) == ("Total", "2")
    for name, figure in (("Gross", april.gross), ("Refunded", april.refunded), ("Net", april.net)):
        assert int(total[name]) == figure == sum(int(row[name]) for row in payments)
    assert payments[0]["Payment date"] == "2026-04-01T00:00:00+09:00"


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
    monkeypatch.setattr("payments.admin.daily_close.statement_page.PAYMENTS_ON_PAGE", 1)
    page = text_of(client.get(f"{DAILY}?day=2026-04-01"))
    assert "1 more payment is in the CSV file." in page
    assert sum(row["About"] == "Payment" for row in file_of(client, DAILY, day="2026-04-01")) == 2


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
    [(DAILY, {"day": "2026-04-01"}, 2), (MONTHLY, {"month": "2026-04"}, 0)],
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

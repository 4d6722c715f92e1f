"""The reconciliation in won on the pages of a day: from the newest run that has compared it."""

from datetime import date, timedelta

import pytest
from django.test import Client

from accounts.models import User
from payments.models import Payment, Product
from payments.services.daily_close.close import close_day
from tests.gateway import SandboxGateway
from tests.payments import builders
from tests.payments.admin.conftest import SignIn, text_of
from tests.payments.books import APRIL_FIRST, begun, mirror, reconciled

from .files import file_of
from .pages import CLOSES, DAILY, MONTHLY

A_DAY = timedelta(days=1)
SECOND = APRIL_FIRST + A_DAY
LAST = date(2026, 4, 30)
MONTH = f"{MONTHLY}?month=2026-04"
NEVER = "No reconciliation has compared these days in won."


@pytest.fixture
def client(finance: User, sign_in: SignIn) -> Client:
    """The browser of the finance person."""
    return sign_in(finance)


@pytest.fixture
def book(customer: User, product: Product, sandbox: SandboxGateway) -> list[Payment]:
    """A payment of each of the first two days of April; the second has another amount there."""
    days = builders.NOON, builders.NOON + A_DAY
    payments = [builders.paid(customer, product, at=day) for day in days]
    mirror(sandbox, payments, {payments[1].pk: {"amount": 100}})
    return payments


def figures(client: Client, url: str) -> list[tuple[int, int] | None]:
    """The net of both sides, what differs, and the accepted part of it."""
    rows = {row.name: row for row in client.get(url).context["won_rows"]}
    return [cell.figure for _heading, cell in rows["net"].cells] if rows else []


def test_a_day_from_a_run_over_the_month(
    client: Client, book: list[Payment], finance: User
) -> None:
    run, price = reconciled(APRIL_FIRST, LAST), book[0].amount
    expected = [(1, price), (1, 100), (1, price - 100), (0, 0)]
    before = f"{CLOSES}close/?day={SECOND}"
    assert f"2026-04-01 – 2026-04-30 (#{run.pk})" in text_of(client.get(before))
    assert figures(client, before) == expected
    assert figures(client, f"{CLOSES}statement/day/?day={SECOND}") == expected
    close = close_day(day=SECOND, actor=finance)
    assert figures(client, f"{CLOSES}{close.pk}/change/") == expected


def test_its_difference_leads_to_the_lines_of_the_day_alone(
    client: Client, book: list[Payment]
) -> None:
    reconciled(APRIL_FIRST, LAST)
    for day, number in ((APRIL_FIRST, 0), (SECOND, 1)):
        page = client.get(f"{CLOSES}statement/day/?day={day}")
        (_heading, cell) = page.context["won_rows"][2].cells[2]
        assert len(client.get(cell.url).context["rows"]) == number


def test_the_newest_run_counts(
    client: Client, book: list[Payment], sandbox: SandboxGateway
) -> None:
    reconciled(APRIL_FIRST, LAST)
    sandbox.control("PATCH", f"payments/{book[1].imp_uid}", {"amount": book[1].amount})
    reconciled(SECOND)
    begun(SECOND)
    net = 2 * book[0].amount
    assert figures(client, MONTH) == [(2, net), (2, net), (0, 0), (0, 0)]
    runs = client.get(MONTH).context["won_runs"]
    assert [str(run) for run in runs] == ["2026-04-01 – 2026-04-30", "2026-04-02"]


def test_days_that_no_run_has_compared(client: Client, book: list[Payment], finance: User) -> None:
    reconciled(SECOND)
    assert "29 of these days are in no finished reconciliation" in text_of(client.get(MONTH))
    never = ["close/?day=2026-04-01", "statement/day/", "statement/month/?month=2020-01"]
    for url in never:
        assert NEVER in text_of(client.get(f"{CLOSES}{url}"))
    close = close_day(day=APRIL_FIRST, actor=finance)
    assert NEVER in text_of(client.get(f"{CLOSES}{close.pk}/change/"))


# --- The file of a statement ------------------------------------------------------------------

ABOUT = "Reconciliation with PortOne"


def in_file(client: Client, url: str, **data: str) -> tuple[list[list[str]], list[str]]:
    """The rows of the reconciliation by (name, won and number of each side), and its notes."""
    names = [f"Reconciliation: {side}" for side in HEADINGS_IN_ENGLISH]
    columns = [column for name in names for column in (name, f"{name}, items")]
    found = [list(row.values()) for row in file_of(client, url, **data) if row["About"] == ABOUT]
    header = list(file_of(client, url, **data)[0])
    assert header[-8:] == columns
    rows = [[row[1], *row[-8:]] for row in found if row[-8]]
    return rows, [row[1] for row in found if not row[-8]]


def on_page(client: Client, url: str, **data: str) -> tuple[list[list[str]], list[str]]:
    """The same off the page."""
    context = client.get(url, data).context
    rows = [
        [row.label, *(f"{part}" for _h, cell in row.cells for part in reversed(cell.figure))]
        for row in context["won_rows"]
    ]
    return rows, context["won_notes"]


HEADINGS_IN_ENGLISH = ("Here", "At PortOne", "Difference", "Of which accepted")
SPANS = [(MONTHLY, {"month": "2026-04"}), (DAILY, {"day": "2026-04-02"})]


@pytest.mark.parametrize(("url", "span"), SPANS)
def test_the_file_has_the_figures_of_the_page(
    client: Client, book: list[Payment], operator: User, url: str, span: dict[str, str]
) -> None:
    run = reconciled(APRIL_FIRST, SECOND)
    builders.accepted(book[1], by=operator)
    rows, notes = in_file(client, url, **span)
    assert (rows, notes[1:]) == on_page(client, url, **span)
    assert notes[0].endswith(f"{run} (#{run.pk})")
    difference = str(book[1].amount - 100)
    assert rows[-1][-4:] == [difference, "1", difference, "1"]


@pytest.mark.parametrize(("url", "span"), SPANS)
def test_the_file_says_where_no_reconciliation_is(
    client: Client, book: list[Payment], url: str, span: dict[str, str]
) -> None:
    assert in_file(client, url, **span) == ([], [NEVER])

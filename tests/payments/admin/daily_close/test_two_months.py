"""A payment of October, refunded in October and in November: each month has what moved in it.

15,000 won on 20 October, 3,000 back on 31 October, 2,000 on 29 November.
"""

import csv
import io
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from payments.models import DailyClose, Payment, Product
from payments.services.daily_close.audit import audit_closes
from payments.services.daily_close.close import close_day
from tests.payments import builders
from tests.payments.admin.conftest import SignIn, text_of

from .pages import CLOSES, cells, close_of

OCTOBER_20, OCTOBER_31, NOVEMBER_29 = date(2026, 10, 20), date(2026, 10, 31), date(2026, 11, 29)
STATEMENT = f"{CLOSES}statement/"


@pytest.fixture
def october(finance: User, customer: User, product: Product, time_machine: Any) -> Payment:
    """Closed day by day, early in November."""
    time_machine.move_to(datetime(2026, 11, 2, 12, tzinfo=UTC))
    paid_at = datetime(2026, 10, 20, 3, tzinfo=UTC)
    payment = builders.paid(customer, product, at=paid_at, amount=15_000)
    builders.refund_of(payment, 3_000, at=datetime(2026, 10, 31, 3, tzinfo=UTC))
    for day in range(20, 32):
        close_day(day=date(2026, 10, day), actor=finance)
    return payment


@pytest.fixture
def november(october: Payment, finance: User, time_machine: Any) -> DailyClose:
    """The second refund, and the close of its day."""
    time_machine.move_to(datetime(2026, 12, 1, 12, tzinfo=UTC))
    builders.refund_of(october, 2_000, at=datetime(2026, 11, 29, 3, tzinfo=UTC))
    for day in range(1, 30):
        close = close_day(day=date(2026, 11, day), actor=finance)
    return close


def figures_on_page(client: Client, address: str) -> list[str]:
    """The row of the sums, without its name."""
    page = cells(text_of(client.get(f"{STATEMENT}{address}")))
    return next(row[1:7] for row in page if row[:1] == ["Total"])


def figures_in_file(client: Client, address: str) -> dict[str, int]:
    kind, _mark, query = address.partition("?")
    name, _equals, value = query.partition("=")
    data = {"reason": "VAT of the second half", name: value}
    text = text_of(client.post(f"{STATEMENT}{kind}csv/", data)).removeprefix("\ufeff")
    rows = {row["About"]: row for row in csv.DictReader(io.StringIO(text, newline=""))}
    names = ("Approved", "Refunded, paid same day", "Refunded, paid earlier", "Net")
    return {name: int(rows["Total"][name]) for name in names}


def of_october(client: Client) -> list[Any]:
    """All that is said of October: page and file of the month, of its days, and the closes."""
    days = [f"day/?day={day}" for day in (OCTOBER_20, OCTOBER_31)]
    said: list[Any] = [figures_on_page(client, "month/?month=2026-10")]
    said += [figures_in_file(client, "month/?month=2026-10")]
    said += [figures_on_page(client, day) for day in days]
    said += [figures_in_file(client, day) for day in days]
    closes = DailyClose.objects.filter(day__month=10).order_by("day")
    said += [(f"{close}", close.net, close.lines, close.hash) for close in closes]
    said += [cells(text_of(client.get(close_of(closes[0]))))]
    return said


def test_october_says_the_same_before_and_after_november(
    sign_in: SignIn, finance: User, october: Payment, request: pytest.FixtureRequest
) -> None:
    before = of_october(sign_in(finance))
    assert before[0] == ["1", "15,000", "1", "0", "−3,000", "12,000"]
    assert list(before[1].values()) == [15_000, 0, -3_000, 12_000]
    assert before[2] == ["1", "15,000", "0", "0", "0", "15,000"]
    assert before[3] == ["0", "0", "1", "0", "−3,000", "−3,000"]
    request.getfixturevalue("november")
    assert of_october(sign_in(finance)) == before


def test_november_has_its_own_refund(sign_in: SignIn, finance: User, november: DailyClose) -> None:
    client, figures = sign_in(finance), ["0", "0", "1", "0", "−2,000", "−2,000"]
    for address in ("month/?month=2026-11", f"day/?day={NOVEMBER_29}"):
        assert figures_on_page(client, address) == figures
        assert list(figures_in_file(client, address).values()) == [0, 0, -2_000, -2_000]
    assert (november.refunded_earlier, november.net) == (2_000, -2_000)


def test_no_close_of_october_has_drifted(
    sign_in: SignIn, finance: User, november: DailyClose
) -> None:
    client = sign_in(finance)
    assert list(audit_closes()) == []
    listed = client.get(CLOSES).context["cl"].result_list
    assert {row.drift for row in listed} == {None}
    assert not client.get(f"{CLOSES}?drift=learnt").context["cl"].result_list

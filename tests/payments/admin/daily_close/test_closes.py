"""The screens of closed days: what they show, and that all figures agree."""

from datetime import date
from html import escape

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from payments.core.kst import start_of
from payments.migrations import _append_only_triggers
from payments.models import DailyClose, Payment, Product, ReconciliationRun, RunStatus
from payments.selectors.daily_close.lines import Sums
from payments.selectors.payments.totals import totals
from payments.services.daily_close.close import close_day
from tests.payments import builders
from tests.payments.admin.conftest import LIST, SignIn, page_of, rows_of, take, text_of

from .pages import (
    APRIL_1,
    APRIL_2,
    CLOSE,
    CLOSES,
    MARCH_31,
    NOW,
    cells,
    close_of,
    page_of_run,
    ran,
    words,
)

pytestmark = pytest.mark.usefixtures("morning_after")


@pytest.fixture
def client(finance: User, sign_in: SignIn) -> Client:
    """The finance person's browser."""
    return sign_in(finance)


# --- Agreement -------------------------------------------------------------------------------


@pytest.mark.usefixtures("busy_day", "server_zone")
def test_close_list_dashboard_and_export_say_the_same_of_a_day(
    client: Client, finance: User
) -> None:
    close = close_day(day=APRIL_1, actor=finance)
    figures = Sums(close.count, close.gross, close.refunded)
    url = f"{LIST}?basis=paid&from=2026-04-01&to=2026-04-01"
    assert f'href="{escape(url)}"' in text_of(client.get(close_of(close)))
    response = client.get(url)
    listed = totals(response.context["cl"].queryset)
    assert Sums(listed.count, listed.gross, listed.refunded) == figures
    assert f"₩{close.net:,}" in text_of(response)
    rows = rows_of(take(client, url.partition("?")[2]))
    amounts = [[int(row[name]) for row in rows] for name in ("Amount", "Refunded amount")]
    assert Sums(len(rows), *map(sum, amounts)) == figures
    days = cells(text_of(client.get("/admin/?period=7d")))
    [row] = [day for day in days if day[:1] == ["2026-04-01 (Wed)"]]
    assert row[1:] == [f"₩{amount:,}" for amount in (close.gross, close.refunded, close.net)]
    assert figures == Sums(3, 199_000, 9_000)


# --- The list --------------------------------------------------------------------------------


def test_the_list_says_what_was_closed_and_what_moved_since(
    client: Client, finance: User, busy_day: list[Payment], customer: User, product: Product
) -> None:
    for day in (MARCH_31, APRIL_1, APRIL_2):
        close_day(day=day, actor=finance)
    builders.paid(customer, product, at=start_of(MARCH_31))
    Payment.objects.filter(pk=busy_day[0].pk).update(cancelled_amount=400)
    page = text_of(client.get(CLOSES))
    text = " ".join(words(page).split())
    for row in (
        (
            "2026-04-01 (Wed) Payments 3 Gross ₩199,000 Refunded ₩9,000 Net ₩190,000 "
            "Open discrepancies 0 Net −₩400 (refunds)"
        ),
        "2026-03-31 (Tue) Payments 0 Gross ₩0 Refunded ₩0 Net ₩0 Open discrepancies 0 Net +₩99,000",
        (
            "2026-04-02 (Thu) Payments 1 Gross ₩99,000 Refunded ₩0 Net ₩99,000 "
            "Open discrepancies 0 Stands"
        ),
    ):
        assert row in text
    assert DailyClose.objects.get(day=APRIL_1).hash[:10] in page


@pytest.mark.parametrize(
    ("query", "days"),
    [
        ("drift=moved", [APRIL_1, MARCH_31]),
        ("drift=approvals", [MARCH_31]),
        ("drift=refunds", [APRIL_1]),
        ("day__year=2026&day__month=3", [MARCH_31]),
        ("day__year=2025", []),
    ],
)
def test_the_list_is_narrowed_by_month_and_by_what_moved(
    client: Client,
    finance: User,
    busy_day: list[Payment],
    customer: User,
    product: Product,
    query: str,
    days: list[date],
) -> None:
    for day in (MARCH_31, APRIL_1, APRIL_2):
        close_day(day=day, actor=finance)
    builders.paid(customer, product, at=start_of(MARCH_31))
    Payment.objects.filter(pk=busy_day[0].pk).update(cancelled_amount=400)
    response = client.get(f"{CLOSES}?{query}")
    assert [close.day for close in response.context["cl"].result_list] == days
    if query == "drift=approvals":
        # A refund after the close is no reason to look.
        tile = client.get("/admin/").context["waiting"][-1]
        assert (tile.url, tile.number) == (f"{CLOSES}?{query}", "1")


def test_more_closes_take_no_more_queries_and_no_lines(client: Client, finance: User) -> None:
    numbers = []
    for day in range(1, 21):
        close_day(day=date(2026, 3, day), actor=finance)
        if day in {1, 20}:
            with CaptureQueriesContext(connection) as queries:
                assert client.get(CLOSES).status_code == 200
            numbers.append(len(queries))
            assert not any('"lines"' in query["sql"] for query in queries.captured_queries)
    assert numbers[0] == numbers[1]


# --- The page of one -------------------------------------------------------------------------


def test_the_page_shows_figures_methods_chain_and_that_it_holds(
    client: Client, finance: User, busy_day: list[Payment]
) -> None:
    before, close, after = (close_day(day=d, actor=finance) for d in (MARCH_31, APRIL_1, APRIL_2))
    page = text_of(client.get(close_of(close)))
    for figure in ("₩190,000", "₩199,000", "₩9,000"):
        assert f"<dd>{figure}</dd>" in page
    assert ["KakaoPay", "1", "99,000", "0", "99,000"] in cells(page)
    assert ["html5_inicis", "3", "199,000", "9,000", "190,000"] in cells(page)
    for digest in (before.hash, close.content_hash, close.hash):
        assert digest in page
    assert f'href="{close_of(before)}"' in page
    assert f'href="{close_of(after)}"' in page
    assert "finance@example.com" in page
    assert ">Holds</span>" in page
    assert 'id="drift"' not in page


def test_the_payments_that_made_the_difference_are_named_with_before_and_after(
    client: Client, finance: User, busy_day: list[Payment], customer: User, product: Product
) -> None:
    close = close_day(day=APRIL_1, actor=finance)
    kept, gone, refunded = busy_day
    late = builders.paid(customer, product, at=start_of(APRIL_1), amount=50)
    Payment.objects.filter(pk=kept.pk).update(pay_method="trans")
    Payment.objects.filter(pk=gone.pk).update(paid_at=start_of(MARCH_31))
    Payment.objects.filter(pk=refunded.pk).update(cancelled_amount=99_000)
    page = text_of(client.get(close_of(close)))
    rows = {row[0]: row[1:] for row in cells(page) if len(row) == 3}
    for payment, what, then, now in (
        (late, "Came afterwards", "–", "₩50 Paid"),
        (gone, "No longer of this day", "₩99,000 Paid", "–"),
        (kept, "Changed afterwards", "₩1,000 Paid Credit or debit card", "₩1,000 Paid Bank"),
        (
            refunded,
            "Refunded afterwards",
            "₩99,000 Refunded ₩9,000 Partly refunded",
            "₩99,000 Refunded ₩99,000 Cancelled",
        ),
    ):
        assert f'href="{page_of(payment)}"' in page
        row = rows[f"{payment.merchant_uid} {payment.imp_uid} {what}"]
        assert row[0] == then
        assert row[1].startswith(now)
    assert ["Net", "190,000", "1,050", "−188,950"] in cells(page)


def test_a_day_with_many_causes_names_the_first_and_says_how_many_more(
    client: Client,
    finance: User,
    customer: User,
    product: Product,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    close = close_day(day=APRIL_1, actor=finance)
    for _ in range(3):
        builders.paid(customer, product)
    monkeypatch.setattr("payments.admin.daily_close.detail.CAUSES_ON_PAGE", 1)
    page = text_of(client.get(close_of(close)))
    assert "3 payments made the difference" in page
    assert "And 2 more." in page


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("net = 1", "The figures are not what the payments kept with this close add up to."),
        ("lines = 'x'", "The payments kept with this close were changed."),
        ("hash = 'x'", "This close was changed after it was written."),
    ],
)
def test_a_close_that_was_tampered_with_says_so(
    client: Client, finance: User, busy_day: list[Payment], change: str, says: str
) -> None:
    close = close_day(day=APRIL_1, actor=finance)
    remove, install = reversed(_append_only_triggers._STATEMENTS[connection.vendor])
    with connection.cursor() as cursor:
        for statement in remove("payments_dailyclose"):
            cursor.execute(statement)
        cursor.execute(f"UPDATE payments_dailyclose SET {change}")
        for statement in install("payments_dailyclose"):
            cursor.execute(statement)
    page = text_of(client.get(close_of(close)))
    assert ">Does not hold</span>" in page
    assert says in page


def test_a_close_says_how_many_payments_had_no_answer(
    client: Client, finance: User, with_unknown: ReconciliationRun
) -> None:
    close = close_day(day=APRIL_1, actor=finance, run=with_unknown)
    page = text_of(client.get(close_of(close)))
    assert "Nothing is known about 1,200 payments, because the gateway gave no answer." in page
    assert f'<a href="{page_of_run(with_unknown)}">' in page
    good = ran(APRIL_2, APRIL_2, NOW, RunStatus.DONE)
    page = text_of(client.get(close_of(close_day(day=APRIL_2, actor=finance, run=good))))
    assert f'<a href="{page_of_run(good)}">' in page
    assert "Nothing is known" not in page


def test_nobody_adds_changes_or_deletes_a_close(client: Client, finance: User) -> None:
    close = close_day(day=APRIL_1, actor=finance)
    for url in (f"{CLOSES}add/", close_of(close), f"{CLOSES}{close.pk}/delete/"):
        assert client.post(url, {"gross": 1, "post": "yes"}).status_code == 403
    assert DailyClose.objects.values_list("gross", flat=True).get() == 0


@pytest.mark.parametrize("language", ["ko", "en"])
def test_every_screen_speaks_the_readers_language(
    client: Client, finance: User, busy_day: list[Payment], language: str
) -> None:
    User.objects.filter(pk=finance.pk).update(language=language)
    close = close_day(day=MARCH_31, actor=finance)
    spoken = {"ko": ("순매출", "취소금액", "일마감"), "en": ("Net", "Refunded", "Daily close")}
    for url in (CLOSES, close_of(close), CLOSE):
        page = text_of(client.get(url))
        for word in spoken[language]:
            assert word in page, (url, word)

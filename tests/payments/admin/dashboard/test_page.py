"""The admin's first page: who sees it, what its figures lead to, and that they agree with it."""

import json
import re
from datetime import UTC, date, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from payments.core.db.rows import insert_rows
from payments.core.kst import day_of, start_of
from payments.models import (
    DeliveryOutcome,
    Movement,
    Payment,
    Product,
    RunStatus,
    VerificationRun,
    WebhookDelivery,
)
from payments.selectors import movements
from payments.selectors.payments.totals import Totals, totals
from payments.services.notes import add_note
from payments.states import Verification
from tests.payments import builders
from tests.payments.admin.conftest import SignIn, text_of

# Half past nine in the morning of 1 April in Korea.
NOW = datetime(2026, 4, 1, 0, 30, tzinfo=UTC)
APRIL_1 = date(2026, 4, 1)
PERIODS = ("today", "7d", "30d", "90d")


@pytest.fixture
def busy_quarter(customer: User, stranger: User, product: Product, time_machine: Any) -> None:
    """Half a year of payments of all kinds up to this moment, one of them past midnight."""
    time_machine.move_to(NOW, tick=False)
    for number in range(60):
        at = NOW - timedelta(hours=number * (23 if number < 30 else 70), minutes=number)
        kind = (builders.paid, builders.failed, builders.ordered)[number % 3]
        method = ("card", "kakaopay", "trans")[number // 3 % 3]
        kind(customer, product, at=at, amount=10_000 + number, pay_method=method)
    builders.refunded(customer, product, refund=4_000, at=NOW - timedelta(hours=4))
    builders.refunded(stranger, product, refund=99_000, at=NOW - timedelta(days=3))
    builders.paid(stranger, product, at=datetime(2026, 3, 31, 15, 30, tzinfo=UTC))
    builders.found(builders.paid(stranger, product, at=NOW), Verification.MISMATCHED)
    builders.ordered(customer, product, at=NOW, vbank_num="110-1", vbank_due=NOW)
    WebhookDelivery.objects.create(received_at=NOW, outcome=DeliveryOutcome.FAILED)
    WebhookDelivery.objects.create(received_at=NOW, outcome=DeliveryOutcome.APPLIED)
    for status in (RunStatus.WAITING, RunStatus.PAUSED, RunStatus.DONE):
        VerificationRun.objects.create(requested_at=NOW, status=status)


def figures(client: Client, period: str = "7d") -> dict[str, Any]:
    response = client.get(f"/admin/?period={period}")
    assert response.status_code == 200
    return {name: response.context[name] for name in ("tiles", "waiting")}


def days_on(page: str) -> list[tuple[str, ...]]:
    """(URL, day, gross, refunded, net) of each day of the table, the newest first."""
    figure = r'<td class="money">([^<]*)</td>'
    rows = re.findall(rf'<th scope="row"><a href="([^"]*)">([^<]*)</a></th>{figure * 3}', page)
    return [tuple(map(unescape, row)) for row in rows]


def methods_on(page: str) -> list[tuple[str, ...]]:
    """(URL, gross) of each payment method."""
    rows = re.findall(r'<a href="([^"]*)">[^<]*</a></span>\s*<span class="won">([^<]*)<', page)
    return [tuple(map(unescape, row)) for row in rows]


def behind(client: Client, url: str) -> Totals:
    """What the list behind a link adds up to, by the list's own set."""
    response = client.get(url)
    assert response.status_code == 200, f"{url}: {response.headers.get('Location')}"
    changelist = response.context["cl"]
    assert changelist.is_understood, url
    return totals(changelist.queryset)


def moved_behind(client: Client, url: str) -> movements.Totals:
    """What the list of movements behind a link adds up to."""
    response = client.get(url)
    assert response.status_code == 200, f"{url}: {response.headers.get('Location')}"
    changelist = response.context["cl"]
    assert changelist.is_understood, url
    return movements.totals(changelist.queryset)


def won(amount: int) -> str:
    return f"{'−' if amount < 0 else ''}₩{abs(amount):,}"


# --- Figures and the lists behind them -------------------------------------------------------


@pytest.mark.usefixtures("busy_quarter", "server_zone")
@pytest.mark.parametrize("period", PERIODS)
def test_every_figure_equals_the_totals_of_the_list_it_leads_to(
    viewer: User, sign_in: SignIn, period: str
) -> None:
    client = sign_in(viewer)
    tiles = {tile.name: tile for tile in figures(client, period)["tiles"]}
    moved = {name: moved_behind(client, tiles[name].url) for name in ("gross", "refunded", "net")}
    assert tiles["gross"].value == won(moved["gross"].approved)
    assert tiles["gross"].note == f"{moved['gross'].count:,} approved"
    assert tiles["refunded"].value == won(moved["refunded"].refunded)
    assert (moved["gross"].refunded, moved["refunded"].approved) == (0, 0)
    assert tiles["net"].value == won(moved["net"].net)
    assert moved["net"].net == moved["gross"].approved - moved["refunded"].refunded
    rate = behind(client, tiles["success_rate"].url).success_rate
    assert rate is not None
    assert tiles["success_rate"].value == f"{rate * 100:.1f}%"


@pytest.mark.usefixtures("busy_quarter", "server_zone")
def test_every_method_and_every_day_equals_the_list_it_leads_to(
    viewer: User, sign_in: SignIn
) -> None:
    client = sign_in(viewer)
    page = text_of(client.get("/admin/?period=7d"))
    assert len(methods_on(page)) == 3
    assert len(days_on(page)) == 7
    for url, gross in methods_on(page):
        assert gross == won(moved_behind(client, url).approved)
    for url, _day, gross, refunded, net in days_on(page):
        listed = moved_behind(client, url)
        assert (gross, refunded, net) == tuple(
            map(won, (listed.approved, listed.refunded, listed.net))
        )


@pytest.mark.usefixtures("busy_quarter")
def test_what_went_back_says_how_much_of_it_was_approved_earlier(
    viewer: User, sign_in: SignIn, customer: User, product: Product
) -> None:
    payment = builders.paid(customer, product, at=NOW - timedelta(days=40))
    builders.gave_back(payment, (12_345, NOW - timedelta(minutes=1)))
    tiles = {tile.name: tile for tile in figures(sign_in(viewer), "7d")["tiles"]}
    assert tiles["refunded"].note == "of which ₩12,345 approved on earlier days"


def test_money_that_is_in_no_sum_stands_beside_the_figures(
    viewer: User, customer: User, product: Product, sign_in: SignIn, time_machine: Any
) -> None:
    time_machine.move_to(NOW, tick=False)
    client = sign_in(viewer)
    builders.paid(customer, product, at=NOW)
    assert client.get("/admin/").context["beside"] == []
    own = Movement.objects.get()
    facts = {field.attname: getattr(own, field.attname) for field in Movement._meta.fields}
    insert_rows(rows=[Movement(**facts | {"id": None, "key": "x", "is_own": False})])
    response = client.get("/admin/")
    ((label, amount, url),) = response.context["beside"]
    assert (label, amount) == ("Other attempts, in no sum", "+₩99,000")
    assert moved_behind(client, url).others == 99_000
    assert response.context["tiles"][0].value == "₩99,000"


def test_figures_lead_to_movements_only_who_may_see_them(
    customer: User, product: Product, sign_in: SignIn
) -> None:
    builders.paid(customer, product, at=timezone.now())
    page = text_of(sign_in(_staff("view_payment")).get("/admin/"))
    assert "₩99,000" in page
    assert "/admin/payments/movement/" not in page


@pytest.mark.usefixtures("busy_quarter")
def test_every_reason_for_attention_equals_the_list_it_leads_to(
    viewer: User, sign_in: SignIn
) -> None:
    client = sign_in(viewer)
    waiting = figures(client)["waiting"]
    assert len(waiting) == 7
    for tile in waiting:
        response = client.get(tile.url)
        assert response.status_code == 200, tile.url
        assert tile.number == f"{response.context['cl'].queryset.count():,}", tile.label
    assert [tile.number for tile in waiting if tile.is_empty] == ["0", "0"]


@pytest.mark.usefixtures("server_zone")
def test_half_past_midnight_belongs_to_the_korean_day(
    viewer: User, customer: User, product: Product, sign_in: SignIn, time_machine: Any
) -> None:
    time_machine.move_to(NOW, tick=False)
    builders.paid(customer, product, at=datetime(2026, 3, 31, 15, 30, tzinfo=UTC))
    client = sign_in(viewer)
    # Whatever the reader's own zone is: a day is a Korean day.
    User.objects.filter(pk=viewer.pk).update(time_zone="America/New_York")
    assert figures(client, "today")["tiles"][0].value == "₩99,000"
    page = text_of(client.get("/admin/?period=today"))
    assert days_on(page)[0][1:3] == ("2026-04-01 (Wed)", "₩99,000")


def test_a_figure_is_compared_in_words_not_by_colour_alone(
    viewer: User, customer: User, product: Product, sign_in: SignIn, time_machine: Any
) -> None:
    time_machine.move_to(NOW, tick=False)
    for day, amount in ((APRIL_1, 1_500), (date(2026, 3, 31), 1_000)):
        builders.paid(customer, product, at=start_of(day) + timedelta(minutes=5), amount=amount)
    page = text_of(sign_in(viewer).get("/admin/?period=today"))
    assert "▲" in page
    assert "50.0% more" in page
    assert "2026-04-01 (KST), compared with 2026-03-31" in page


@pytest.mark.parametrize(
    ("now", "before", "label"),
    [(0, 0, "unchanged"), (5, 0, "nothing in the period before"), (0, 5, "100.0% less")],
)
def test_nothing_is_divided_by_nothing(
    viewer: User,
    customer: User,
    product: Product,
    sign_in: SignIn,
    time_machine: Any,
    now: int,
    before: int,
    label: str,
) -> None:
    time_machine.move_to(NOW, tick=False)
    for day, amount in ((APRIL_1, now), (date(2026, 3, 31), before)):
        if amount:
            builders.paid(customer, product, at=start_of(day) + timedelta(minutes=5), amount=amount)
    assert figures(sign_in(viewer), "today")["tiles"][0].change.label == label


def test_the_chart_says_what_the_table_says(
    viewer: User, customer: User, product: Product, sign_in: SignIn
) -> None:
    payment = builders.paid(customer, product, at=start_of(_today()) + timedelta(minutes=5))
    page = text_of(sign_in(viewer).get("/admin/"))
    data = re.search(r'<script id="daily-data" type="application/json">(.*?)</script>', page)
    assert data
    chart = json.loads(data[1])
    rows = list(reversed(days_on(page)))
    assert [won(amount) for amount in chart["gross"]] == [row[2] for row in rows]
    assert [won(amount) for amount in chart["refunded"]] == [row[3] for row in rows]
    assert chart["names"] == [row[1] for row in rows]
    assert payment.amount in chart["gross"]


def _today() -> date:
    return day_of(timezone.now())


@pytest.mark.parametrize("period", ["", "last_month", "x", "7d%00"])
def test_an_unknown_period_shows_the_week(viewer: User, sign_in: SignIn, period: str) -> None:
    page = text_of(sign_in(viewer).get(f"/admin/?period={period}"))
    assert '<a href="?period=7d" aria-current="page">7 days</a>' in page


# --- Who sees what ---------------------------------------------------------------------------


def test_what_happened_last_names_staff_and_no_customer(
    viewer: User, operator: User, customer: User, product: Product, sign_in: SignIn
) -> None:
    payment = builders.paid(customer, product)
    add_note(payment=payment, actor=operator, text="called back")
    page = text_of(sign_in(viewer).get("/admin/"))
    assert "operator@example.com" in page
    assert customer.email not in page
    assert f'href="/admin/payments/payment/{payment.pk}/change/">{payment.merchant_uid}<' in page


def _staff(*codenames: str) -> User:
    user = User.objects.create_user("clerk", "clerk@example.com", "x", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    return user


def test_staff_who_may_not_see_payments_get_the_plain_list_of_screens(
    customer: User, product: Product, sign_in: SignIn
) -> None:
    builders.paid(customer, product)
    page = text_of(sign_in(_staff("view_product")).get("/admin/"))
    assert "/admin/payments/product/" in page
    for secret in ("₩99,000", "daily-data", "attention=", "/admin/payments/payment/"):
        assert secret not in page


def test_staff_without_any_right_read_so(sign_in: SignIn, db: None) -> None:
    response = sign_in(_staff()).get("/admin/")
    assert response.status_code == 200
    assert "permission to view or edit anything" in text_of(response)


def test_events_and_webhooks_need_their_own_rights(
    customer: User, product: Product, sign_in: SignIn
) -> None:
    builders.paid(customer, product)
    response = sign_in(_staff("view_payment")).get("/admin/")
    assert response.context["events"] == []
    assert len(response.context["waiting"]) == 4
    assert "webhookdelivery" not in text_of(response)


@pytest.mark.parametrize("who", ["customer", None])
def test_nobody_else_gets_in(
    request: pytest.FixtureRequest, client: Client, who: str | None, db: None
) -> None:
    if who:
        client.force_login(request.getfixturevalue(who))
    assert client.get("/admin/").status_code in {302, 403}


def test_it_takes_no_more_than_eighteen_queries_however_many_payments(
    admin_person: User, customer: User, product: Product, sign_in: SignIn
) -> None:
    client = sign_in(admin_person)
    numbers = []
    for _ in range(2):
        for _ in range(25):
            builders.refunded(customer, product, refund=1_000)
        with CaptureQueriesContext(connection) as queries:
            client.get("/admin/?period=90d")
        numbers.append(len(queries))
    assert Payment.objects.count() == 50
    # PostgreSQL is asked for its time as well.
    assert numbers[0] == numbers[1] <= 18 + (connection.vendor == "postgresql")


# --- The column beside it --------------------------------------------------------------------


def _column(client: Client, url: str) -> str:
    column = re.search(r'<nav id="site-nav".*?</nav>', text_of(client.get(url)), re.DOTALL)
    assert column
    return re.sub(r"<svg.*?</svg>\s*", "", column[0], flags=re.DOTALL)


def test_the_column_names_what_a_person_may_see_and_where_they_are(
    viewer: User, payment: Payment, sign_in: SignIn
) -> None:
    client = sign_in(viewer)
    index = _column(client, "/admin/")
    assert '<a href="/admin/" aria-current="page">Dashboard</a>' in index
    assert "/admin/accounts/user/" not in index
    the_list = _column(client, "/admin/payments/payment/")
    assert '<a href="/admin/payments/payment/" aria-current="page">Payments</a>' in the_list
    below = _column(client, f"/admin/payments/payment/{payment.pk}/change/")
    assert '<a href="/admin/payments/payment/" aria-current="true">Payments</a>' in below


def test_an_admin_finds_people_by_our_own_word(admin_person: User, sign_in: SignIn) -> None:
    column = _column(sign_in(admin_person), "/admin/accounts/user/")
    assert '<a href="/admin/accounts/user/" aria-current="page">People</a>' in column


def test_the_bar_changes_the_language_and_leads_to_the_shop(viewer: User, sign_in: SignIn) -> None:
    client = sign_in(viewer)
    page = text_of(client.get("/admin/?period=30d"))
    assert '<button class="tool" name="language" value="ko" lang="ko">한국어</button>' in page
    assert 'name="next" value="/admin/?period=30d"' in page
    answer = client.post("/accounts/language/", {"language": "ko", "next": "/admin/?period=30d"})
    assert answer["Location"] == "/admin/?period=30d"
    assert '<html lang="ko"' in text_of(client.get("/admin/"))

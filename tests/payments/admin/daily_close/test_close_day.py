"""The page on which a day is closed by hand: what is looked at before, who may, what is refused."""

from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from payments.core.kst import end_of
from payments.models import (
    DailyClose,
    DeliveryOutcome,
    Discrepancy,
    Payment,
    Product,
    ReconciliationRun,
    RunStatus,
    WebhookDelivery,
)
from payments.services.daily_close import close as closing
from payments.services.daily_close.close import close_day
from tests.payments import builders
from tests.payments.admin.conftest import SignIn, english, messages_on, text_of
from tests.payments.books import filed
from tests.responses import ClientResponse

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


def test_the_page_before_shows_the_next_day_its_figures_and_what_is_open(
    client: Client, finance: User, busy_day: list[Payment]
) -> None:
    close_day(day=MARCH_31, actor=finance)
    WebhookDelivery.objects.create(received_at=NOW, outcome=DeliveryOutcome.FAILED)
    response = client.get(CLOSE)
    page = text_of(response)
    assert "2026-04-01 (Wed) will be frozen" in page
    assert ["Total", "3", "199,000", "1", "−9,000", "0", "190,000"] in cells(page)
    assert [(label, number) for label, number, _url in response.context["open"]] == [
        ("Open discrepancies, of any day", 0),
        ("Webhooks that could not be processed", 1),
        ("Runs under way", 0),
    ]
    assert response.context["waiting"] == [APRIL_1, APRIL_2]
    assert DailyClose.objects.count() == 1


def post(client: Client, day: date) -> ClientResponse:
    """Press the button on the page as it stands now, with the tick that a first close takes."""
    seen = client.get(f"{CLOSE}?day={day}").context.get("seen", "")
    return client.post(CLOSE, {"day": day, "seen": seen, "begin": "yes"})


def test_a_day_is_closed_in_the_name_of_who_pressed(
    client: Client, finance: User, busy_day: list[Payment]
) -> None:
    response = post(client, APRIL_1)
    close = DailyClose.objects.get()
    assert response["Location"] == close_of(close)
    assert (close.day, close.actor, close.run, close.net) == (APRIL_1, finance, None, 190_000)
    assert "2026-04-01 is closed." in messages_on(response)


def test_the_close_stands_on_the_newest_comparison_of_the_whole_day(
    client: Client, busy_day: list[Payment]
) -> None:
    over = end_of(APRIL_1)
    ran(APRIL_1, APRIL_1, over - timedelta(seconds=1), RunStatus.DONE)  # the day was not over
    ran(APRIL_2, APRIL_2, NOW, RunStatus.DONE)
    page = client.get(f"{CLOSE}?day={APRIL_1}")
    start = reverse("admin:payments_reconciliationrun_start")
    assert "Not reconciled with the gateway yet" in text_of(page)
    assert f'<a href="{start}">Reconcile</a>' in text_of(page)
    ran(APRIL_1, APRIL_1, over, RunStatus.DONE)
    run = ran(MARCH_31, APRIL_2, NOW, RunStatus.DONE)
    ran(APRIL_1, APRIL_1, NOW, RunStatus.STOPPED)
    there = reverse("admin:payments_reconciliationrun_change", args=[run.pk])
    page = client.get(f"{CLOSE}?day={APRIL_1}")
    assert '<span class="badge good">Reconciled with the gateway</span>' in text_of(page)
    assert f'<a href="{there}">Reconciliation 2026-03-31 – 2026-04-02</a>' in text_of(page)
    post(client, APRIL_1)
    assert DailyClose.objects.get().run == run


def test_a_comparison_with_payments_without_an_answer_is_not_shown_as_good(
    client: Client, with_unknown: ReconciliationRun
) -> None:
    page = text_of(client.get(f"{CLOSE}?day={APRIL_1}"))
    label = "Reconciled with the gateway, 1,200 without an answer"
    assert f'<span class="badge wait">{label}</span>' in page
    assert f'<a href="{page_of_run(with_unknown)}">' in page


def test_what_a_comparison_found_is_told_while_it_is_open(
    client: Client, busy_day: list[Payment]
) -> None:
    run = ran(APRIL_1, APRIL_1, end_of(APRIL_1), RunStatus.DONE)
    run.seen.add(filed(busy_day[0]))
    filed(busy_day[1])
    page = text_of(client.get(f"{CLOSE}?day={APRIL_1}"))
    label = "Reconciled with the gateway, 1 discrepancy still open"
    assert f'<span class="badge wait">{label}</span>' in page
    assert '<a href="/admin/payments/discrepancy/">Open discrepancies, of any day</a>' in page
    Discrepancy.objects.update(is_open=False, closing_reason="agrees", closed_at=NOW)
    page = text_of(client.get(f"{CLOSE}?day={APRIL_1}"))
    assert '<span class="badge good">Reconciled with the gateway</span>' in page


def test_a_day_that_changed_since_the_page_was_drawn_is_not_closed(
    client: Client, customer: User, product: Product
) -> None:
    seen = client.get(f"{CLOSE}?day={APRIL_1}").context["seen"]
    builders.paid(customer, product)
    response = client.post(CLOSE, {"day": APRIL_1, "seen": seen, "begin": "yes"})
    assert messages_on(response) == english(closing.CHANGED)
    assert not DailyClose.objects.exists()


@pytest.mark.parametrize("day", ["", "tomorrow", "2026-13-01"])
def test_without_a_day_nothing_is_closed(client: Client, day: str) -> None:
    assert "Nothing was closed" in messages_on(client.post(CLOSE, {"day": day}))
    assert client.get(f"{CLOSE}?day={day}").status_code == 200
    assert not DailyClose.objects.exists()


def test_what_can_not_be_closed_says_why_and_has_no_button(client: Client, finance: User) -> None:
    close_day(day=MARCH_31, actor=finance)
    for day, why in (
        (date(2026, 4, 3), "not over yet"),
        (APRIL_2, "Close 2026-04-01 first"),
        (MARCH_31, "closed already"),
        (date(2026, 3, 1), "Closing began after this day"),
    ):
        page = text_of(client.get(f"{CLOSE}?day={day}"))
        assert why in page
        assert 'name="seen"' not in page
        assert why in messages_on(client.post(CLOSE, {"day": day}))
    assert DailyClose.objects.count() == 1


def test_when_every_finished_day_is_closed_there_is_nothing_to_press(
    client: Client, finance: User
) -> None:
    close_day(day=APRIL_2, actor=finance)
    page = text_of(client.get(CLOSE))
    assert "Every finished day is closed." in page
    assert 'name="seen"' not in page


# --- The first close -------------------------------------------------------------------------


def test_the_first_close_proposes_the_first_day_with_money_and_its_month(
    client: Client, customer: User, product: Product
) -> None:
    builders.paid(customer, product, at=end_of(MARCH_31) - timedelta(seconds=1))
    builders.paid(customer, product)
    page = text_of(client.get(CLOSE))
    assert '<input type="date" id="day" name="day" value="2026-03-31" max="2026-04-02"' in page
    text = " ".join(words(page).split())
    proposed = "first day with money 2026-03-31 (Tue) , the month whole 2026-03-01"
    assert f"Begin with: {proposed}" in text
    assert "Until somebody has chosen, nothing is closed by the clock." in text


def test_without_money_any_day_may_be_chosen(client: Client) -> None:
    page = text_of(client.get(CLOSE))
    assert '<input type="date" id="day" name="day" value="2026-04-02" max="2026-04-02"' in page


def test_what_a_first_close_locks_out_is_said_in_red_at_the_button(
    client: Client, customer: User, product: Product
) -> None:
    for day in (date(2026, 3, 28), MARCH_31):
        builders.paid(customer, product, at=end_of(day) - timedelta(seconds=1))
    page = text_of(client.get(f"{CLOSE}?day={APRIL_1}"))
    form = page[page.index('name="seen"') :]
    red = form[form.index('class="verdict bad locks-out"') : form.index('type="submit"')]
    text = " ".join(words(red).split())
    assert "No day before 2026-04-01 (Wed) can ever be closed." in text
    assert "locks out 2 days with money (2026-03-28 – 2026-03-31, net ₩198,000)" in text
    assert 'name="begin" value="yes" required' in red
    page = text_of(client.get(f"{CLOSE}?day=2026-03-28"))
    assert "No money moved before it, so nothing is left out." in page


def test_without_the_tick_no_first_day_is_closed(client: Client) -> None:
    response = client.post(CLOSE, {"day": APRIL_1, "seen": ""})
    assert "Tick that closing begins with this day." in messages_on(response)
    assert not DailyClose.objects.exists()


def test_later_closes_lock_nothing_out_and_take_no_tick(client: Client, finance: User) -> None:
    close_day(day=MARCH_31, actor=finance)
    page = text_of(client.get(CLOSE))
    assert "locks-out" not in page
    seen = client.get(CLOSE).context["seen"]
    assert client.post(CLOSE, {"day": APRIL_1, "seen": seen}).status_code == 302
    assert DailyClose.objects.count() == 2


def test_the_empty_list_says_that_a_person_has_to_begin(client: Client) -> None:
    page = text_of(client.get(CLOSES))
    assert "nothing is closed by the clock until somebody has closed the first day" in page
    assert f'<a href="{CLOSE}">Choose where to begin</a>' in page


@pytest.mark.parametrize(
    ("who", "may"),
    [
        ("viewer", False),
        ("operator", False),
        ("approver", False),
        ("finance", True),
        ("admin_person", True),
    ],
)
def test_who_may_close_a_day(
    request: pytest.FixtureRequest, sign_in: SignIn, who: str, may: bool
) -> None:
    client = sign_in(request.getfixturevalue(who))
    assert (f'href="{CLOSE}"' in text_of(client.get(CLOSES))) is may
    assert client.get(CLOSE).status_code == (200 if may else 403)
    response = client.post(CLOSE, {"day": APRIL_2, "begin": "yes"})
    assert response.status_code == (302 if may else 403)
    assert DailyClose.objects.exists() is may

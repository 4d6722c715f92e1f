"""Staff are signed out after an hour of rest and after a day's work; customers stay."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from tests.accounts.factors import sign_in
from tests.accounts.people import is_signed_in

ADMIN, SETTINGS = "/admin/password_change/", "/accounts/settings/"
START = 1_790_000_000
WRITE = 'UPDATE "django_session"'
MINUTE, HOUR = 60, 3600


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(START, tick=False) as traveller:
        yield traveller


@pytest.fixture
def staff(client: Client, operator: User, clock: time_machine.Traveller) -> Client:
    sign_in(client, operator)
    return client


def answers(client: Client, url: str = ADMIN, **headers: str) -> bool:
    return client.get(url, headers=headers).status_code == 200


def test_an_hour_without_doing_anything_ends_it(
    staff: Client, clock: time_machine.Traveller
) -> None:
    clock.shift(60 * MINUTE - 1)
    assert answers(staff)

    clock.shift(60 * MINUTE)
    asked = staff.get(ADMIN, follow=True)

    assert asked.redirect_chain[-1][0] == f"/accounts/login/?next={quote(ADMIN, safe='')}"
    assert "60분 동안" in asked.content.decode()
    assert not is_signed_in(staff)


def test_whoever_works_stays_but_not_for_ever(staff: Client, clock: time_machine.Traveller) -> None:
    for _ in range(23):
        clock.shift(30 * MINUTE)
        assert answers(staff)
    clock.shift(30 * MINUTE)

    asked = staff.get(ADMIN, follow=True)

    assert "12시간" in asked.content.decode()
    assert not is_signed_in(staff)


def test_signing_in_begins_anew(
    staff: Client, operator: User, clock: time_machine.Traveller
) -> None:
    clock.shift(13 * HOUR)
    assert not answers(staff)

    sign_in(staff, operator)

    assert answers(staff)


def test_a_page_that_fetches_by_itself_keeps_nobody_signed_in(
    staff: Client, clock: time_machine.Traveller
) -> None:
    for _ in range(59):
        clock.shift(MINUTE)
        assert answers(staff, **{"HX-Request": "true"})
    clock.shift(MINUTE)

    assert not answers(staff, **{"HX-Request": "true"})
    assert not is_signed_in(staff)


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_page_whose_part_comes_too_late_is_loaded_anew_and_says_why(
    staff: Client, clock: time_machine.Traveller, method: str
) -> None:
    clock.shift(HOUR)
    # It asks on until it is loaded anew: no answer but the page's own tells why.
    for _ in range(2):
        response = getattr(staff, method)(ADMIN, headers={"HX-Request": "true"})
        assert (response.status_code, response.headers["HX-Refresh"]) == (204, "true")
    page = staff.get(ADMIN, follow=True)
    assert [str(message) for message in page.context["messages"]]


def test_every_page_counts_not_the_admins_alone(
    staff: Client, clock: time_machine.Traveller
) -> None:
    for _ in range(3):
        clock.shift(50 * MINUTE)
        assert answers(staff, SETTINGS)
    clock.shift(60 * MINUTE)

    assert not answers(staff, SETTINGS)


def test_customers_stay(client: Client, customer: User, clock: time_machine.Traveller) -> None:
    sign_in(client, customer, remember="on")
    clock.shift(13 * 24 * HOUR)

    assert is_signed_in(client)


def test_a_customer_who_was_made_staff_is_held_to_it(
    client: Client, customer: User, clock: time_machine.Traveller
) -> None:
    sign_in(client, customer, remember="on")
    User.objects.filter(pk=customer.pk).update(is_staff=True)
    clock.shift(13 * HOUR)

    assert not is_signed_in(client)


def test_a_session_of_before_these_rules_begins_with_the_next_page(
    staff: Client, clock: time_machine.Traveller
) -> None:
    session = staff.session
    for name in ("staff_session_began", "staff_session_seen"):
        del session[name]
    session.save()

    assert answers(staff)
    clock.shift(61 * MINUTE)
    assert not answers(staff)


def test_a_clock_that_is_put_back_signs_nobody_out_and_lengthens_nothing(
    staff: Client, clock: time_machine.Traveller
) -> None:
    clock.shift(-24 * HOUR)
    assert answers(staff)

    clock.shift(61 * MINUTE)

    assert not answers(staff)


def test_the_session_is_written_once_a_minute_at_most(
    staff: Client, clock: time_machine.Traveller
) -> None:
    written = []
    for _ in range(6):
        clock.shift(20)
        with CaptureQueriesContext(connection) as captured:
            staff.get(ADMIN)
        writes = [row for row in captured.captured_queries if WRITE in row["sql"]]
        written.append(len(writes))

    assert written == [0, 0, 1, 0, 0, 1]


def test_the_terms_are_settings(
    staff: Client, clock: time_machine.Traveller, settings: Any
) -> None:
    settings.STAFF_SESSION_IDLE_MINUTES, settings.STAFF_SESSION_HOURS = 5, 1
    clock.shift(5 * MINUTE)

    assert not answers(staff)

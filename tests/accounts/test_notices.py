"""The mail about a sign-in from a new device: once for each device, in the person's own words."""

import smtplib
from typing import Any

import pytest
from django.test import Client
from django.utils import translation
from django.utils.translation import gettext

from accounts import notices
from accounts.models import User
from tests.accounts.factors import CODE, SECRET, code_of, has_app, sign_in


def sign_out(client: Client) -> None:
    client.post("/accounts/logout/")


@pytest.fixture
def laptop(client: Client, customer: User) -> Client:
    """Where the customer signed in for the first time, and out again."""
    sign_in(client, customer)
    sign_out(client)
    return client


def test_the_first_device_of_an_account_is_no_news(laptop: Client, mailoutbox: list[Any]) -> None:
    assert mailoutbox == []


def test_a_known_device_is_no_news(laptop: Client, customer: User, mailoutbox: list[Any]) -> None:
    sign_in(laptop, customer)

    assert mailoutbox == []


def test_an_unknown_device_is_told_once(
    laptop: Client, customer: User, mailoutbox: list[Any]
) -> None:
    phone = Client(headers={"user-agent": "Phone/1.0"})
    for _ in range(2):
        sign_in(phone, customer)
        sign_out(phone)

    [mail] = mailoutbox
    assert mail.to == ["customer@example.com"]
    with translation.override("ko"):
        assert mail.subject == f"[Backoffice] {gettext('Signed in from a new device')}"
    for fact in ("customer@example.com", "127.0.0.1", "Phone/1.0", "KST"):
        assert fact in mail.body
    assert "http://testserver/accounts/sessions/" in mail.body


def test_it_is_in_the_persons_language_and_time(
    laptop: Client, customer: User, mailoutbox: list[Any]
) -> None:
    User.objects.filter(pk=customer.pk).update(language="en", time_zone="America/New_York")

    sign_in(Client(), customer)

    assert mailoutbox[0].subject == "[Backoffice] Signed in from a new device"
    assert "KST" not in mailoutbox[0].body


def test_a_device_is_known_for_each_person_of_its_own(
    laptop: Client, customer: User, stranger: User, mailoutbox: list[Any]
) -> None:
    sign_in(Client(), stranger)

    sign_in(laptop, stranger)

    assert [mail.to for mail in mailoutbox] == [["stranger@example.com"]]


def test_one_browser_remembers_several_people(
    laptop: Client, customer: User, stranger: User, mailoutbox: list[Any]
) -> None:
    for person in (stranger, customer, stranger):
        sign_in(laptop, person)
        sign_out(laptop)

    assert mailoutbox == []


@pytest.mark.parametrize("cookie", ["forged", "1", ".", "0" * 32])
def test_a_made_up_cookie_makes_no_device_known(
    laptop: Client, customer: User, mailoutbox: list[Any], cookie: str
) -> None:
    browser = Client()
    browser.cookies[notices.COOKIE] = cookie

    sign_in(browser, customer)

    assert len(mailoutbox) == 1


def test_a_cookie_with_letters_of_other_scripts_breaks_nothing(
    laptop: Client, customer: User
) -> None:
    browser = Client()
    browser.cookies[notices.COOKIE] = "é"

    sign_in(browser, customer)

    assert browser.session["_auth_user_id"] == str(customer.pk)


def test_the_cookie_is_out_of_reach_for_scripts_and_other_sites(
    client: Client, customer: User, settings: Any
) -> None:
    settings.SESSION_COOKIE_SECURE = True
    cookie = sign_in(client, customer).cookies[notices.COOKIE]

    assert (cookie["httponly"], cookie["secure"], cookie["samesite"]) == (True, True, "Lax")
    assert str(customer.pk) != cookie.value


def test_with_a_second_factor_it_is_told_after_that(
    laptop: Client, customer: User, mailoutbox: list[Any]
) -> None:
    has_app(customer)
    phone = Client()
    sign_in(phone, customer)
    assert mailoutbox == []

    phone.post(CODE, {"code": code_of(SECRET)})

    assert len(mailoutbox) == 1


def test_a_mail_server_that_is_down_stops_no_sign_in(
    laptop: Client, customer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(*args: object, **kwargs: object) -> None:
        raise smtplib.SMTPServerDisconnected

    monkeypatch.setattr(notices, "send_mail", down)
    phone = Client()

    sign_in(phone, customer)

    assert phone.session["_auth_user_id"] == str(customer.pk)

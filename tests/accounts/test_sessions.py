"""One's own sessions: seen, and ended one by one or all at once; never somebody else's."""

import pytest
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone, translation
from django.utils.translation import gettext

from accounts.devices import device_name
from accounts.models import User
from tests.accounts.factors import sign_in

PAGE = "/accounts/sessions/"


@pytest.fixture
def laptop(client: Client, customer: User) -> Client:
    sign_in(client, customer)
    return client


@pytest.fixture
def phone(customer: User) -> Client:
    browser = Client(headers={"user-agent": "Phone/1.0"})
    sign_in(browser, customer)
    return browser


def is_signed_in(client: Client) -> bool:
    return client.get("/accounts/settings/").status_code == 200


def end(client: Client, session: UserSession) -> int:
    return client.post(f"{PAGE}{session.pk}/end/").status_code


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        (
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
                "Chrome/130.0.0.0 Safari/537.36 Edg/130.0.0.0"
            ),
            "Edge, Windows",
        ),
        (
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 "
                "(KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1"
            ),
            "Safari, iPhone",
        ),
        (
            (
                "Mozilla/5.0 (Linux; Android 14; SM-S928N) AppleWebKit/537.36 (KHTML, like Gecko) "
                "SamsungBrowser/26.0 Chrome/122.0.0.0 Mobile Safari/537.36"
            ),
            "Samsung Internet, Android",
        ),
        ("curl/8.5.0", "curl/8.5.0"),
        ("<script>" + "x" * 100, "<script>" + "x" * 52),
        ("", ""),
    ],
)
def test_a_browser_is_called_by_its_name(user_agent: str, name: str) -> None:
    with translation.override("ko"):
        expected = gettext("Unknown browser") if not user_agent else name
        assert device_name(user_agent) == expected


def test_the_page_lists_where_one_is_signed_in(laptop: Client, phone: Client) -> None:
    page = laptop.get(PAGE).content.decode()

    assert "Phone/1.0" in page
    assert page.count("127.0.0.1") == 2
    assert page.count('class="badge good"') == 1


def test_one_session_is_ended(laptop: Client, phone: Client) -> None:
    end(laptop, UserSession.objects.get(user_agent="Phone/1.0"))

    assert not is_signed_in(phone)
    assert is_signed_in(laptop)


def test_all_others_are_ended_at_once(laptop: Client, phone: Client) -> None:
    laptop.post(PAGE)

    assert not is_signed_in(phone)
    assert is_signed_in(laptop)


def test_ending_ones_own_is_signing_out(laptop: Client) -> None:
    end(laptop, UserSession.objects.get())

    assert not is_signed_in(laptop)


def test_nobody_ends_somebody_elses(laptop: Client, stranger: User) -> None:
    browser = Client()
    sign_in(browser, stranger)

    end(browser, UserSession.objects.exclude(user=stranger).get())

    assert is_signed_in(laptop)


def test_it_takes_a_post_and_a_token(laptop: Client, phone: Client, customer: User) -> None:
    theirs = UserSession.objects.get(user_agent="Phone/1.0")
    # Where sign-in leads when the session was over at the press: to the list.
    assert laptop.get(f"{PAGE}{theirs.pk}/end/")["Location"] == PAGE
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(customer)
    assert end(strict, theirs) == 403

    assert is_signed_in(phone)


@pytest.mark.parametrize("url", [PAGE, f"{PAGE}1/end/"])
def test_anonymous_people_have_none(client: Client, db: None, url: str) -> None:
    assert client.post(url)["Location"].startswith("/accounts/login/")


def test_a_session_whose_time_is_over_is_nobodys(laptop: Client) -> None:
    assert is_signed_in(laptop)
    Session.objects.update(expire_date=timezone.now())
    assert not is_signed_in(laptop)


@pytest.mark.parametrize("key", ["x" * 32, "None", "' OR 1=1 --", "%s", "é"])
def test_a_key_that_nobody_was_given_is_nobodys(laptop: Client, key: str) -> None:
    laptop.cookies[settings.SESSION_COOKIE_NAME] = key
    assert not is_signed_in(laptop)

"""Signing up with an e-mail address."""

import re
from typing import Any

import pytest
from django.core.cache import cache
from django.core.mail import EmailMessage
from django.test import Client

from accounts.models import User
from tests.accounts.people import CONFIRM, code_in, enter_code, rows_of

FORM = {"email": "new@example.com", "password1": "hae-bit-3948", "password2": "hae-bit-3948"}


SIGN_UP = "/accounts/signup/"


@pytest.fixture
def newcomer(client: Client, db: None) -> User:
    """Has filled in the form, and not yet read the mail."""
    client.post(SIGN_UP, FORM)
    return User.objects.get()


def signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def test_nobody_is_signed_in_before_the_code_from_the_mail_is_entered(
    client: Client, db: None, mailoutbox: list[EmailMessage]
) -> None:
    response = client.post(f"{SIGN_UP}?next=/products/premium/", FORM)

    assert response["Location"] == CONFIRM
    assert not signed_in(client)
    assert client.get("/payments/")["Location"].startswith("/accounts/login/")
    assert mailoutbox[0].to == ["new@example.com"]

    assert enter_code(client, mailoutbox[0])["Location"] == "/products/premium/"
    assert client.session["_auth_user_id"] == str(User.objects.get().pk)
    assert rows_of(User.objects.get()) == [("new@example.com", True, True)]


def test_a_new_person_arrives_at_the_products(
    client: Client, newcomer: User, mailoutbox: list[EmailMessage]
) -> None:
    assert enter_code(client, mailoutbox[0])["Location"] == "/"


def test_a_wrong_code_opens_nothing_and_the_third_ends_the_try(
    client: Client, newcomer: User, mailoutbox: list[EmailMessage]
) -> None:
    for _ in range(3):
        client.post(CONFIRM, {"code": "AAAA-AAAA"})
    enter_code(client, mailoutbox[0])

    assert not signed_in(client)
    assert rows_of(newcomer) == [("new@example.com", False, True)]


def test_a_code_helps_in_the_browser_that_asked_for_it_alone(
    newcomer: User, mailoutbox: list[EmailMessage]
) -> None:
    other = Client()

    enter_code(other, mailoutbox[0])

    assert not signed_in(other)
    assert rows_of(newcomer) == [("new@example.com", False, True)]


def test_another_code_can_be_asked_for(
    client: Client, newcomer: User, mailoutbox: list[EmailMessage]
) -> None:
    cache.clear()
    client.post(CONFIRM, {"action": "resend"})

    enter_code(client, mailoutbox[0])
    assert not signed_in(client)
    enter_code(client, mailoutbox[1])
    assert signed_in(client)


def test_whoever_went_away_gets_a_code_at_the_next_sign_in(
    newcomer: User, mailoutbox: list[EmailMessage]
) -> None:
    cache.clear()
    browser = Client()
    sign_in = {"login": FORM["email"], "password": FORM["password1"]}

    assert browser.post("/accounts/login/", sign_in)["Location"] == CONFIRM
    assert not signed_in(browser)
    enter_code(browser, mailoutbox[-1])
    assert signed_in(browser)


@pytest.mark.parametrize("spelling", ["customer@example.com", "CUSTOMER@example.com"])
def test_an_address_that_has_an_account_gets_the_same_page_and_a_mail(
    client: Client, customer: User, mailoutbox: list[EmailMessage], spelling: str
) -> None:
    """In any spelling: nobody learns from the form who is a customer here."""
    known = client.post(SIGN_UP, FORM | {"email": spelling})
    unknown = (other := Client()).post(SIGN_UP, FORM)

    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])
    pages = [
        re.sub(r"csrf\w+. value=.\w+|(customer|new)@example.com", "", page.content.decode())
        for page in (client.get(CONFIRM), other.get(CONFIRM))
    ]
    assert pages[0] == pages[1]
    assert mailoutbox[0].to == ["customer@example.com"]
    assert code_in(mailoutbox[0]) == ""
    assert "/accounts/password/reset/" in mailoutbox[0].body
    client.post(CONFIRM, {"code": code_in(mailoutbox[1])})
    assert not signed_in(client)
    assert User.objects.filter(email__startswith="customer").count() == 1


def test_so_does_an_address_that_is_still_unconfirmed(
    newcomer: User, mailoutbox: list[EmailMessage]
) -> None:
    cache.clear()

    assert Client().post(SIGN_UP, FORM)["Location"] == CONFIRM
    assert code_in(mailoutbox[1]) == ""
    assert User.objects.count() == 1


class TestWithoutMail:
    """The demo: tried where nobody reads mails."""

    @pytest.fixture(autouse=True)
    def demo(self, settings: Any) -> None:
        settings.ACCOUNT_EMAIL_VERIFICATION = "optional"
        settings.ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = False
        settings.ROOT_URLCONF = "tests.accounts.demo_urls"

    def test_a_new_person_is_signed_in_at_once_and_marked(
        self, client: Client, newcomer: User, mailoutbox: list[EmailMessage]
    ) -> None:
        assert signed_in(client)
        assert not newcomer.has_confirmed_email
        assert "/accounts/confirm-email/" in mailoutbox[0].body

    def test_the_link_in_the_mail_confirms_the_address(
        self, client: Client, newcomer: User, mailoutbox: list[EmailMessage]
    ) -> None:
        link = re.search(r"http://testserver(/accounts/confirm-email/\S+)", str(mailoutbox[0].body))
        assert link is not None

        client.post(link[1])

        assert newcomer.has_confirmed_email


def test_nobody_becomes_staff_by_posting_it(client: Client, db: None) -> None:
    rights = {"is_staff": "on", "is_superuser": "on", "groups": "4", "user_permissions": "1"}

    client.post(SIGN_UP, FORM | rights)

    person = User.objects.get()
    assert not person.is_staff
    assert not person.is_superuser
    assert not person.groups.exists()
    assert not person.user_permissions.exists()


def test_a_weak_password_is_refused(client: Client, db: None) -> None:
    weak = {"password1": "12345678", "password2": "12345678"}

    assert client.post(SIGN_UP, FORM | weak).context["form"].errors["password1"]
    assert not User.objects.exists()


def test_a_newcomer_starts_with_korean_time_and_language(newcomer: User) -> None:
    assert newcomer.time_zone == "Asia/Seoul"
    assert newcomer.language == "ko"


def test_the_language_that_was_chosen_before_is_kept(client: Client, db: None) -> None:
    client.post("/accounts/language/", {"language": "en"})
    client.post(SIGN_UP, FORM)

    assert User.objects.get().language == "en"


def test_signed_in_people_are_led_away_from_the_form(client: Client, customer: User) -> None:
    client.force_login(customer)

    assert client.get("/accounts/signup/")["Location"] == "/"

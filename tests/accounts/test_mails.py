"""While the mail server is away nothing breaks, and whoever waits for a mail is told."""

from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client

from accounts.models import User
from tests.accounts.factors import set_up_app, sign_in
from tests.accounts.people import CONFIRM
from tests.conftest import PASSWORD

SAID = {
    "en": "The mail could not be sent just now.",
    "ko": "메일을 보내지 못했습니다.",
}
SIGN_UP = {"email": "new@example.com", "password1": "hae-bit-3948", "password2": "hae-bit-3948"}


@pytest.fixture(autouse=True)
def no_mail_server(settings: Any) -> None:
    """Nobody listens on port 9."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9


def told(client: Client, page: str, language: str = "ko") -> bool:
    client.cookies["django_language"] = language
    return SAID[language] in client.get(page).content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["ko", "en"])
def test_a_sign_up_waits_for_its_code_and_says_that_none_was_sent(
    client: Client, language: str
) -> None:
    client.cookies["django_language"] = language
    assert client.post("/accounts/signup/", SIGN_UP)["Location"] == CONFIRM
    assert told(client, CONFIRM, language)
    assert User.objects.filter(email="new@example.com").exists()


@pytest.mark.django_db
def test_an_address_with_an_account_gets_the_same_page(client: Client, customer: User) -> None:
    client.post("/accounts/signup/", {**SIGN_UP, "email": customer.email})
    assert told(client, CONFIRM)


@pytest.mark.parametrize("email", ["customer@example.com", "nobody@example.com"])
def test_a_lost_password_says_so_whether_there_is_an_account_or_not(
    client: Client, customer: User, email: str
) -> None:
    response = client.post("/accounts/password/reset/", {"email": email})
    assert response.status_code == 302
    assert told(client, response["Location"])


def test_what_nobody_waits_for_is_left_out(client: Client, customer: User) -> None:
    client.force_login(customer)
    response = client.post(
        "/accounts/password/change/",
        {"oldpassword": PASSWORD, "password1": "hae-bit-3948", "password2": "hae-bit-3948"},
    )
    assert response.status_code == 302
    assert not told(client, response["Location"])
    customer.refresh_from_db()
    assert customer.check_password("hae-bit-3948")


def test_an_authenticator_app_is_set_up_all_the_same(
    transactional_db: None, client: Client, customer: User
) -> None:
    sign_in(client, customer)
    assert set_up_app(client).status_code == 302
    assert Authenticator.objects.filter(user=customer, type="totp").exists()

"""What a person does with an authenticator app, for tests that need somebody who has one."""

import re
import time

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from django.core.cache import cache
from django.test import Client

from accounts.models import User
from tests.conftest import PASSWORD
from tests.responses import ClientResponse

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
SIGN_IN, CODE = "/accounts/login/", "/accounts/2fa/authenticate/"
ACTIVATE = "/accounts/2fa/totp/activate/"


def current_code(secret: str) -> str:
    """What the app shows now."""
    code: str = format_hotp_value(hotp_value(secret, int(time.time()) // 30))
    return code


def code_of(secret: str) -> str:
    """The same, usable at once: each code works once, and few guesses are allowed."""
    cache.clear()
    return current_code(secret)


def has_app(person: User) -> Authenticator:
    """Set the authenticator app up behind the scenes."""
    return TOTP.activate(person, SECRET).instance


def sign_in(client: Client, person: User, **more: str) -> ClientResponse:
    """With the password."""
    return client.post(SIGN_IN, {"login": person.email, "password": PASSWORD, **more})


def sign_in_with_code(client: Client, person: User) -> ClientResponse:
    """With the password, then with the app's code."""
    sign_in(client, person)
    return client.post(CODE, {"code": code_of(SECRET)})


def reauthenticate(client: Client, url: str) -> ClientResponse:
    """Open an address that asks for the password once more, and give it."""
    response = client.get(url)
    assert response["Location"].startswith("/accounts/reauthenticate/"), response["Location"]
    return client.post(response["Location"], {"password": PASSWORD})


def set_up_app(client: Client) -> ClientResponse:
    """As a person does it: password, secret, code. allauth's part after the commit needs one, so
    the test asks for `transactional_db`.
    """
    reauthenticate(client, ACTIVATE)
    page = client.get(ACTIVATE).content.decode()
    secret = re.search(r'value="([A-Z2-7]{32})"', page)
    assert secret, page
    return client.post(ACTIVATE, {"code": code_of(secret[1])})

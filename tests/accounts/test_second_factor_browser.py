"""The second factor in a real browser, with a made-up security key, under the strict policy."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from playwright.sync_api import Page, expect

from accounts.models import User
from tests.accounts.factors import SECRET, code_of, current_code, has_app
from tests.browser import Watch, arrive
from tests.conftest import PASSWORD

pytestmark = pytest.mark.browser


@pytest.fixture(scope="session")
def base_url(live_server: Any) -> str:
    """Addresses in the tests are the product's; a passkey needs a name, not an IP address."""
    return str(live_server.url)


@pytest.fixture
def page(page: Page, watch: Watch) -> Page:
    """A tab whose console has to stay silent."""
    return watch.over(page)


@pytest.fixture
def person(transactional_db: None, operator: User, settings: Any) -> User:
    """A member of staff who reads English, where a second factor is required."""
    settings.STAFF_MFA_REQUIRED = True
    User.objects.filter(pk=operator.pk).update(language="en")
    return operator


@pytest.fixture
def key(page: Page) -> Iterator[None]:
    """A security key with a fingerprint reader that always agrees."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    yield
    devtools.send("WebAuthn.disable")
    devtools.detach()


def sign_in(page: Page, person: User) -> None:
    page.goto("/accounts/login/?next=/admin/")
    page.locator('input[name="login"]').fill(person.email)
    page.locator('input[name="password"]').fill(PASSWORD)
    page.locator('form[action="/accounts/login/"] button[type="submit"]').click()


def confirm_password(page: Page) -> None:
    page.locator('input[type="password"]').fill(PASSWORD)
    page.locator("main button[type=submit]").first.click()


def test_staff_are_led_from_the_password_to_the_app_to_the_admin(page: Page, person: User) -> None:
    sign_in(page, person)
    page.get_by_role("link", name="Set up an authenticator app").click()
    confirm_password(page)
    page.get_by_text("I can't scan it").click()
    secret = page.locator("#authenticator_secret").input_value()
    page.locator('input[name="code"]').fill(current_code(secret))
    page.get_by_role("button", name="Turn it on").click()
    expect(page.locator(".recovery-codes li")).to_have_count(10)
    page.get_by_role("link", name="On to the admin").click()
    arrive(page, "/admin/")


def test_a_passkey_is_added_and_then_signs_in_alone(page: Page, person: User, key: None) -> None:
    sign_in(page, person)
    page.get_by_role("link", name="Add a passkey").click()
    confirm_password(page)
    page.get_by_label("Sign in with it alone").check()
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.locator(".recovery-codes li")).to_have_count(10)
    page.goto("/accounts/2fa/webauthn/")
    expect(page.get_by_role("cell", name="Without password")).to_be_visible()
    page.goto("/admin/")
    assert page.url.endswith("/admin/")

    page.context.clear_cookies()
    page.goto("/accounts/login/")
    page.locator("#passkey_login").click()
    arrive(page, "/admin/")


def test_a_passkey_is_the_second_step_after_the_password(
    page: Page, person: User, key: None
) -> None:
    sign_in(page, person)
    page.get_by_role("link", name="Add a passkey").click()
    confirm_password(page)
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.locator(".recovery-codes li")).to_have_count(10)

    page.context.clear_cookies()
    sign_in(page, person)
    page.locator("#mfa_webauthn_authenticate").click()
    arrive(page, "/admin/")


def test_a_passkey_that_is_not_given_is_told_in_words(page: Page, person: User) -> None:
    sign_in(page, person)
    page.get_by_role("link", name="Add a passkey").click()
    confirm_password(page)
    # No key is plugged in, and nobody is there to cancel: the browser itself refuses.
    page.evaluate(
        "() => { navigator.credentials.create = () => Promise.reject(new Error('cancelled')) }"
    )
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_role("alert")).to_contain_text("The passkey was not used")


def test_every_page_about_the_account_keeps_the_console_silent(page: Page, person: User) -> None:
    has_app(person)
    sign_in(page, person)
    page.locator('input[name="code"]').fill(code_of(SECRET))
    page.locator("main button[type=submit]").first.click()
    arrive(page, "/admin/")
    page.goto("/accounts/reauthenticate/")
    confirm_password(page)
    cache.clear()
    for path in (
        "2fa/",
        "2fa/totp/deactivate/",
        "2fa/recovery-codes/generate/",
        "2fa/webauthn/",
        "2fa/webauthn/add/",
        "2fa/reauthenticate/",
        "reauthenticate/",
        "sessions/",
        "settings/",
        "email/",
        "password/change/",
    ):
        page.goto(f"/accounts/{path}")
        assert page.locator("h1").is_visible(), path

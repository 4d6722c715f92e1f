"""The second factor: offered to all, required of staff, and never to be gone around."""

import re
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa import urls
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.urls import URLPattern, URLResolver

from accounts import second_factor
from accounts.models import User
from tests.accounts.factors import (
    ACTIVATE,
    CODE,
    SECRET,
    code_of,
    current_code,
    has_app,
    reauthenticate,
    set_up_app,
    sign_in,
    sign_in_with_code,
)
from tests.responses import ClientResponse

GATE = "/accounts/second-factor/"
INDEX = "/accounts/2fa/"
CODES = "/accounts/2fa/recovery-codes/"


@pytest.fixture
def required(settings: Any) -> None:
    """As in production."""
    settings.STAFF_MFA_REQUIRED = True


def is_in(client: Client) -> bool:
    """Whether the admin answers this browser."""
    return client.get("/admin/").status_code == 200


# --- Offered to all --------------------------------------------------------------------------


def test_anybody_can_set_up_an_authenticator_app_and_gets_recovery_codes(
    transactional_db: None, client: Client, customer: User
) -> None:
    sign_in(client, customer)

    assert set_up_app(client)["Location"] == CODES
    page = client.get(CODES).content.decode()

    assert len(re.findall(r"\b\d{8}\b", page)) == 10
    types = set(Authenticator.objects.values_list("type", flat=True))
    assert types == {"totp", "recovery_codes"}


def test_from_then_on_the_password_alone_signs_nobody_in(client: Client, customer: User) -> None:
    has_app(customer)

    assert sign_in(client, customer)["Location"] == CODE
    assert "_auth_user_id" not in client.session
    client.post(CODE, {"code": "000000"})
    assert "_auth_user_id" not in client.session
    client.post(CODE, {"code": code_of(SECRET)})
    assert client.session["_auth_user_id"] == str(customer.pk)


def test_a_recovery_code_helps_once(transactional_db: None, client: Client, customer: User) -> None:
    sign_in(client, customer)
    set_up_app(client)
    code = re.search(r"\b\d{8}\b", client.get(CODES).content.decode())
    assert code

    for browser, works in ((Client(), True), (Client(), False)):
        sign_in(browser, customer)
        browser.post(CODE, {"code": code[0]})
        assert ("_auth_user_id" in browser.session) is works


def test_a_code_works_once(client: Client, customer: User) -> None:
    has_app(customer)
    code = code_of(SECRET)
    for browser, works in ((Client(), True), (Client(), False)):
        sign_in(browser, customer)
        browser.post(CODE, {"code": code})
        assert ("_auth_user_id" in browser.session) is works


def test_guessing_codes_is_stopped(client: Client, customer: User) -> None:
    has_app(customer)
    sign_in(client, customer)
    for _ in range(5):
        client.post(CODE, {"code": "000000"})
    client.post(CODE, {"code": current_code(SECRET)})

    assert "_auth_user_id" not in client.session


def test_a_change_of_the_second_factor_is_told_by_mail(
    transactional_db: None, client: Client, customer: User, mailoutbox: list[Any]
) -> None:
    sign_in(client, customer)
    set_up_app(client)

    assert [mail.to for mail in mailoutbox] == [[customer.email]]
    assert "인증 앱" in mailoutbox[0].subject


def test_secrets_are_encrypted_and_readable_after_a_change_of_the_key(
    customer: User, settings: Any
) -> None:
    authenticator = has_app(customer)
    with connection.cursor() as cursor:
        cursor.execute("SELECT data FROM mfa_authenticator")
        assert SECRET not in str(cursor.fetchall())

    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another-key-" + "0" * 50
    assert authenticator.wrap().validate_code(code_of(SECRET))


# --- Required of staff -----------------------------------------------------------------------


@pytest.mark.usefixtures("required")
class TestStaff:
    @pytest.mark.parametrize(
        "url",
        ["/admin/", "/admin/payments/payment/?status=paid&status=failed", "/admin/jsi18n/"],
    )
    def test_without_a_factor_are_led_to_set_one_up(
        self, client: Client, operator: User, url: str
    ) -> None:
        sign_in(client, operator)

        response = client.get(url, follow=True)

        [(there, _status)] = response.redirect_chain
        assert there.startswith(GATE)
        assert response.status_code == 200
        assert f'href="{ACTIVATE}"' in response.content.decode()

    def test_who_set_one_up_just_now_is_in(
        self, transactional_db: None, client: Client, operator: User
    ) -> None:
        sign_in(client, operator)
        assert not is_in(client)

        set_up_app(client)

        assert is_in(client)

    def test_who_signs_in_with_it_is_in(self, client: Client, operator: User) -> None:
        has_app(operator)

        assert sign_in_with_code(client, operator)["Location"] == "/admin/"
        assert is_in(client)

    def test_a_session_that_never_used_it_is_asked_and_goes_on_to_where_it_wanted(
        self, client: Client, operator: User
    ) -> None:
        sign_in(client, operator)
        has_app(operator)  # set up on another device
        wanted = "/admin/payments/payment/?status=paid"

        response = client.get(wanted, follow=True)
        asked = response.redirect_chain[-1][0]
        assert asked.startswith("/accounts/2fa/reauthenticate/")
        arrived = client.post(asked, {"code": code_of(SECRET)})

        assert arrived["Location"] == wanted
        assert client.get(wanted).status_code == 200

    def test_the_password_once_more_is_no_second_factor(
        self, client: Client, operator: User
    ) -> None:
        sign_in(client, operator)
        has_app(operator)

        client.post("/accounts/reauthenticate/", {"password": "correct horse battery staple"})

        assert not is_in(client)

    def test_recovery_codes_alone_are_no_second_factor(
        self, client: Client, operator: User
    ) -> None:
        has_app(operator)
        sign_in_with_code(client, operator)
        Authenticator.objects.filter(type="totp").delete()

        assert not is_in(client)

    def test_a_post_without_it_does_nothing(self, client: Client, admin_person: User) -> None:
        sign_in(client, admin_person)

        response = client.post("/admin/payments/product/add/", {"name": "x"})

        assert response["Location"] == f"{GATE}?next=%2Fadmin%2Fpayments%2Fproduct%2Fadd%2F"

    def test_signing_out_stays_possible(self, client: Client, operator: User) -> None:
        sign_in(client, operator)

        assert client.post("/admin/logout/").status_code in {200, 302}
        assert "_auth_user_id" not in client.session

    def test_the_shop_and_the_account_stay_open(self, client: Client, operator: User) -> None:
        sign_in(client, operator)

        for url in ("/", "/payments/", "/accounts/settings/", INDEX):
            assert client.get(url).status_code == 200

    def test_an_unconfirmed_address_comes_first(self, client: Client, operator: User) -> None:
        EmailAddress.objects.filter(user=operator).update(verified=False)
        sign_in(client, operator)

        page = client.get("/admin/", follow=True).content.decode()

        assert 'href="/accounts/email/"' in page
        assert ACTIVATE not in page

    def test_customers_are_sent_away_as_before(self, client: Client, customer: User) -> None:
        sign_in(client, customer)

        assert client.get("/admin/", follow=True).status_code == 403

    def test_anonymous_people_sign_in_first(self, client: Client, db: None) -> None:
        response = client.get("/admin/", follow=True)

        assert response.resolver_match.view_name == "account_login"


def test_where_it_is_not_required_staff_need_none(client: Client, operator: User) -> None:
    sign_in(client, operator)

    assert is_in(client)


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example/", "javascript:x"])
def test_the_gate_leads_to_no_other_site(client: Client, operator: User, target: str) -> None:
    has_app(operator)
    sign_in_with_code(client, operator)

    assert client.get(GATE, {"next": target})["Location"] == INDEX


# --- Not to be gone around -------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "/accounts/2fa/webauthn/add/",
        "/accounts/2fa/totp/deactivate/",
        CODES,
        "/accounts/2fa/recovery-codes/generate/",
        "/accounts/2fa/recovery-codes/download/",
    ],
)
def test_the_password_alone_changes_nothing_about_a_factor(
    client: Client, customer: User, url: str
) -> None:
    """A session from before the factor was set up is where a thief of the password would be."""
    sign_in(client, customer)
    has_app(customer)
    client.post("/accounts/reauthenticate/", {"password": "correct horse battery staple"})

    for response in (client.get(url), client.post(url)):
        assert response["Location"].startswith(GATE)
    assert Authenticator.objects.filter(type="totp").exists()


def test_every_page_that_manages_factors_is_guarded() -> None:
    def names(patterns: list[Any]) -> set[str]:
        route_names: set[str] = set()
        for pattern in patterns:
            if isinstance(pattern, URLResolver):
                route_names |= names(pattern.url_patterns)
            elif isinstance(pattern, URLPattern) and pattern.name:
                route_names.add(pattern.name)
        return route_names

    open_ = {
        "mfa_index",
        "mfa_list_webauthn",
        "mfa_authenticate",
        "mfa_login_webauthn",
        "mfa_reauthenticate",
        "mfa_reauthenticate_webauthn",
    }
    assert names(urls.urlpatterns) - open_ == second_factor.MANAGING


def test_whoever_has_none_needs_only_the_password_to_set_one_up(
    client: Client, customer: User
) -> None:
    sign_in(client, customer)

    assert reauthenticate(client, ACTIVATE)["Location"] == ACTIVATE


# --- A lost phone ----------------------------------------------------------------------------


@pytest.fixture
def as_admin(admin_person: User) -> Client:
    client = Client()
    client.force_login(admin_person)
    return client


def reset(client: Client, *people: User) -> ClientResponse:
    data = {"action": "reset_second_factor", "_selected_action": [person.pk for person in people]}
    return client.post("/admin/accounts/user/", data, follow=True)


def test_an_admin_resets_a_lost_factor_and_the_person_is_signed_out_and_told(
    as_admin: Client, client: Client, operator: User, mailoutbox: list[Any]
) -> None:
    has_app(operator)
    sign_in_with_code(client, operator)

    reset(as_admin, operator)

    assert not Authenticator.objects.filter(user=operator).exists()
    assert client.get("/accounts/settings/").status_code == 302
    assert [mail.to for mail in mailoutbox] == [[operator.email]]


def test_an_admin_resets_nobody_who_can_do_more(
    as_admin: Client, root: User, operator: User
) -> None:
    has_app(root)
    has_app(operator)

    reset(as_admin, root, operator)

    assert list(Authenticator.objects.values_list("user", flat=True)) == [root.pk]


def test_who_may_only_look_at_people_resets_nobody(client: Client, viewer: User) -> None:
    viewer.user_permissions.set(Permission.objects.filter(codename="view_user"))
    has_app(viewer)
    client.force_login(viewer)

    reset(client, viewer)

    assert Authenticator.objects.exists()

"""Signing in with Naver or Kakao: the whole way to the vendor and back."""

import os
import subprocess
import sys

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount, SocialApp
from django.core.cache import cache
from django.core.mail import EmailMessage
from django.test import Client
from django.utils import timezone

from accounts.models import User
from tests.accounts.people import CONFIRM, enter_code
from tests.accounts.vendor import Vendor
from tests.conftest import PASSWORD


def signed_in_as(client: Client) -> User | None:
    pk = client.session.get("_auth_user_id")
    return User.objects.get(pk=pk) if pk else None


def test_a_new_person_gets_an_account_without_rights(
    vendor: Vendor, client: Client, mailoutbox: list[EmailMessage]
) -> None:
    vendor.person(uid="4711", email="jiwoo@example.net")

    assert vendor.sign_in(client)["Location"] == CONFIRM
    assert signed_in_as(client) is None

    assert enter_code(client, mailoutbox[0])["Location"] == "/"
    person = signed_in_as(client)
    assert person is not None
    assert person.email == "jiwoo@example.net"
    assert not person.is_staff
    assert not person.is_superuser
    assert not person.groups.exists()
    assert SocialAccount.objects.get().user == person


def test_the_second_time_opens_the_same_account(
    vendor: Vendor, client: Client, mailoutbox: list[EmailMessage]
) -> None:
    vendor.person(uid="4711", email="jiwoo@example.net")
    vendor.sign_in(client)
    enter_code(client, mailoutbox[0])
    vendor.sign_in(again := Client())

    assert signed_in_as(client) is not None
    assert signed_in_as(again) == signed_in_as(client)
    assert User.objects.count() == 1


def test_the_way_leads_back_to_where_the_person_was(
    vendor: Vendor, client: Client, mailoutbox: list[EmailMessage]
) -> None:
    vendor.person(uid="4711", email="jiwoo@example.net")

    vendor.sign_in(client, next_url="/payments/")

    assert enter_code(client, mailoutbox[0])["Location"] == "/payments/"


def test_who_was_here_before_codes_were_asked_for_is_let_in(vendor: Vendor, client: Client) -> None:
    vendor.person(uid="4711", email="jiwoo@example.net")
    vendor.sign_in(Client())
    User.objects.update(last_login=timezone.now())

    assert vendor.sign_in(client)["Location"] == "/"
    assert signed_in_as(client) is not None


def test_whoever_took_an_address_before_its_owner_is_out_once_the_owner_confirms_it(
    vendor: Vendor, client: Client, mailoutbox: list[EmailMessage]
) -> None:
    """Somebody puts the owner's address into their profile at a vendor, signs up and waits."""
    vendor.person(uid="4711", email="jiwoo@example.net")
    vendor.sign_in(Client())
    person = User.objects.get()
    person.set_password(PASSWORD)
    person.save()
    cache.clear()
    client.post("/accounts/login/", {"login": person.email, "password": PASSWORD})

    enter_code(client, mailoutbox[-1])

    assert signed_in_as(client) == person
    assert not SocialAccount.objects.exists()


def test_no_email_address_is_needed(vendor: Vendor, client: Client) -> None:
    vendor.person(uid="4711", email="")

    assert vendor.sign_in(client)["Location"] == "/"
    person = signed_in_as(client)
    assert person is not None
    assert person.email == ""


def test_two_people_without_an_address_are_two_accounts(kakao: Vendor, client: Client) -> None:
    kakao.person(uid="1", email="", nickname="지우")
    kakao.sign_in(client)
    kakao.person(uid="2", email="", nickname="지우")
    kakao.sign_in(Client())

    assert User.objects.count() == 2


def test_a_vendors_address_is_not_taken_as_verified(
    vendor: Vendor, client: Client, mailoutbox: list[EmailMessage]
) -> None:
    vendor.person(uid="4711", email="jiwoo@example.net")

    vendor.sign_in(client)

    assert not EmailAddress.objects.get(email="jiwoo@example.net").verified
    assert mailoutbox[0].to == ["jiwoo@example.net"]


@pytest.mark.parametrize("spelling", ["customer@example.com", "Customer@Example.com"])
def test_a_customers_address_opens_nothing(
    vendor: Vendor, client: Client, customer: User, spelling: str
) -> None:
    vendor.person(uid="4711", email=spelling)

    response = vendor.sign_in(client)

    assert response.status_code == 409
    assert "socialaccount/email_taken.html" in [used.name for used in response.templates]
    assert signed_in_as(client) is None
    assert not SocialAccount.objects.exists()
    assert User.objects.count() == 1


@pytest.mark.parametrize("who", ["operator", "root"])
def test_a_staff_address_opens_nothing(
    vendor: Vendor, client: Client, request: pytest.FixtureRequest, who: str
) -> None:
    staff: User = request.getfixturevalue(who)
    vendor.person(uid="4711", email=staff.email)

    assert vendor.sign_in(client).status_code == 409
    assert signed_in_as(client) is None
    assert not SocialAccount.objects.exists()
    assert client.get("/admin/").status_code == 302


def test_a_second_address_of_somebody_opens_nothing(
    vendor: Vendor, client: Client, customer: User
) -> None:
    EmailAddress.objects.create(user=customer, email="other@example.com", verified=True)
    vendor.person(uid="4711", email="other@example.com")

    assert vendor.sign_in(client).status_code == 409
    assert signed_in_as(client) is None


def test_signed_in_a_person_connects_and_then_signs_in_with_it(
    vendor: Vendor, client: Client, customer: User
) -> None:
    vendor.person(uid="4711", email=customer.email)
    client.force_login(customer)

    assert vendor.sign_in(client, process="connect")["Location"] == "/accounts/3rdparty/"
    vendor.sign_in(later := Client())

    assert signed_in_as(later) == customer


def test_connecting_without_signing_in_first_changes_nothing(
    vendor: Vendor, client: Client, customer: User
) -> None:
    vendor.person(uid="4711", email=customer.email)

    response = vendor.sign_in(client, process="connect")

    assert response.status_code == 302
    assert not SocialAccount.objects.exists()
    assert signed_in_as(client) is None


def test_an_account_connected_to_somebody_cannot_be_taken_over(
    vendor: Vendor, client: Client, customer: User, stranger: User
) -> None:
    client.force_login(customer)
    vendor.sign_in(client, process="connect")
    client.force_login(stranger)
    vendor.sign_in(client, process="connect")

    assert SocialAccount.objects.get().user == customer


def test_a_connected_account_can_be_disconnected(
    vendor: Vendor, client: Client, customer: User
) -> None:
    client.force_login(customer)
    vendor.sign_in(client, process="connect")
    account = SocialAccount.objects.get()

    page = client.get("/accounts/3rdparty/").content.decode()
    client.post("/accounts/3rdparty/", {"account": account.pk})

    assert f'value="{account.pk}"' in page
    assert not SocialAccount.objects.exists()


def test_saying_no_at_the_vendor_ends_on_a_page_that_says_so(
    vendor: Vendor, client: Client
) -> None:
    vendor.denies = True

    response = client.get(vendor.way_back(client), follow=True)

    assert response.redirect_chain == [("/accounts/3rdparty/login/cancelled/", 302)]
    assert response.status_code == 200
    assert signed_in_as(client) is None


@pytest.mark.parametrize("where", ["breaks_at_token", "breaks_at_profile"])
def test_a_broken_vendor_ends_on_a_page_that_says_so(
    vendor: Vendor, client: Client, where: str
) -> None:
    setattr(vendor, where, True)

    response = vendor.sign_in(client)

    assert response.status_code == 401
    assert "socialaccount/authentication_error.html" in [used.name for used in response.templates]
    assert not User.objects.exists()


def test_an_answer_to_another_browser_is_refused(vendor: Vendor, client: Client) -> None:
    planted = vendor.way_back(Client())

    assert client.get(planted).status_code == 401
    assert signed_in_as(client) is None


def test_an_answer_works_once(vendor: Vendor, client: Client) -> None:
    url = vendor.way_back(client)
    client.get(url)
    client.logout()

    assert client.get(url).status_code == 401
    assert signed_in_as(client) is None


def test_a_plain_link_asks_before_it_leaves(vendor: Vendor, client: Client) -> None:
    response = client.get(f"/accounts/{vendor.name}/login/")

    assert response.status_code == 200
    assert "socialaccount/login.html" in [used.name for used in response.templates]


def test_the_button_stands_on_sign_in_and_sign_up(vendor: Vendor, client: Client) -> None:
    for url in ("/accounts/login/", "/accounts/signup/"):
        assert f"/accounts/{vendor.name}/login/" in client.get(url).content.decode()


@pytest.mark.parametrize("url", ["/accounts/login/", "/accounts/signup/"])
def test_unconfigured_nothing_is_shown(client: Client, db: None, url: str) -> None:
    SocialApp.objects.create(provider="naver", name="left over", client_id="x", secret="x")

    page = client.get(url).content.decode()

    assert "naver" not in page.lower()
    assert "kakao" not in page.lower()


def test_unconfigured_the_settings_name_no_connections(client: Client, customer: User) -> None:
    client.force_login(customer)

    assert "/accounts/3rdparty/" not in client.get("/accounts/settings/").content.decode()
    assert client.get("/accounts/3rdparty/").status_code == 200


@pytest.mark.parametrize("name", ["naver", "kakao"])
def test_unconfigured_the_addresses_lead_nowhere(client: Client, db: None, name: str) -> None:
    for url in (f"/accounts/{name}/login/", f"/accounts/{name}/login/callback/?code=1"):
        assert client.get(url).status_code == 404


def test_who_signed_up_with_a_vendor_may_set_a_password(
    vendor: Vendor, client: Client, mailoutbox: list[EmailMessage]
) -> None:
    vendor.person(uid="4711", email="jiwoo@example.net")
    vendor.sign_in(client)
    enter_code(client, mailoutbox[0])

    client.post("/accounts/password/set/", {"password1": PASSWORD, "password2": PASSWORD})

    person = signed_in_as(client)
    assert person is not None
    assert person.check_password(PASSWORD)


def test_the_content_policy_lets_a_form_lead_on_to_a_configured_vendor_only() -> None:
    """Chromium holds a form's redirects to `form-action` too; without this the button is dead."""
    script = (
        "import tests.settings as s; print(s.CONTENT_SECURITY_POLICY['DIRECTIVES']['form-action'])"
    )
    environment = os.environ | {"KAKAO_CLIENT_ID": "id", "KAKAO_CLIENT_SECRET": "secret"}

    run = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True
    )

    assert run.stdout.strip() == "[\"'self'\", 'https://*.kakao.com']"

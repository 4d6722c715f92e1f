"""The way into the admin: through allauth, back to where one wanted to go, never in a circle."""

import pytest
from django.contrib.auth.models import Permission
from django.core.cache import cache
from django.test import Client

from accounts.models import User
from tests.conftest import PASSWORD


@pytest.fixture(autouse=True)
def no_attempts_yet() -> None:
    """allauth counts attempts in the cache, which outlives a test."""
    cache.clear()


def follow_to_sign_in(client: Client, url: str) -> str:
    """The sign-in page that an anonymous person is led to."""
    response = client.get(url, follow=True)
    assert response.status_code == 200
    assert response.resolver_match.view_name == "account_login"
    return response.redirect_chain[-1][0]


@pytest.mark.parametrize("url", ["/admin/", "/admin/password_change/", "/admin/?a=1"])
def test_staff_sign_in_and_arrive_where_they_wanted_to_go(
    client: Client, operator: User, url: str
) -> None:
    sign_in = follow_to_sign_in(client, url)

    response = client.post(sign_in, {"login": operator.email, "password": PASSWORD}, follow=True)

    assert response.status_code == 200
    assert response.redirect_chain[-1][0] == url


def test_a_press_that_came_too_late_leads_to_the_page_of_the_button(
    client: Client, operator: User
) -> None:
    """The session was over; nothing is done, and nobody meets a blank page."""
    sign_in = client.post("/admin/payments/payment/unmask/", follow=True).redirect_chain[-1][0]
    operator.user_permissions.add(Permission.objects.get(codename="unmask_payment"))

    response = client.post(sign_in, {"login": operator.email, "password": PASSWORD}, follow=True)

    assert response.status_code == 200
    assert response.redirect_chain[-1][0] == "/admin/payments/payment/"


def test_signing_out_of_a_session_that_is_over_leads_to_no_blank_page(
    client: Client, operator: User
) -> None:
    client.force_login(operator)

    assert client.get("/admin/logout/")["Location"] == "/admin/"
    assert "_auth_user_id" in client.session


def test_a_customer_is_refused_with_a_page_that_helps_and_no_circle(
    client: Client, customer: User
) -> None:
    sign_in = follow_to_sign_in(client, "/admin/")

    response = client.post(sign_in, {"login": customer.email, "password": PASSWORD}, follow=True)

    assert response.status_code == 403
    assert "직원 계정으로 다시 로그인해 주세요." in response.content.decode()
    assert len(response.redirect_chain) <= 3


def test_a_signed_in_customer_is_refused(client: Client, customer: User) -> None:
    client.force_login(customer)

    assert client.get("/admin/", follow=True).status_code == 403
    assert client.get("/admin/login/").status_code == 403


def test_an_inactive_member_of_staff_is_refused(client: Client, operator: User) -> None:
    client.force_login(operator)
    User.objects.update(is_active=False)

    follow_to_sign_in(client, "/admin/")


def test_the_admin_has_no_form_of_its_own(client: Client, operator: User) -> None:
    response = client.post("/admin/login/", {"username": operator.username, "password": PASSWORD})

    assert response["Location"].startswith("/accounts/login/?next=")
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example/", "javascript:x"])
def test_the_way_leads_to_no_other_site(client: Client, operator: User, target: str) -> None:
    client.force_login(operator)

    assert client.get("/admin/login/", {"next": target})["Location"] == "/admin/"


def test_guessing_at_the_admin_is_stopped(client: Client, operator: User) -> None:
    sign_in = follow_to_sign_in(client, "/admin/")
    for _ in range(5):
        client.post(sign_in, {"login": operator.email, "password": "wrong"})

    client.post(sign_in, {"login": operator.email, "password": PASSWORD})

    assert "_auth_user_id" not in client.session

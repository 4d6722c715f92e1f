"""Signing in and out with an e-mail address and a password."""

import re

import pytest
from django.core.mail import EmailMessage
from django.test import Client

from accounts.models import User
from tests.conftest import PASSWORD
from tests.responses import ClientResponse

SIGN_IN = "/accounts/login/"


def sign_in(client: Client, email: str, password: str = PASSWORD, **more: str) -> ClientResponse:
    return client.post(SIGN_IN, {"login": email, "password": password, **more})


@pytest.mark.parametrize("spelling", ["customer@example.com", "Customer@EXAMPLE.com"])
def test_a_customer_signs_in_by_email_and_sees_the_products(
    client: Client, customer: User, spelling: str
) -> None:
    assert sign_in(client, spelling)["Location"] == "/"
    assert client.session["_auth_user_id"] == str(customer.pk)


def test_staff_arrive_at_the_admin(client: Client, operator: User) -> None:
    assert sign_in(client, operator.email)["Location"] == "/admin/"


def test_the_page_that_was_wanted_goes_before_both(client: Client, operator: User) -> None:
    assert sign_in(client, operator.email, next="/payments/")["Location"] == "/payments/"


def test_another_site_is_no_place_to_go_on_to(client: Client, customer: User) -> None:
    assert sign_in(client, customer.email, next="https://evil.example/")["Location"] == "/"


def test_a_wrong_password_is_refused_in_korean(client: Client, customer: User) -> None:
    response = sign_in(client, customer.email, "wrong")

    assert "이메일 또는 비밀번호가 올바르지 않습니다." in response.content.decode()
    assert "_auth_user_id" not in client.session


def test_an_unknown_address_gets_the_same_words(client: Client, customer: User) -> None:
    known = sign_in(client, customer.email, "wrong").context["form"].non_field_errors()
    unknown = sign_in(client, "nobody@example.com", "wrong").context["form"].non_field_errors()

    assert list(known) == list(unknown)
    assert len(known) == 1


def test_the_username_is_no_way_in(client: Client, customer: User) -> None:
    assert sign_in(client, customer.username).status_code == 200
    assert "_auth_user_id" not in client.session


def test_an_inactive_account_stays_outside(client: Client, customer: User) -> None:
    User.objects.update(is_active=False)

    sign_in(client, customer.email)

    assert "_auth_user_id" not in client.session


def test_guessing_is_stopped_even_if_the_next_guess_is_right(
    client: Client, customer: User
) -> None:
    for _ in range(5):
        sign_in(client, customer.email, "wrong")

    response = sign_in(client, customer.email)

    assert "로그인에 여러 번 실패했습니다." in response.content.decode()
    assert "_auth_user_id" not in client.session


def test_too_many_requests_get_a_page_that_says_what_to_do(client: Client, customer: User) -> None:
    responses = [client.post("/accounts/password/reset/", {"email": "a@b.kr"}) for _ in range(21)]

    assert responses[-1].status_code == 429
    assert "시도 횟수가 너무 많습니다" in responses[-1].content.decode()


def test_signing_out_takes_a_post(client: Client, customer: User) -> None:
    client.force_login(customer)

    assert client.get("/accounts/logout/").status_code == 200
    assert "_auth_user_id" in client.session
    assert client.post("/accounts/logout/")["Location"] == "/"
    assert "_auth_user_id" not in client.session


def test_a_forgotten_password_is_replaced_through_the_mail(
    client: Client, customer: User, mailoutbox: list[EmailMessage]
) -> None:
    client.post("/accounts/password/reset/", {"email": customer.email})
    link = re.search(
        r"http://testserver(/accounts/password/reset/key/\S+)", str(mailoutbox[0].body)
    )
    assert link is not None
    form = client.get(link[1], follow=True)
    action = form.redirect_chain[-1][0]

    client.post(action, {"password1": "dal-bit-5521", "password2": "dal-bit-5521"})

    sign_in(client, customer.email, "dal-bit-5521")
    assert client.session["_auth_user_id"] == str(customer.pk)
    assert client.get(link[1], follow=True).context["token_fail"]


def test_nobody_learns_from_the_reset_form_who_has_an_account(
    client: Client, customer: User, mailoutbox: list[EmailMessage]
) -> None:
    known = client.post("/accounts/password/reset/", {"email": customer.email})
    unknown = client.post("/accounts/password/reset/", {"email": "nobody@example.com"})

    assert known["Location"] == unknown["Location"]
    assert "reset/key" not in mailoutbox[1].body


def test_the_reset_mail_is_in_korean(
    client: Client, customer: User, mailoutbox: list[EmailMessage]
) -> None:
    client.post("/accounts/password/reset/", {"email": customer.email})

    assert mailoutbox[0].subject == "[Backoffice] 비밀번호 재설정 안내"
    assert "비밀번호 재설정 요청이 접수되었습니다." in mailoutbox[0].body

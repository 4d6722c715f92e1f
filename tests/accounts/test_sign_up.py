"""Signing up with an e-mail address."""

import pytest
from django.core.mail import EmailMessage
from django.test import Client

from accounts.models import User

FORM = {"email": "new@example.com", "password1": "hae-bit-3948", "password2": "hae-bit-3948"}


@pytest.fixture
def newcomer(client: Client, db: None) -> User:
    client.post("/accounts/signup/", FORM)
    return User.objects.get()


def test_a_new_person_is_signed_in_and_sees_the_products(client: Client, db: None) -> None:
    response = client.post("/accounts/signup/", FORM)

    assert response["Location"] == "/"
    assert client.session["_auth_user_id"] == str(User.objects.get().pk)


def test_the_address_is_asked_to_be_confirmed(
    newcomer: User, mailoutbox: list[EmailMessage]
) -> None:
    assert mailoutbox[0].to == ["new@example.com"]
    assert "/accounts/confirm-email/" in mailoutbox[0].body


def test_nobody_becomes_staff_by_posting_it(client: Client, db: None) -> None:
    rights = {"is_staff": "on", "is_superuser": "on", "groups": "4", "user_permissions": "1"}

    client.post("/accounts/signup/", FORM | rights)

    person = User.objects.get()
    assert not person.is_staff
    assert not person.is_superuser
    assert not person.groups.exists()
    assert not person.user_permissions.exists()


def test_an_address_is_taken_in_any_spelling(client: Client, customer: User) -> None:
    response = client.post("/accounts/signup/", FORM | {"email": "CUSTOMER@example.com"})

    assert response.context["form"].errors["email"]
    assert User.objects.count() == 1


def test_a_weak_password_is_refused(client: Client, db: None) -> None:
    weak = {"password1": "12345678", "password2": "12345678"}

    assert client.post("/accounts/signup/", FORM | weak).context["form"].errors["password1"]
    assert not User.objects.exists()


def test_a_newcomer_starts_with_korean_time_and_language(newcomer: User) -> None:
    assert newcomer.time_zone == "Asia/Seoul"
    assert newcomer.language == "ko"


def test_the_language_that_was_chosen_before_is_kept(client: Client, db: None) -> None:
    client.post("/accounts/language/", {"language": "en"})
    client.post("/accounts/signup/", FORM)

    assert User.objects.get().language == "en"


def test_signed_in_people_are_led_away_from_the_form(client: Client, customer: User) -> None:
    client.force_login(customer)

    assert client.get("/accounts/signup/")["Location"] == "/"

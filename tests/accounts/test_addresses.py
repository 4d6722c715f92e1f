"""An e-mail address that somebody else changes: the former mailbox is no way in any more."""

import re
import unicodedata
from collections.abc import Callable
from importlib import import_module
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.apps import apps
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import connection
from django.forms import modelform_factory
from django.test import Client

from accounts.models import User
from tests.accounts.factors import CODE, SECRET, code_of, has_app, sign_in
from tests.accounts.people import form_of, is_signed_in, rows_of, url_of
from tests.conftest import PASSWORD

NEW = "new.box@example.com"
RESET = "/accounts/password/reset/"
LINK = re.compile(r"http://testserver(/accounts/password/reset/key/\S+)")


def by_the_form(root: User, person: User, email: str) -> None:
    browser = Client()
    browser.force_login(root)
    response = browser.post(url_of(person), form_of(person, email=email))
    assert response.status_code == 302, response.context["adminform"].form.errors


def by_the_model(root: User, person: User, email: str) -> None:
    person.email = email
    person.save()


def by_one_field(root: User, person: User, email: str) -> None:
    person.email = email
    person.save(update_fields=["email"])


def by_many(root: User, person: User, email: str) -> None:
    User.objects.filter(pk=person.pk).update(email=email)


def in_bulk(root: User, person: User, email: str) -> None:
    person.email = email
    User.objects.bulk_update([person], ["email"])


def by_a_model_form(root: User, person: User, email: str) -> None:
    form = modelform_factory(User, fields=["email"])({"email": email}, instance=person)
    assert form.is_valid(), form.errors
    form.save()


WAYS = [by_the_form, by_the_model, by_one_field, by_many, in_bulk, by_a_model_form]
Change = Callable[[User, User, str], None]


@pytest.fixture(params=WAYS, ids=lambda way: way.__name__)
def change(
    request: pytest.FixtureRequest, root: User, django_capture_on_commit_callbacks: Any
) -> Change:
    """Every way in which somebody else can give an account another address."""

    def changed(by: User, person: User, email: str) -> None:
        with django_capture_on_commit_callbacks(execute=True):
            request.param(by, person, email)

    return changed


@pytest.fixture
def moved(root: User, customer: User, django_capture_on_commit_callbacks: Any) -> User:
    """The customer, whose address an administrator has changed."""
    with django_capture_on_commit_callbacks(execute=True):
        by_the_form(root, customer, NEW)
    customer.refresh_from_db()
    return customer


def try_to_sign_in(client: Client, email: str) -> bool:
    client.post("/accounts/login/", {"login": email, "password": PASSWORD})
    return "_auth_user_id" in client.session


def test_the_rows_follow_whatever_changes_it(change: Change, root: User, customer: User) -> None:
    EmailAddress.objects.create(user=customer, email="beside@example.com", verified=True)

    change(root, customer, NEW)

    assert rows_of(customer) == [(NEW, False, True)]


def test_the_former_mailbox_signs_nobody_in(
    change: Change, root: User, customer: User, client: Client, mailoutbox: list[Any]
) -> None:
    change(root, customer, NEW)
    mailoutbox.clear()

    assert not try_to_sign_in(client, "customer@example.com")
    client.post(RESET, {"email": "customer@example.com"})
    assert not any(LINK.search(str(mail.body)) for mail in mailoutbox)


def test_a_reset_link_of_before_opens_nothing(
    change: Change, root: User, customer: User, client: Client, mailoutbox: list[Any]
) -> None:
    client.post(RESET, {"email": customer.email})
    link = LINK.search(str(mailoutbox[0].body))
    assert link is not None

    change(root, customer, NEW)

    assert client.get(link[1], follow=True).context["token_fail"]


def test_sessions_end_also_those_that_no_list_knows(
    change: Change, root: User, customer: User
) -> None:
    laptop, unlisted = Client(), Client()
    sign_in(laptop, customer)
    unlisted.force_login(customer)
    UserSession.objects.filter(session_key=unlisted.session.session_key).delete()
    assert is_signed_in(laptop)
    assert is_signed_in(unlisted)

    change(root, customer, NEW)

    assert not is_signed_in(laptop)
    assert not is_signed_in(unlisted)
    assert not UserSession.objects.filter(user=customer).exists()


def test_both_sides_are_told(
    change: Change, root: User, customer: User, mailoutbox: list[Any]
) -> None:
    User.objects.filter(pk=customer.pk).update(language="en")
    customer.refresh_from_db()

    change(root, customer, NEW)

    mails = {mail.to[0]: mail for mail in mailoutbox}
    assert set(mails) == {"customer@example.com", NEW}
    assert "was changed" in mails["customer@example.com"].subject
    assert NEW not in mails["customer@example.com"].body
    assert "ne***@example.com" in mails["customer@example.com"].body
    assert "unconfirmed" in mails[NEW].body


def test_the_mails_are_in_korean_for_whoever_reads_korean(
    moved: User, mailoutbox: list[Any]
) -> None:
    assert [mail.subject for mail in mailoutbox] == [
        "[Backoffice] 계정의 이메일 주소가 변경되었습니다",
        "[Backoffice] 이 주소가 계정의 새 이메일 주소입니다",
    ]


def test_a_sign_in_under_way_ends_with_the_former_address(root: User, customer: User) -> None:
    """The password was right, the app's code is right, but in between the address was changed."""
    has_app(customer)
    browser = Client()
    sign_in(browser, customer)

    by_the_form(root, customer, NEW)
    browser.post(CODE, {"code": code_of(SECRET)})

    assert "_auth_user_id" not in browser.session


def test_the_same_mailbox_in_another_spelling_is_no_change(
    change: Change, root: User, customer: User, mailoutbox: list[Any]
) -> None:
    browser = Client()
    sign_in(browser, customer)

    change(root, customer, "CUSTOMER@Example.com")

    customer.refresh_from_db()
    assert customer.email == "customer@example.com"
    assert rows_of(customer) == [("customer@example.com", True, True)]
    assert is_signed_in(browser)
    assert mailoutbox == []


def test_a_domain_typed_decomposed_is_the_same_domain(root: User, customer: User) -> None:
    composed = "kim@한국.kr"

    by_the_form(root, customer, unicodedata.normalize("NFD", composed))

    customer.refresh_from_db()
    assert customer.email == composed
    assert rows_of(customer) == [(composed, False, True)]


def test_an_address_that_lost_its_account_can_be_used_again(moved: User, client: Client) -> None:
    other = User.objects.create_user("other", "customer@example.com", PASSWORD)
    other.confirm_email()

    assert try_to_sign_in(client, "customer@example.com")
    assert client.session["_auth_user_id"] == str(other.pk)


@pytest.mark.parametrize("spelling", ["stranger@example.com", "STRANGER@example.com"])
def test_somebody_elses_address_is_refused(
    root: User, customer: User, stranger: User, spelling: str
) -> None:
    _is_refused(root, customer, spelling)


def test_so_is_one_that_somebody_has_confirmed_beside_their_own(
    root: User, customer: User, stranger: User
) -> None:
    EmailAddress.objects.create(user=stranger, email=NEW, verified=True)

    _is_refused(root, customer, NEW)


def _is_refused(root: User, person: User, email: str) -> None:
    browser = Client()
    browser.force_login(root)
    response = browser.post(url_of(person), form_of(person, email=email))
    assert response.context["adminform"].form.errors["email"]

    person.email = email
    with pytest.raises(ValidationError):
        person.save()
    person.refresh_from_db()
    assert person.email == "customer@example.com"
    assert rows_of(person) == [("customer@example.com", True, True)]


def test_a_claim_that_nobody_has_proven_keeps_nobody_from_their_address(
    root: User, customer: User, stranger: User
) -> None:
    EmailAddress.objects.create(user=stranger, email=NEW)

    by_the_form(root, customer, NEW)

    assert rows_of(customer) == [(NEW, False, True)]
    assert rows_of(stranger) == [("stranger@example.com", True, True)]


def test_an_address_of_the_persons_own_stays_confirmed(root: User, customer: User) -> None:
    EmailAddress.objects.create(user=customer, email=NEW, verified=True)

    by_the_form(root, customer, NEW)

    assert rows_of(customer) == [(NEW, True, True)]


def test_an_address_taken_away_leaves_no_way_in(
    root: User,
    customer: User,
    client: Client,
    mailoutbox: list[Any],
    django_capture_on_commit_callbacks: Any,
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        by_the_form(root, customer, "")

    assert rows_of(customer) == []
    assert not try_to_sign_in(client, "customer@example.com")
    assert [mail.to for mail in mailoutbox] == [["customer@example.com"]]


def test_an_inactive_person_follows_too(root: User, customer: User, client: Client) -> None:
    User.objects.filter(pk=customer.pk).update(is_active=False)
    customer.refresh_from_db()

    by_the_form(root, customer, NEW)
    User.objects.filter(pk=customer.pk).update(is_active=True)

    assert rows_of(customer) == [(NEW, False, True)]
    assert not try_to_sign_in(client, "customer@example.com")


def test_what_a_person_does_on_their_own_page_ends_no_session(
    client: Client, customer: User, mailoutbox: list[Any]
) -> None:
    """They have confirmed both mailboxes, and both stay theirs."""
    sign_in(client, customer)
    EmailAddress.objects.create(user=customer, email=NEW, verified=True)

    client.post("/accounts/email/", {"email": NEW, "action_primary": ""})

    customer.refresh_from_db()
    assert customer.email == NEW
    assert rows_of(customer) == [("customer@example.com", True, False), (NEW, True, True)]
    assert is_signed_in(client)
    assert [mail.to for mail in mailoutbox] == [["customer@example.com"]]


def test_no_unconfirmed_address_becomes_primary_on_ones_own_page(
    client: Client, customer: User
) -> None:
    """Also where the primary one is not confirmed either."""
    EmailAddress.objects.create(user=customer, email=NEW)
    client.force_login(customer)

    for is_confirmed in (True, False):
        EmailAddress.objects.filter(primary=True).update(verified=is_confirmed)
        client.post("/accounts/email/", {"email": NEW, "action_primary": ""})
        customer.refresh_from_db()
        assert customer.email == "customer@example.com"
        assert rows_of(customer) == [
            ("customer@example.com", is_confirmed, True),
            (NEW, False, False),
        ]


def test_a_mail_server_that_is_down_stops_no_change(
    root: User,
    customer: User,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Any,
) -> None:
    def down(*args: object, **kwargs: object) -> None:
        raise OSError

    monkeypatch.setattr("accounts.notices.send_mail", down)
    with django_capture_on_commit_callbacks(execute=True):
        by_the_form(root, customer, NEW)

    assert rows_of(customer) == [(NEW, False, True)]


def test_a_superuser_made_on_the_command_line_is_confirmed(
    db: None, monkeypatch: pytest.MonkeyPatch, client: Client
) -> None:
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)
    call_command("createsuperuser", "--noinput", username="boss", email="Boss@Example.com")

    boss = User.objects.get()
    assert rows_of(boss) == [("boss@example.com", True, True)]
    assert try_to_sign_in(client, "boss@example.com")


def test_an_address_that_was_changed_before_the_rows_followed_follows_now(
    customer: User, stranger: User, client: Client
) -> None:
    """The migration: the primary row is what the former mailbox signs in with."""
    EmailAddress.objects.filter(user=customer).update(email="former@example.com")
    EmailAddress.objects.create(user=stranger, email="beside@example.com", verified=True)
    migration = import_module("accounts.migrations.0004_addresses_follow")

    migration.follow(apps, connection.schema_editor())

    assert rows_of(customer) == [("customer@example.com", False, True)]
    assert not try_to_sign_in(client, "former@example.com")
    assert len(rows_of(stranger)) == 2

"""People in the admin."""

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from payments.core.db.paginator import BoundedPaginator
from tests.accounts.people import LIST, form_of, url_of
from tests.conftest import PASSWORD


@pytest.fixture
def as_admin(client: Client, admin_person: User) -> Client:
    client.force_login(admin_person)
    return client


def test_people_are_found_by_address(as_admin: Client, customer: User, stranger: User) -> None:
    page = as_admin.get(LIST, {"q": "customer@exa"}).content.decode()

    assert "customer@example.com" in page
    assert "stranger@example.com" not in page


def test_the_list_counts_no_further_than_anybody_pages(
    db: None, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    monkeypatch.setattr("payments.core.db.paginator.COUNTED_AT_MOST", 2)
    for number in range(3):
        User.objects.create(username=f"u{number}", email=f"u{number}@example.com")

    with django_assert_num_queries(1) as captured:
        assert BoundedPaginator(User.objects.order_by("-pk"), 100).is_capped
    assert "LIMIT 3" in captured.captured_queries[0]["sql"]


def test_the_list_asks_the_same_however_many_people(
    as_admin: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(30):
        User.objects.create(username=f"u{number}", email=f"u{number}@example.com")

    with django_assert_max_num_queries(9):
        assert as_admin.get(LIST).status_code == 200


def test_a_person_is_added_by_address(as_admin: Client) -> None:
    as_admin.post(
        f"{LIST}add/",
        {
            "email": "New.Person@example.com",
            "usable_password": "true",
            "password1": "hae-bit-3948",
            "password2": "hae-bit-3948",
        },
    )

    person = User.objects.get(email="new.person@example.com")
    assert person.username
    assert not person.is_staff
    signing_in = Client().post(
        "/accounts/login/", {"login": "new.person@example.com", "password": "hae-bit-3948"}
    )
    assert signing_in.status_code == 302


@pytest.mark.parametrize("email", ["", "CUSTOMER@example.com"])
def test_a_missing_or_taken_address_is_refused(
    as_admin: Client, customer: User, email: str
) -> None:
    response = as_admin.post(f"{LIST}add/", {"email": email, "usable_password": "false"})

    assert response.context["adminform"].form.errors


def test_nobody_is_deleted_not_even_by_the_superuser(
    client: Client, root: User, customer: User
) -> None:
    client.force_login(root)

    assert client.post(f"{LIST}{customer.pk}/delete/", {"post": "yes"}).status_code == 403
    client.post(
        LIST, {"action": "delete_selected", "_selected_action": [customer.pk], "post": "yes"}
    )
    assert User.objects.filter(pk=customer.pk).exists()


def test_an_admin_gives_a_role(as_admin: Client, customer: User) -> None:
    finance = Group.objects.get(name="Finance")

    as_admin.post(url_of(customer), form_of(customer, is_staff="on", groups=[finance.pk]))

    customer.refresh_from_db()
    assert customer.is_staff
    assert list(customer.groups.all()) == [finance]


def test_an_admin_cannot_make_anybody_superuser(
    as_admin: Client, admin_person: User, customer: User
) -> None:
    everything = [permission.pk for permission in Permission.objects.all()]

    for person in (admin_person, customer):
        rights = {"is_superuser": "on", "user_permissions": everything}
        assert as_admin.post(url_of(person), form_of(person, **rights)).status_code == 302
        person.refresh_from_db()
        assert not person.is_superuser
        assert not person.user_permissions.exists()


def test_an_admin_cannot_touch_a_superuser(as_admin: Client, root: User) -> None:
    assert as_admin.post(url_of(root), form_of(root, email="x@y.kr")).status_code == 403
    password = {"password1": "hae-bit-3948", "password2": "hae-bit-3948"}
    assert as_admin.post(f"{LIST}{root.pk}/password/", password).status_code == 403

    root.refresh_from_db()
    assert root.email == "root@example.com"
    assert not root.check_password("hae-bit-3948")


def test_an_unknown_group_can_be_neither_given_nor_taken(as_admin: Client, customer: User) -> None:
    auditors = Group.objects.create(name="Auditors")

    given = as_admin.post(url_of(customer), form_of(customer, groups=[auditors.pk]))
    assert given.context["adminform"].form.errors["groups"]

    customer.groups.add(auditors)
    as_admin.post(url_of(customer), form_of(customer, groups=[]))
    assert list(customer.groups.all()) == [auditors]


def test_a_helper_with_fewer_rights_cannot_climb_over_an_admin(
    client: Client, finance: User, admin_person: User, customer: User
) -> None:
    """A group of the merchant's own may hold accounts.change_user without being Admin."""
    finance.user_permissions.add(Permission.objects.get(codename="change_user"))
    client.force_login(finance)
    password = {"password1": "hae-bit-3948", "password2": "hae-bit-3948"}
    admins = Group.objects.get(name="Admin")

    assert client.post(f"{LIST}{admin_person.pk}/password/", password).status_code == 403
    climbing = client.post(url_of(finance), form_of(finance, groups=[admins.pk]))

    assert climbing.context["adminform"].form.errors["groups"]
    assert admins not in finance.groups.all()


@pytest.mark.parametrize("who", ["viewer", "finance", "operator"])
def test_the_other_roles_see_no_people(
    client: Client, request: pytest.FixtureRequest, who: str
) -> None:
    client.force_login(request.getfixturevalue(who))

    assert client.get(LIST).status_code == 403


def test_secrets_and_vendors_profiles_have_no_screen() -> None:
    for model in (SocialAccount, SocialApp, SocialToken):
        assert not admin.site.is_registered(model)


def test_no_screen_drops_down_a_list_of_people(client: Client, root: User, customer: User) -> None:
    client.force_login(root)
    email = EmailAddress.objects.create(user=customer, email="second@example.com")

    page = client.get(f"/admin/account/emailaddress/{email.pk}/change/").content.decode()

    assert '<select name="user"' not in page


def test_an_inactive_person_is_signed_out(client: Client, root: User, customer: User) -> None:
    theirs = Client()
    theirs.post("/accounts/login/", {"login": customer.email, "password": PASSWORD})
    client.force_login(root)
    data = form_of(customer)
    del data["is_active"]

    client.post(url_of(customer), data)

    assert theirs.get("/accounts/settings/").status_code == 302

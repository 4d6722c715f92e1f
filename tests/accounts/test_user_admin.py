"""People in the admin."""

import re

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.core.mail import EmailMessage
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from payments.core.db.paginator import BoundedPaginator
from tests.accounts.people import LIST, enter_code, form_of, rows_of, url_of
from tests.conftest import PASSWORD

LISTED = ["address", "username", "is_staff", "is_active", "last_login", "date_joined"]


@pytest.fixture
def newcomer(db: None) -> User:
    """Somebody whose address nobody has confirmed."""
    person = User.objects.create_user("newcomer", "newcomer@example.com", PASSWORD)
    EmailAddress.objects.create(user=person, email=person.email, primary=True)
    return person


@pytest.fixture
def as_admin(client: Client, admin_person: User) -> Client:
    client.force_login(admin_person)
    return client


def test_people_are_found_by_address(as_admin: Client, customer: User, stranger: User) -> None:
    page = as_admin.get(LIST, {"q": "customer@exa"}).content.decode()

    assert "customer@example.com" in page
    assert "stranger@example.com" not in page


def test_people_are_found_by_a_given_name_alone(
    as_admin: Client, customer: User, stranger: User
) -> None:
    User.objects.filter(pk=customer.pk).update(last_name="홍", first_name="길동")
    for text in ("길동", "홍길동", "홍"):
        page = as_admin.get(LIST, {"q": text}).content.decode()
        assert "customer@example.com" in page
        assert "stranger@example.com" not in page


def test_only_staff_are_sorted_by_every_column(as_admin: Client) -> None:
    """Of everybody there are as many as customers, and no index has such an order."""
    for query, names in {"": ["username"], "is_staff__exact=1": LISTED}.items():
        changelist = as_admin.get(f"{LIST}?o=-5&{query}").context["cl"]
        assert list(changelist.sortable_by) == names
        order = changelist.queryset.query.order_by
        assert ("-last_login" in order) == bool(query)


def test_pages_of_people_go_on_by_key(
    as_admin: Client, monkeypatch: pytest.MonkeyPatch, customer: User, stranger: User
) -> None:
    monkeypatch.setattr("payments.core.db.paginator.COUNTED_AT_MOST", 1)
    monkeypatch.setattr("accounts.admin.UserAdmin.list_per_page", 1)
    seen, query = set(), ""
    for _page in range(User.objects.count()):
        changelist = as_admin.get(f"{LIST}{query}").context["cl"]
        seen |= {person.pk for person in changelist.result_list}
        query = changelist.next_url
    assert seen == set(User.objects.values_list("pk", flat=True))
    assert query == ""


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


def test_no_screen_changes_an_address_but_the_persons_own_page(
    client: Client, root: User, customer: User
) -> None:
    """allauth's own would change it, or make it primary, and nothing would follow."""
    client.force_login(root)
    row = EmailAddress.objects.get(user=customer)
    page = f"/admin/account/emailaddress/{row.pk}/change/"

    assert client.get(page).status_code == 200
    assert client.post(page, {"email": "x@example.com", "user": customer.pk}).status_code == 403
    assert client.post("/admin/account/emailaddress/add/").status_code == 403
    assert rows_of(customer) == [("customer@example.com", True, True)]


def test_a_superuser_confirms_by_hand_where_no_mail_arrives(
    client: Client, root: User, newcomer: User
) -> None:
    client.force_login(root)
    row = EmailAddress.objects.get(user=newcomer)

    action = {"action": "make_verified", "_selected_action": [row.pk]}
    client.post("/admin/account/emailaddress/", action)

    assert newcomer.has_confirmed_email


@pytest.mark.parametrize(
    "right", ["is_staff", "is_superuser", "groups", "user_permissions"], ids=str
)
def test_nobody_gets_rights_with_an_address_that_is_not_confirmed(
    client: Client, root: User, newcomer: User, right: str
) -> None:
    """The form says why and what to do; once it is confirmed, the same form goes through."""
    client.force_login(root)
    given: dict[str, object] = {
        "is_staff": "on",
        "is_superuser": "on",
        "groups": [Group.objects.get(name="Viewer").pk],
        "user_permissions": [Permission.objects.get(codename="view_payment").pk],
    }
    form = form_of(newcomer, **{right: given[right]})

    refused = client.post(url_of(newcomer), form)

    [why] = refused.context["adminform"].form.errors[right]
    assert "인증되지 않아" in why
    assert "코드" in why
    assert _rights_of(newcomer) == (False, False, 0, 0)

    newcomer.confirm_email()
    assert client.post(url_of(newcomer), form).status_code == 302
    assert _rights_of(newcomer) != (False, False, 0, 0)


def _rights_of(person: User) -> tuple[bool, bool, int, int]:
    person.refresh_from_db()
    groups, permissions = person.groups.count(), person.user_permissions.count()
    return person.is_staff, person.is_superuser, groups, permissions


def test_nor_with_another_address_in_the_same_form(
    client: Client, root: User, customer: User
) -> None:
    client.force_login(root)

    refused = client.post(
        url_of(customer), form_of(customer, email="other@example.com", is_staff="on")
    )

    assert refused.context["adminform"].form.errors["is_staff"]
    assert _rights_of(customer) == (False, False, 0, 0)


def test_staff_of_before_are_marked_and_keep_what_they_have(
    client: Client, root: User, operator: User
) -> None:
    EmailAddress.objects.all().filter(user=operator).delete()
    client.force_login(root)

    assert "미인증" in client.get(url_of(operator)).content.decode()
    assert client.post(url_of(operator), form_of(operator, first_name="길동")).status_code == 302
    assert _rights_of(operator) == (True, False, 1, 0)
    Client().post("/accounts/login/", {"login": operator.email, "password": PASSWORD})
    operator.refresh_from_db()
    assert operator.last_login is not None


def test_staff_with_another_address_confirm_it_before_they_are_in(
    client: Client, root: User, operator: User, mailoutbox: list[EmailMessage]
) -> None:
    client.force_login(root)
    client.post(url_of(operator), form_of(operator, email="op@example.com"))
    browser = Client()

    browser.post("/accounts/login/", {"login": "op@example.com", "password": PASSWORD})

    assert browser.get("/admin/").status_code == 302
    enter_code(browser, mailoutbox[-1])
    assert browser.get("/admin/").status_code == 200


def test_staff_keep_an_address(client: Client, root: User, operator: User) -> None:
    client.force_login(root)

    refused = client.post(url_of(operator), form_of(operator, email=""))

    assert refused.context["adminform"].form.errors["email"]


def test_an_unconfirmed_address_is_marked_in_the_list(
    client: Client, root: User, newcomer: User, customer: User
) -> None:
    client.force_login(root)

    page = client.get(LIST).content.decode()

    assert page.count("미인증") == 1
    assert re.search(r"newcomer@example\.com <span class=\"badge wait\">미인증", page)


def test_an_inactive_person_is_signed_out(client: Client, root: User, customer: User) -> None:
    theirs = Client()
    theirs.post("/accounts/login/", {"login": customer.email, "password": PASSWORD})
    client.force_login(root)
    data = form_of(customer)
    del data["is_active"]

    client.post(url_of(customer), data)

    assert theirs.get("/accounts/settings/").status_code == 302

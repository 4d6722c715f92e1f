"""Permissions come in one query, and are Django's own."""

from typing import Any

import pytest
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import AnonymousUser, Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.backends import OneQueryBackend
from accounts.models import User


def fresh(person: User) -> User:
    return User.objects.get(pk=person.pk)


@pytest.mark.parametrize("role", ["viewer", "finance", "operator", "approver", "admin_person"])
def test_each_role_may_do_what_django_says(
    role: str, request: pytest.FixtureRequest, django_assert_num_queries: Any
) -> None:
    person = request.getfixturevalue(role)
    person.user_permissions.add(Permission.objects.get(codename="delete_user"))
    expected = ModelBackend().get_all_permissions(fresh(person))
    asked = fresh(person)
    with django_assert_num_queries(1):
        assert OneQueryBackend().get_all_permissions(asked) == expected
        assert asked.has_perm("accounts.delete_user")
    assert "accounts.delete_user" in expected


def test_a_superuser_may_do_everything(db: None) -> None:
    root = User.objects.create_superuser("root", "root@example.com", "x")
    expected = ModelBackend().get_all_permissions(fresh(root))
    assert OneQueryBackend().get_all_permissions(fresh(root)) == expected
    assert len(expected) > 50


def test_nobody_and_the_inactive_may_do_nothing(operator: User) -> None:
    operator.is_active = False
    operator.save()
    for person in (fresh(operator), AnonymousUser()):
        assert OneQueryBackend().get_all_permissions(person) == set()
        assert not person.has_perm("payments.view_payment")


@pytest.mark.parametrize("url", ["/admin/", "/admin/payments/payment/"])
@pytest.mark.parametrize("role", ["viewer", "finance", "operator", "approver", "admin_person"])
def test_a_staff_page_asks_for_permissions_once(
    client: Client, role: str, request: pytest.FixtureRequest, url: str
) -> None:
    client.force_login(request.getfixturevalue(role))
    with CaptureQueriesContext(connection) as queries:
        response = client.get(url)
        asked = [query["sql"] for query in queries if "auth_permission" in query["sql"]]
    assert response.status_code == 200
    assert len(asked) == 1  # with Django's own backend: 2

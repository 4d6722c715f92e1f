"""The roles: what each may do, and who may hand out which."""

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.exceptions import ImproperlyConfigured
from pytest_django import DjangoAssertNumQueries

from accounts import roles
from accounts.models import User

LOOK = {
    "payments.view_dailyclose",
    "payments.view_discrepancy",
    "payments.view_movement",
    "payments.view_payment",
    "payments.view_paymentevent",
    "payments.view_product",
    "payments.view_reconciliationrun",
    "payments.view_verificationrun",
    "payments.view_webhookdelivery",
}
OPERATE = {
    "payments.verify_payment",
    "payments.mark_failed_payment",
    "payments.note_payment",
    "payments.replay_webhookdelivery",
    "payments.view_worker",
    "payments.work_discrepancy",
}
FINANCE = {
    "payments.close_day",
    "payments.export_discrepancy",
    "payments.export_payment",
    "payments.start_reconciliation",
    "payments.unmask_payment",
    "payments.work_discrepancy",
}
APPROVE = {
    "payments.confirm_refund_change_payment",
    "payments.override_gateway_payment",
    "payments.take_in_discrepancy",
}
EXPECTED = {
    "Viewer": LOOK,
    "Finance": LOOK | FINANCE,
    "Operator": LOOK | OPERATE,
    "Approver": LOOK | OPERATE | APPROVE,
    "Admin": LOOK
    | OPERATE
    | FINANCE
    | APPROVE
    | {
        "accounts.add_user",
        "accounts.change_user",
        "accounts.view_user",
        "auth.view_group",
        "django_tasks_database.view_dbtaskresult",
        "payments.add_product",
        "payments.change_product",
        "payments.erase_payment",
        "payments.view_personaldataaccess",
    },
}


def stored() -> dict[str, set[str]]:
    return {
        group.name: {
            f"{app}.{codename}"
            for app, codename in group.permissions.values_list(
                "content_type__app_label", "codename"
            )
        }
        for group in Group.objects.all()
    }


def test_after_migrating_each_role_holds_exactly_its_permissions(db: None) -> None:
    assert stored() == EXPECTED


def test_a_change_by_hand_is_undone(db: None) -> None:
    viewer = Group.objects.get(name="Viewer")
    viewer.permissions.set(Permission.objects.filter(codename="delete_user"))

    roles.sync_roles()

    assert stored() == EXPECTED


def test_running_it_again_writes_nothing(
    db: None, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(11) as captured:
        roles.sync_roles()

    assert all(query["sql"].startswith("SELECT") for query in captured.captured_queries)


def test_a_group_of_ones_own_is_left_alone(db: None) -> None:
    Group.objects.create(name="Auditors")

    roles.sync_roles()

    assert Group.objects.filter(name="Auditors").exists()


def test_a_permission_that_does_not_exist_stops_with_its_name(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(roles.ROLES, "Viewer", frozenset({"payments.veiw_payment"}))

    with pytest.raises(ImproperlyConfigured, match=r"payments\.veiw_payment"):
        roles.sync_roles()


@pytest.mark.parametrize(
    ("who", "whom"),
    [
        ("admin_person", "customer"),
        ("admin_person", "viewer"),
        ("admin_person", "finance"),
        ("admin_person", "operator"),
        ("admin_person", "approver"),
        ("approver", "operator"),
        ("root", "root"),
        ("root", "admin_person"),
    ],
)
def test_accounts_that_can_do_no_more_may_be_managed(
    request: pytest.FixtureRequest, who: str, whom: str
) -> None:
    assert roles.may_manage(request.getfixturevalue(who), request.getfixturevalue(whom))


@pytest.mark.parametrize("whom", ["root", "admin_person", "operator"])
@pytest.mark.parametrize("active", [True, False])
def test_accounts_that_can_do_more_may_not_even_when_inactive(
    request: pytest.FixtureRequest, finance: User, whom: str, active: bool
) -> None:
    person: User = request.getfixturevalue(whom)
    person.is_active = active
    person.save()

    assert not roles.may_manage(finance, person)


@pytest.mark.parametrize(
    ("who", "names"),
    [
        ("customer", set()),
        ("finance", {"Viewer", "Finance"}),
        ("operator", {"Viewer", "Operator"}),
        ("approver", {"Viewer", "Operator", "Approver"}),
        ("admin_person", {"Viewer", "Finance", "Operator", "Approver", "Admin"}),
    ],
)
def test_only_roles_within_ones_own_rights_can_be_handed_out(
    db: None, request: pytest.FixtureRequest, who: str, names: set[str]
) -> None:
    Group.objects.create(name="Auditors")

    groups = roles.assignable_groups(request.getfixturevalue(who))

    assert set(groups.values_list("name", flat=True)) == names

"""The roles as data, and who may hand out which.

A role is a group that holds exactly the permissions written here; `sync_roles` runs after each
migration and undoes any change made by hand. To change what a role may do: edit `ROLES`. Labels
are plain strings ("app.codename"), so this module knows no other app.
"""

from django.contrib.auth.models import Group, Permission
from django.core.exceptions import ImproperlyConfigured
from django.db.models import Q, QuerySet

from accounts.models import User

_VIEWER = frozenset(
    {
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
)
_FINANCE = _VIEWER | {
    "payments.close_day",
    "payments.export_discrepancy",
    "payments.export_payment",
    "payments.start_reconciliation",
    "payments.unmask_payment",
    "payments.work_discrepancy",
}
_OPERATOR = _VIEWER | {
    "payments.mark_failed_payment",
    "payments.note_payment",
    "payments.replay_webhookdelivery",
    "payments.verify_payment",
    "payments.view_worker",
    "payments.work_discrepancy",
}
_APPROVER = _OPERATOR | {
    "payments.confirm_refund_change_payment",
    "payments.override_gateway_payment",
    "payments.take_in_discrepancy",
}
_ADMIN = (
    _FINANCE
    | _APPROVER
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
    }
)

# What each is for: Viewer looks (personal data masked); Finance also exports, unmasks for a reason,
# reconciles, works off what does not agree and closes days; Operator settles payments with the
# gateway and works off discrepancies; Approver may settle while the gateway is silent, take in what
# is missing here and confirm that refunds have changed at the PG; Admin does all of this, erases
# personal data where somebody asks for it, and looks after products, people and the record of who
# saw personal data.
ROLES: dict[str, frozenset[str]] = {
    "Viewer": _VIEWER,
    "Finance": _FINANCE,
    "Operator": _OPERATOR,
    "Approver": _APPROVER,
    "Admin": _ADMIN,
}


def sync_roles() -> None:
    """Give each role exactly its permissions. Running it again changes nothing."""
    permissions = _permissions_by_label(frozenset().union(*ROLES.values()))
    for name, labels in ROLES.items():
        group, _ = Group.objects.get_or_create(name=name)
        group.permissions.set([permissions[label] for label in labels])


def _permissions_by_label(labels: frozenset[str]) -> dict[str, Permission]:
    codenames = {label.partition(".")[2] for label in labels}
    permissions = {
        _label(permission): permission
        for permission in Permission.objects.filter(codename__in=codenames).select_related(
            "content_type"
        )
    }
    if missing := sorted(labels - permissions.keys()):
        raise ImproperlyConfigured(
            f"accounts.roles names permissions that do not exist: {', '.join(missing)}."
        )
    return permissions


def _label(permission: Permission) -> str:
    return f"{permission.content_type.app_label}.{permission.codename}"


def labels_of(permissions: QuerySet[Permission]) -> set[str]:
    """The labels of these permissions, in one query."""
    names = permissions.order_by().values_list("content_type__app_label", "codename")
    return {f"{app}.{codename}" for app, codename in names}


def granted_to(person: User) -> set[str]:
    """What the account's groups and own permissions allow, active or not.

    `get_all_permissions` answers nothing for an inactive account, so it must not decide whether
    somebody may edit (and then re-activate) that account.
    """
    return labels_of(Permission.objects.filter(Q(group__user=person) | Q(user=person)))


def may_manage(manager: User, person: User) -> bool:
    """Whether `manager` may edit `person`: never an account that can do more than their own."""
    if manager.is_superuser:
        return True
    return not person.is_superuser and granted_to(person) <= granted_to(manager)


def assignable_groups(manager: User) -> QuerySet[Group]:
    """The groups that `manager` may give or take: roles that allow nothing beyond their own."""
    if manager.is_superuser:
        return Group.objects.all()
    own = granted_to(manager)
    return Group.objects.filter(name__in=[name for name, role in ROLES.items() if role <= own])

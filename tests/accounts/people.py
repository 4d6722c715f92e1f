"""People in the admin, and what is known of their addresses."""

from typing import Any

from allauth.account.models import EmailAddress
from django.test import Client

from accounts.models import User

LIST = "/admin/accounts/user/"


def url_of(person: User) -> str:
    """The person's page in the admin."""
    return f"{LIST}{person.pk}/change/"


def form_of(person: User, **changes: Any) -> dict[str, Any]:
    """What the change form would post for `person`."""
    data = {
        "username": person.username,
        "email": person.email,
        "first_name": person.first_name,
        "last_name": person.last_name,
        "time_zone": person.time_zone,
        "language": person.language,
        "groups": [group.pk for group in person.groups.all()],
    }
    for flag in ("is_active", "is_staff", "is_superuser"):
        if getattr(person, flag):
            data[flag] = "on"
    return data | changes


def rows_of(person: User) -> list[tuple[str, bool, bool]]:
    """The person's addresses as allauth has them: address, confirmed, primary."""
    rows = EmailAddress.objects.filter(user=person).order_by("email")
    return list(rows.values_list("email", "verified", "primary"))


def is_signed_in(client: Client) -> bool:
    """Whether this browser is somebody's."""
    return client.get("/accounts/settings/").status_code == 200

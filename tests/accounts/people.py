"""People in the admin, and what is known of their addresses."""

import re
from typing import Any

from allauth.account.models import EmailAddress
from django.core.mail import EmailMessage
from django.test import Client

from accounts.models import User
from tests.responses import ClientResponse

CONFIRM = "/accounts/confirm-email/"
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


def code_in(mail: EmailMessage) -> str:
    """The code that a mail asks to be entered; "" if it holds none."""
    code = re.search(r"^[A-Z0-9]{4}-[A-Z0-9]{4}$", str(mail.body), re.MULTILINE)
    return code[0] if code else ""


def enter_code(client: Client, mail: EmailMessage) -> ClientResponse:
    """Confirm an address as its owner does it."""
    return client.post(CONFIRM, {"code": code_in(mail)})

"""Every address and every action of the admin, for every kind of person."""

import re
from collections.abc import Iterator
from datetime import date
from typing import Any
from urllib.parse import parse_qs

import pytest
from allauth.account.models import EmailAddress
from django.contrib import admin
from django.contrib.auth.models import AnonymousUser, Group
from django.test import Client, RequestFactory
from django.urls import URLResolver, reverse

from accounts.models import User
from payments.models import (
    AccessKind,
    Payment,
    Product,
    SavedView,
    WebhookDelivery,
    Worker,
)
from payments.services.access_log import record_access
from payments.services.background import workers
from payments.services.daily_close.close import close_day
from payments.services.verification_runs import control
from tests.conftest import PASSWORD
from tests.gateway import SandboxGateway
from tests.payments import builders
from tests.payments.books import begun, filed

from .access_matrix import (
    ACTIONS,
    DOORS,
    STAFF,
    everybody,
)
from .conftest import (
    LIST,
    SignIn,
)

APRIL_1 = date(2026, 4, 1)


def addresses(patterns: list[Any], before: str = "") -> Iterator[tuple[str, str]]:
    """(name in `DOORS`, pattern) of every address that the admin has."""
    for pattern in patterns:
        text = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern.url_patterns, text)
        elif pattern.name:
            yield pattern.name, text
        else:
            is_object = text.endswith("/<path:object_id>/")
            yield "<model>/<object_id>/" if is_object else "<unknown>", text


EVERY_ADDRESS = list(addresses(admin.site.urls[0]))


@pytest.fixture
def rows(
    sandbox: SandboxGateway,
    delivery: WebhookDelivery,
    customer: User,
    product: Product,
    finance: User,
) -> dict[str, int]:
    """One row for each screen, by the model's name in the address."""
    payment = builders.ordered(customer, product)
    access = record_access(
        actor=finance, kind=AccessKind.VIEWED, reason="환불 문의 확인", unmasked=True
    )
    address = EmailAddress.objects.create(user=customer, email="second@example.com")
    run = control.start(
        payments=Payment.objects.all(), query="", actor=None, enqueue=lambda pk: None
    )
    workers.heartbeat(worker_id="w", host="shop-1", pid=1)
    worker = Worker.objects.get()
    return {
        "payment": payment.pk,
        "verificationrun": run.pk,
        "reconciliationrun": begun().pk,
        "discrepancy": filed(payment).pk,
        "movement": builders.paid(customer, product).movements.get().pk,
        "worker": worker.pk,
        "dailyclose": close_day(day=APRIL_1, actor=finance).pk,
        "product": payment.product_id,
        "webhookdelivery": delivery.pk,
        "personaldataaccess": access.pk,
        "user": customer.pk,
        "group": Group.objects.get(name="Viewer").pk,
        "emailaddress": address.pk,
        "views": SavedView.objects.create(owner=customer, name="view").pk,
    }


def address_of(pattern: str, rows: dict[str, int]) -> str:
    """A pattern with a row that exists in the place of each variable."""
    parts = pattern.split("/")
    model = "views" if "views" in parts else parts[1] if len(parts) > 1 else ""
    pk = str(rows.get(model, 1))
    filled = re.sub(r"<(path:object_id|int:pk|id|path:content_type_id)>", pk, pattern)
    filled = re.sub(r"^\^\(\?P<app_label>.*$", "payments/", filled)
    return "/admin/" + re.sub(r"^\(\?P<url>.*$", "nothing/here/", filled)


def expected(name: str, method: str, who: str) -> int | str:
    """What the table says, for staff; the others meet the way in."""
    if who in STAFF:
        return DOORS[name].answer(method, who)
    if name == "logout":
        return "sign in"
    return 403 if (name, who) == ("login", "customer") else "sign in"


def answered(response: Any) -> int | str:
    """The status, or "sign in" for everything that leads there."""
    there = response.headers.get("Location", "")
    is_way_in = response.status_code == 302 and ("/login/" in there or there == "/admin/")
    return "sign in" if is_way_in else int(response.status_code)


def test_every_address_and_every_action_is_in_the_table() -> None:
    assert {name for name, _pattern in EVERY_ADDRESS} == set(DOORS)
    request = RequestFactory().get("/")
    request.user = User(is_superuser=True, is_active=True, is_staff=True)
    found = {
        (screen.opts.label_lower, action)
        for screen in admin.site._registry.values()
        for action in screen.get_actions(request)
    }
    assert found == set(ACTIONS)


@pytest.mark.parametrize("method", ["get", "post"])
@everybody(STAFF)
def test_every_address_answers_as_the_table_says(
    person: Client, name: str, may: bool, method: str, rows: dict[str, int]
) -> None:
    told, wanted = {}, {}
    who = User.objects.filter(pk=person.session.get("_auth_user_id", 0)).first()
    for door, pattern in sorted(EVERY_ADDRESS, key=lambda one: one[0] == "logout"):
        address = address_of(pattern, rows)
        wanted[address] = expected(door, method, name)
        told[address] = answered(getattr(person, method)(address))
        if door in {"login", "logout"} and told[address] == "sign in" and name in STAFF:
            told[address] = 302
        if who and door == "logout":
            person.force_login(who)
    assert told == wanted


def test_whoever_signs_in_after_a_press_that_came_too_late_arrives_at_a_page(
    rows: dict[str, int], sign_in: SignIn
) -> None:
    """The session is over, a button is pressed, one signs in: at the page of the button."""
    root = User.objects.create_superuser("root", "root@example.com", PASSWORD)
    signed_in, arrived = sign_in(root), {}
    assert not [name for name, door in DOORS.items() if door.get == 405]
    for name, pattern in EVERY_ADDRESS:
        if DOORS[name].get != 302:
            continue  # it shows a page of its own
        way_in = Client().post(address_of(pattern, rows), follow=True)
        wanted = parse_qs(way_in.request["QUERY_STRING"]).get("next", ["/admin/"])[0]
        there = signed_in.get(wanted, follow=True)
        arrived[name] = there.status_code, there.request["PATH_INFO"]
    assert {status for status, _path in arrived.values()} == {200}
    row = "/admin/payments/{}/{}/change/".format
    for button in ("verify", "verify_row", "note", "erase"):
        assert arrived[f"payments_payment_{button}"][1] == row("payment", rows["payment"])
    for button in ("own", "verify"):
        there = arrived[f"payments_discrepancy_{button}"][1]
        assert there == row("discrepancy", rows["discrepancy"])
    for button in ("save_view", "delete_view", "unmask", "mask"):
        assert arrived[f"payments_payment_{button}"][1] == LIST
    for kind in ("daily", "monthly"):
        there = arrived[f"payments_dailyclose_{kind}_csv"][1]
        assert there == reverse(f"admin:payments_dailyclose_{kind}")


@everybody(STAFF)
def test_every_action_is_offered_as_the_table_says(
    person: Client, name: str, may: bool, db: None
) -> None:
    request = RequestFactory().get("/")
    request.user = AnonymousUser()
    if user_id := person.session.get("_auth_user_id"):
        request.user = User.objects.get(pk=user_id)
    offered = {
        (screen.opts.label_lower, action)
        for screen in admin.site._registry.values()
        if screen.has_view_or_change_permission(request)
        for action in screen.get_actions(request)
    }
    wanted = {action for action, people in ACTIONS.items() if name in people}
    assert offered == wanted

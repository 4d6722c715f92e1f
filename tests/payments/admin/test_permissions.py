"""Who may open, do and take what. Every address and every action, for every kind of person."""

import re
from collections.abc import Iterator
from datetime import date
from typing import Any
from urllib.parse import parse_qs

import pytest
from allauth.account.models import EmailAddress
from django.contrib import admin
from django.contrib.auth.models import AnonymousUser, Group, Permission
from django.test import Client, RequestFactory
from django.urls import URLResolver, reverse

from accounts.models import User
from payments.models import (
    AccessKind,
    Discrepancy,
    DiscrepancyLine,
    Payment,
    PaymentEvent,
    PersonalDataAccess,
    Product,
    ReconciliationRun,
    SavedView,
    VerificationRun,
    WebhookDelivery,
    Worker,
)
from payments.services import webhooks
from payments.services.access_log import record_access
from payments.services.background import workers
from payments.services.daily_close.close import close_day
from payments.services.verification_runs import control
from tests.conftest import PASSWORD
from tests.gateway import SandboxGateway
from tests.payments import builders
from tests.payments.books import begun, filed

from .access_matrix import ACT, ACTIONS, DOORS, MANAGE, NOBODY, STAFF, TAKE
from .conftest import (
    CUSTOMERS,
    EXPORT,
    LIST,
    MARK_FAILED,
    SignIn,
    act,
    page_of,
    take,
    text_of,
    verify_of,
)

APRIL_1 = date(2026, 4, 1)
PEOPLE = ("anonymous", "customer", *sorted(STAFF))


@pytest.fixture
def payment(customer: User, product: Product) -> Payment:
    """An open order."""
    return builders.ordered(customer, product)


@pytest.fixture
def delivery(db: None) -> WebhookDelivery:
    return webhooks.receive(body=b"{}", content_type="application/json", remote_address=None)


@pytest.fixture
def person(request: pytest.FixtureRequest, db: None, sign_in: SignIn) -> Client:
    """The browser of the person that the test names."""
    if request.param == "anonymous":
        return Client()
    if request.param == "superuser":
        return sign_in(User.objects.create_superuser(username="root", email="root@example.com"))
    return sign_in(request.getfixturevalue(request.param))


def everybody(allowed: frozenset[str]) -> pytest.MarkDecorator:
    """The test for each person, with whether they may."""
    cases = [pytest.param(name, name, name in allowed, id=name) for name in PEOPLE]
    return pytest.mark.parametrize(("person", "name", "may"), cases, indirect=["person"])


def assert_access(response: Any, name: str, may: bool) -> None:
    if may:
        assert response.status_code == 200
    elif name in STAFF:
        assert response.status_code == 403
    else:
        assert response.status_code == 302
        assert response["Location"].startswith("/admin/login/")


def fingerprint() -> list[Any]:
    """Everything that must not change unless somebody who may changes it."""
    return [
        *Payment.objects.order_by("pk").values(),
        PaymentEvent.objects.count(),
        *Product.objects.order_by("pk").values(),
        *WebhookDelivery.objects.order_by("pk").values(),
        *VerificationRun.objects.order_by("pk").values(),
        *ReconciliationRun.objects.order_by("pk").values(),
        *Discrepancy.objects.order_by("pk").values(),
        *DiscrepancyLine.objects.order_by("pk").values(),
    ]


# --- The matrix: every address, every action -----------------------------------------------------


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
    payment: Payment,
    delivery: WebhookDelivery,
    customer: User,
    product: Product,
    finance: User,
) -> dict[str, int]:
    """One row for each screen, by the model's name in the address."""
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


# --- What happens behind the doors ---------------------------------------------------------------


@everybody(TAKE)
def test_who_may_export(person: Client, name: str, may: bool, payment: Payment) -> None:
    response = take(person)
    assert_access(response, name, may)
    assert PersonalDataAccess.objects.exists() is may
    if may:
        assert payment.merchant_uid in text_of(response)


@everybody(ACT)
def test_who_may_open_the_page_that_marks_failed(
    person: Client, name: str, may: bool, payment: Payment
) -> None:
    assert_access(person.get(f"{MARK_FAILED}?id={payment.pk}"), name, may)


@everybody(ACT)
def test_who_may_mark_failed(
    person: Client, name: str, may: bool, payment: Payment, sandbox: SandboxGateway
) -> None:
    record = f"{payment.pk}:{payment.version}"
    body = {"record": record, "reason": "abandoned", "note": "고객 요청"}
    before = fingerprint()
    response = person.post(MARK_FAILED, body)
    payment.refresh_from_db()
    assert (payment.status == "failed") is may
    if not may:
        assert_access(response, name, may)
        assert fingerprint() == before
        assert sandbox.calls()["total"] == 0


@everybody(ACT)
def test_who_may_re_verify(
    person: Client, name: str, may: bool, payment: Payment, sandbox: SandboxGateway
) -> None:
    before = fingerprint()
    response = person.post(verify_of(payment))
    asked = payment.events.filter(kind="asked", source="admin").exists()
    assert asked is may
    if not may:
        assert_access(response, name, may)
        assert fingerprint() == before
        assert sandbox.calls()["total"] == 0


ON_PAYMENTS = {name: people for (on, name), people in ACTIONS.items() if on == "payments.payment"}


@pytest.mark.parametrize("action", ON_PAYMENTS)
@everybody(STAFF)
def test_an_action_is_offered_to_and_run_for_those_who_may(
    person: Client,
    name: str,
    may: bool,
    action: str,
    payment: Payment,
    sandbox: SandboxGateway,
) -> None:
    may = name in ON_PAYMENTS[action]
    if name in STAFF:
        assert (f'value="{action}"' in text_of(person.get(LIST))) is may
    before = fingerprint()
    response = act(person, action, payment)
    if not may:
        # Django runs no action that it did not offer; there is nothing to export or confirm.
        assert response.status_code in {200, 302}
        assert payment.merchant_uid not in response.headers.get("Location", "")
        assert response.headers["Content-Type"].startswith("text/html")
        assert fingerprint() == before
        assert sandbox.calls()["total"] == 0


@everybody(STAFF)
def test_buttons_are_there_for_those_who_may(
    person: Client, name: str, may: bool, payment: Payment
) -> None:
    if not may:
        return
    rows, page = text_of(person.get(LIST)), text_of(person.get(page_of(payment)))
    assert ("Export as CSV</a>" in rows) is (name in TAKE)
    assert (f'formaction="{verify_of(payment)}"' in rows) is (name in ACT)
    assert (f'action="{verify_of(payment)}"' in page) is (name in ACT)
    assert (MARK_FAILED in page) is (name in ACT)


@everybody(NOBODY)
def test_nobody_adds_changes_or_deletes_what_the_ledger_and_the_inbox_own(
    person: Client, name: str, may: bool, payment: Payment, delivery: WebhookDelivery
) -> None:
    before = fingerprint()
    for screen, pk in (("payment", payment.pk), ("webhookdelivery", delivery.pk)):
        base = f"/admin/payments/{screen}/"
        assert_access(person.get(f"{base}add/"), name, may)
        assert_access(person.post(f"{base}add/", {"amount": 1}), name, may)
        assert_access(person.post(f"{base}{pk}/change/", {"amount": 1}), name, may)
        assert_access(person.get(f"{base}{pk}/delete/"), name, may)
        assert_access(person.post(f"{base}{pk}/delete/", {"post": "yes"}), name, may)
        action = {"action": "delete_selected", "_selected_action": pk, "post": "yes"}
        person.post(base, action)
    assert fingerprint() == before


@everybody(MANAGE)
def test_who_may_add_and_change_products_which_nobody_deletes(
    person: Client, name: str, may: bool, product: Product
) -> None:
    base = "/admin/payments/product/"
    fields = {"name": "새 상품", "slug": "new", "description": "", "price": 5_000, "active": "on"}
    added = person.post(f"{base}add/", fields)
    assert Product.objects.filter(slug="new").exists() is may
    if not may:
        assert_access(added, name, may)
    person.post(f"{base}{product.pk}/change/", fields | {"slug": product.slug})
    product.refresh_from_db()
    assert (product.price == 5_000) is may
    assert_access(person.post(f"{base}{product.pk}/delete/", {"post": "yes"}), name, False)
    assert Product.objects.filter(pk=product.pk).exists()


@everybody(STAFF)
def test_a_get_never_changes_or_asks_anything(
    person: Client,
    name: str,
    may: bool,
    payment: Payment,
    delivery: WebhookDelivery,
    sandbox: SandboxGateway,
) -> None:
    before = fingerprint()
    for address in (
        LIST,
        f"{LIST}?action=reverify&_selected_action={payment.pk}&index=0",
        EXPORT,
        CUSTOMERS,
        f"{MARK_FAILED}?id={payment.pk}&record={payment.pk}:1&reason=fraud&note=x",
        page_of(payment),
        verify_of(payment),
        f"/admin/payments/webhookdelivery/{delivery.pk}/change/",
    ):
        text_of(person.get(address))
    assert fingerprint() == before
    assert sandbox.calls()["total"] == 0


def test_a_button_answers_only_to_post_and_only_with_a_token(
    operator: User, payment: Payment, sandbox: SandboxGateway
) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(operator)
    assert client.get(verify_of(payment))["Location"] == page_of(payment)
    client.handler.enforce_csrf_checks = False
    refused = client.put(verify_of(payment))
    client.handler.enforce_csrf_checks = True
    assert (refused.status_code, refused["Allow"]) == (405, "POST")
    assert client.post(verify_of(payment)).status_code == 403
    body = {"record": f"{payment.pk}:{payment.version}", "reason": "other", "note": "x"}
    assert client.post(MARK_FAILED, body).status_code == 403
    assert sandbox.calls()["total"] == 0


def test_a_payment_that_does_not_exist_is_not_found(operator: User, sign_in: SignIn) -> None:
    client = sign_in(operator)
    assert client.post(f"{LIST}999/verify/").status_code == 404
    assert client.get(f"{LIST}999/change/").status_code == 302
    assert "There is nothing here" in text_of(client.get(f"{MARK_FAILED}?id=999&id=abc&id=-1"))


@pytest.mark.parametrize("missing", ["view_paymentevent", "view_webhookdelivery"])
def test_history_and_webhooks_are_for_those_who_may_see_them(
    payment: Payment, sign_in: SignIn, missing: str
) -> None:
    body = f'{{"merchant_uid": "{payment.merchant_uid}", "imp_uid": "imp_1", "status": "paid"}}'
    delivery = webhooks.receive(
        body=body.encode(), content_type="application/json", remote_address=None
    )
    WebhookDelivery.objects.filter(pk=delivery.pk).update(payment=payment)
    person = User.objects.create_user(username="p", email="p@example.com", is_staff=True)
    wanted = {"view_payment", "view_paymentevent", "view_webhookdelivery"} - {missing}
    person.user_permissions.set(Permission.objects.filter(codename__in=wanted))
    page = text_of(sign_in(person).get(page_of(payment)))
    assert ('id="event-1"' in page) is (missing != "view_paymentevent")
    assert (f'id="webhook-{delivery.pk}"' in page) is (missing != "view_webhookdelivery")

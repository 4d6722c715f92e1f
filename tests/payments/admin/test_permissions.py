"""Who may open, do and take what. Every address and every action, for every kind of person."""

from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from payments.models import Payment, PaymentEvent, Product, WebhookDelivery
from payments.services import inbox
from tests.gateway import SandboxGateway
from tests.payments import builders

from .conftest import (
    CUSTOMERS,
    EXPORT,
    LIST,
    MARK_FAILED,
    SignIn,
    act,
    page_of,
    text_of,
    verify_of,
)

PEOPLE = ("anonymous", "customer", "viewer", "finance", "operator", "admin_person", "superuser")
# Who gets in, by address. Whoever is not staff is sent to sign in (and refused there).
MAY_LOOK = {"viewer", "finance", "operator", "admin_person", "superuser"}
MAY_EXPORT = {"finance", "admin_person", "superuser"}
MAY_ACT = {"operator", "admin_person", "superuser"}
MAY_SELL = {"admin_person", "superuser"}
STAFF = MAY_LOOK


@pytest.fixture
def payment(customer: User, product: Product) -> Payment:
    """An open order."""
    return builders.ordered(customer, product)


@pytest.fixture
def delivery(db: None) -> WebhookDelivery:
    return inbox.receive(body=b"{}", content_type="application/json", remote_address=None)


@pytest.fixture
def person(request: pytest.FixtureRequest, db: None, sign_in: SignIn) -> Client:
    """The browser of the person that the test names."""
    if request.param == "anonymous":
        return Client()
    if request.param == "superuser":
        return sign_in(User.objects.create_superuser(username="root", email="root@example.com"))
    return sign_in(request.getfixturevalue(request.param))


def everybody(allowed: set[str]) -> pytest.MarkDecorator:
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
    ]


@everybody(MAY_LOOK)
def test_who_may_look(
    person: Client, name: str, may: bool, payment: Payment, delivery: WebhookDelivery
) -> None:
    addresses = [
        LIST,
        page_of(payment),
        CUSTOMERS,
        "/admin/payments/webhookdelivery/",
        f"/admin/payments/webhookdelivery/{delivery.pk}/change/",
        "/admin/payments/product/",
        f"/admin/payments/product/{payment.product_id}/change/",
    ]
    for address in addresses:
        assert_access(person.get(address), name, may)


@everybody(MAY_EXPORT)
def test_who_may_export(person: Client, name: str, may: bool, payment: Payment) -> None:
    response = person.get(EXPORT)
    assert_access(response, name, may)
    if may:
        assert payment.merchant_uid in text_of(response)


@everybody(MAY_ACT)
def test_who_may_open_the_page_that_marks_failed(
    person: Client, name: str, may: bool, payment: Payment
) -> None:
    assert_access(person.get(f"{MARK_FAILED}?id={payment.pk}"), name, may)


@everybody(MAY_ACT)
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


@everybody(MAY_ACT)
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


ACTIONS = {"reverify": MAY_ACT, "mark_failed": MAY_ACT, "export_selected": MAY_EXPORT}


@pytest.mark.parametrize("action", ACTIONS)
@everybody(STAFF)
def test_an_action_is_offered_to_and_run_for_those_who_may(
    person: Client,
    name: str,
    may: bool,
    action: str,
    payment: Payment,
    sandbox: SandboxGateway,
) -> None:
    may = name in ACTIONS[action]
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


@everybody(MAY_LOOK)
def test_buttons_are_there_for_those_who_may(
    person: Client, name: str, may: bool, payment: Payment
) -> None:
    if not may:
        return
    rows, page = text_of(person.get(LIST)), text_of(person.get(page_of(payment)))
    assert ("Export as CSV</a>" in rows) is (name in MAY_EXPORT)
    assert (f'formaction="{verify_of(payment)}"' in rows) is (name in MAY_ACT)
    assert (f'action="{verify_of(payment)}"' in page) is (name in MAY_ACT)
    assert (MARK_FAILED in page) is (name in MAY_ACT)


@everybody(set())
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


@everybody(MAY_SELL)
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


@everybody(MAY_LOOK)
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
    refused = client.get(verify_of(payment))
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
    from django.contrib.auth.models import Permission

    person = User.objects.create_user(username="p", email="p@example.com", is_staff=True)
    wanted = {"view_payment", "view_paymentevent", "view_webhookdelivery"} - {missing}
    person.user_permissions.set(Permission.objects.filter(codename__in=wanted))
    page = text_of(sign_in(person).get(page_of(payment)))
    assert ('id="timeline"' in page) is (missing != "view_paymentevent")
    assert ('id="deliveries"' in page) is (missing != "view_webhookdelivery")

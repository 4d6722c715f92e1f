"""Who may do and take what, and what happens behind the doors that `test_doors` opens."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from accounts.models import User
from payments.models import (
    Discrepancy,
    DiscrepancyLine,
    Payment,
    PaymentEvent,
    PersonalDataAccess,
    Product,
    ReconciliationRun,
    VerificationRun,
    WebhookDelivery,
)
from payments.services import webhooks
from tests.gateway import SandboxGateway
from tests.payments import builders

from .access_matrix import ACT, ACTIONS, MANAGE, NOBODY, STAFF, TAKE, assert_access, everybody
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


@pytest.fixture
def payment(customer: User, product: Product) -> Payment:
    """An open order."""
    return builders.ordered(customer, product)


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

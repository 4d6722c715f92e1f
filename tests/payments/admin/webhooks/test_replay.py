"""Processing webhooks again: a button, an action, a right of its own, a record."""

import json
from typing import Any

import pytest
from django.test import Client
from django_tasks_db.models import DBTaskResult

from accounts.models import User
from payments import tasks
from payments.models import Payment, WebhookDelivery, WebhookReplay
from payments.services import webhooks
from tests.gateway import SandboxGateway
from tests.payments.admin.conftest import SignIn, text_of

INBOX = "/admin/payments/webhookdelivery/"


@pytest.fixture
def client(operator: User, sign_in: SignIn) -> Client:
    """The operator's browser."""
    return sign_in(operator)


@pytest.fixture
def early(payment: Payment, sandbox: SandboxGateway) -> WebhookDelivery:
    """A delivery with another number that came before its payment showed: taken for forged."""
    paid = sandbox.pay(payment.merchant_uid, payment.amount)
    sandbox.fault("status", match={"path": "/payments/*"}, status=404)
    delivery = deliver(paid["imp_uid"])
    sandbox.heal()
    return delivery


def deliver(imp_uid: str) -> WebhookDelivery:
    body = json.dumps({"imp_uid": imp_uid, "merchant_uid": "x", "status": "paid"})
    return webhooks.accept(body=body.encode(), content_type="", remote_address=None)


def page_of(delivery: WebhookDelivery) -> str:
    return f"{INBOX}{delivery.pk}/change/"


def press(client: Client, delivery: WebhookDelivery) -> str:
    response = client.post(f"{INBOX}{delivery.pk}/replay/", follow=True)
    assert response.redirect_chain == [(page_of(delivery), 302)]
    return text_of(response)


def tick(client: Client, *deliveries: WebhookDelivery) -> str:
    data = {
        "action": "replay_selected",
        "_selected_action": [str(delivery.pk) for delivery in deliveries],
    }
    return text_of(client.post(INBOX, data, follow=True))


def test_the_button_on_its_page_processes_it_and_says_what_came_of_it(
    client: Client, payment: Payment, early: WebhookDelivery, operator: User
) -> None:
    assert f'action="{INBOX}{early.pk}/replay/"' in text_of(client.get(page_of(early)))
    page = press(client, early)
    payment.refresh_from_db()
    assert payment.is_paid
    assert "1 webhook processed again: Applied; the body disagreed 1" in page
    record = page.split('id="replays"')[1].split("</section>", maxsplit=1)[0]
    assert str(operator) in record
    assert "Applied; the body disagreed" in record


def test_one_without_an_id_has_no_button_and_is_not_processed(
    client: Client, payment: Payment
) -> None:
    delivery = webhooks.accept(body=b"{", content_type="", remote_address=None)
    assert "/replay/" not in text_of(client.get(page_of(delivery)))
    assert "It names no payment to ask about." in press(client, delivery)
    assert not WebhookReplay.objects.exists()


def test_ticked_ones_are_processed_and_counted_by_what_came_of_them(
    client: Client, payment: Payment, early: WebhookDelivery
) -> None:
    unreadable = webhooks.accept(body=b"{", content_type="", remote_address=None)
    page = tick(client, early, deliver("imp_999999999999"), unreadable)
    assert "2 webhooks processed again" in page
    assert "Applied; the body disagreed 1, Says something the gateway does not 1" in page
    batch = WebhookReplay.objects.values_list("batch", flat=True).distinct().get()
    assert f"replays__batch={batch}" in page
    listed = client.get(f"{INBOX}?replays__batch={batch}").context["cl"].result_list
    assert {delivery.outcome for delivery in listed} == {"body_disagreed", "forged"}
    assert len(listed) == 2


def test_many_become_a_task_in_the_background(
    client: Client, payment: Payment, sandbox: SandboxGateway
) -> None:
    for number in range(21):
        deliver(f"imp_9999999999{number:02}")
    before = sandbox.calls()["counts"]
    data = {"action": "replay_selected", "select_across": "1", "_selected_action": "1"}
    page = text_of(client.post(INBOX, data, follow=True))
    assert "21 webhooks are processed again in the background." in page
    assert sandbox.calls()["counts"] == before
    assert DBTaskResult.objects.filter(task_path__endswith=".replay_webhooks").count() == 1
    delivery = WebhookDelivery.objects.latest("pk")
    assert "waits for its turn" in text_of(client.get(page_of(delivery)))
    tasks.replay_webhooks.func()
    assert "waits for its turn" not in text_of(client.get(page_of(delivery)))


def test_a_silent_gateway_is_said_so(
    client: Client, payment: Payment, sandbox: SandboxGateway
) -> None:
    deliveries = [deliver(f"imp_99999999999{number}") for number in range(5)]
    sandbox.fault("status", status=502)
    page = tick(client, *deliveries)
    assert "Could not be processed 3, no answer, so left for later 2" in page


def test_nothing_ticked_that_names_a_payment_does_nothing(client: Client, db: None) -> None:
    unreadable = webhooks.accept(body=b"{", content_type="", remote_address=None)
    assert "None of them names a payment to ask about." in tick(client, unreadable)


def test_who_only_looks_is_offered_none_of_it(
    viewer: User, sign_in: SignIn, payment: Payment, early: WebhookDelivery
) -> None:
    client = sign_in(viewer)
    assert "/replay/" not in text_of(client.get(page_of(early)))
    assert client.post(f"{INBOX}{early.pk}/replay/").status_code == 403
    assert "replay_selected" not in text_of(client.get(INBOX))
    payment.refresh_from_db()
    assert not payment.is_paid


def test_what_is_cut_is_said_with_its_hash(client: Client, db: None) -> None:
    delivery = webhooks.accept(body=b"x" * 9_000, content_type="", remote_address=None)
    page: Any = text_of(client.get(page_of(delivery)))
    assert "The first 256 characters of 9,000 bytes are kept." in page
    assert delivery.body_hash in page


def test_why_a_replay_brought_no_answer_is_said_in_words(
    client: Client, payment: Payment, early: WebhookDelivery, sandbox: SandboxGateway
) -> None:
    sandbox.fault("status", match={"path": "/payments/*"}, status=403)
    press(client, early)
    page = text_of(client.get(page_of(early)))
    assert "The payment gateway refuses our API key" in page
    assert "status 403" not in page

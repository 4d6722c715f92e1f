"""What goes wrong with the gateway, told apart for people: refused, down, slow, unreadable."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from accounts.models import User
from payments import gateway
from payments.errors import GatewayUnavailable
from payments.gateway import Trouble
from payments.iamport import IamportError, Refused
from payments.models import Payment, WebhookDelivery
from payments.services import webhooks
from payments.services.verification.verify import verify
from payments.states import Source
from tests.gateway import SandboxGateway

FAULTS: dict[Trouble, dict[str, Any]] = {
    Trouble.REFUSED: {"kind": "ip_denied"},
    Trouble.DOWN: {"kind": "status", "status": 500},
    Trouble.SLOW: {"kind": "hang"},
    Trouble.UNREADABLE: {"kind": "html", "status": 200},
}


@pytest.fixture(params=FAULTS, ids=str)
def trouble(
    request: pytest.FixtureRequest, payment: Payment, sandbox: SandboxGateway, settings: Any
) -> Trouble:
    """A gateway in this kind of trouble."""
    settings.IAMPORT_READ_TIMEOUT = 0.3
    sandbox.fault(**FAULTS[request.param])
    assert isinstance(request.param, Trouble)
    return request.param


def test_each_kind_is_told_apart(payment: Payment, trouble: Trouble) -> None:
    with pytest.raises(IamportError) as raised:
        gateway.client().payment("imp_1")
    assert gateway.trouble_of(raised.value) is trouble
    result = verify(payment=payment, source=Source.ADMIN)
    assert gateway.in_words(result.why) == trouble.label


@pytest.mark.parametrize("language", ["ko", "en"])
def test_staff_read_what_it_is_and_what_helps_in_their_language(
    client: Client, operator: User, payment: Payment, trouble: Trouble, language: str
) -> None:
    operator.language = language
    operator.save()
    client.force_login(operator)
    page = reverse("admin:payments_payment_change", args=[payment.pk])
    client.post(reverse("admin:payments_payment_verify", args=[payment.pk]))
    with translation.override(language):
        sentence = str(trouble.label)
    shown = client.get(page).content.decode()
    # The message, and the row of the timeline.
    assert shown.count(sentence.replace("'", "&#x27;")) == 2
    assert "/payments/findAll" not in shown


def test_a_webhook_says_why_it_could_not_be_processed(
    client: Client, operator: User, trouble: Trouble
) -> None:
    body = b'{"imp_uid": "imp_1", "status": "paid"}'
    webhooks.accept(body=body, content_type="", remote_address=None)
    client.force_login(operator)
    delivery = WebhookDelivery.objects.get()
    shown = client.get(reverse("admin:payments_webhookdelivery_change", args=[delivery.pk]))
    assert str(trouble.label).replace("'", "&#x27;") in shown.content.decode()


def test_an_answer_is_no_trouble_and_other_text_stays_as_it_is() -> None:
    assert gateway.trouble_of(Refused("no")) is None
    assert gateway.in_words("down the road: a note") == "down the road: a note"
    assert gateway.in_words("") == GatewayUnavailable.message


def test_every_kind_has_its_korean_words() -> None:
    for kind in Trouble:
        with translation.override("ko"):
            korean = str(kind.label)
        assert "포트원" in korean

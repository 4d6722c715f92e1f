"""URLs of the staff screens, and what one can read off a page."""

import csv
import io
import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.test import Client
from django.urls import reverse
from django.utils import translation

from accounts.models import User
from payments.core.kst import end_of, start_of
from payments.models import Payment, Product, ReconciliationRun, RunStatus, WebhookDelivery
from payments.services import webhooks
from tests.payments import builders
from tests.responses import ClientResponse

from .daily_close.pages import APRIL_1, NOW, ran

LIST = "/admin/payments/payment/"
EXPORT = f"{LIST}export/"
CUSTOMERS = f"{LIST}customers/"
MARK_FAILED = f"{LIST}mark-failed/"
START_RUN = f"{LIST}verify/"
RUNS = "/admin/payments/verificationrun/"

SignIn = Callable[[User], Client]


@pytest.fixture
def sign_in() -> SignIn:
    """A browser in which this person is signed in and reads English.

    Content types are known, as in a process that has served a page before: whoever counts queries
    must count the same in whatever order the tests run.
    """

    def signed_in(user: User) -> Client:
        ContentType.objects.get_for_models(*apps.get_models())
        User.objects.filter(pk=user.pk).update(language="en")
        client = Client()
        client.force_login(user)
        return client

    return signed_in


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


def page_of(payment: Payment) -> str:
    return reverse("admin:payments_payment_change", args=[payment.pk])


def verify_of(payment: Payment) -> str:
    return reverse("admin:payments_payment_verify", args=[payment.pk])


def listed(client: Client, query: str = "") -> set[str]:
    """The order numbers on the list, also where a search for an id would lead on from it."""
    response = client.get(f"{LIST}?{query}&_list=1")
    assert response.status_code == 200, response.headers.get("Location")
    return {payment.merchant_uid for payment in response.context["cl"].result_list}


def text_of(response: Any) -> str:
    """A whole answer, streamed or not."""
    body = b"".join(response.streaming_content) if response.streaming else response.content
    return bytes(body).decode("utf-8")


def take(client: Client, query: str = "", **data: str) -> ClientResponse:
    """The file itself: what the export's page posts."""
    return client.post(
        f"{EXPORT}?{query}", {"reason": "4월 매출 마감", "personal": "masked"} | data
    )


def rows_of(response: Any) -> list[dict[str, str]]:
    """A CSV's rows by column; of an action, what comes after the page that it leads to."""
    if response.status_code == 302 and response["Location"].startswith(EXPORT):
        response = take(response.client, response["Location"].partition("?")[2])
    assert response.status_code == 200, response.headers.get("Location")
    text = text_of(response)
    assert text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


def exported(client: Client, query: str = "") -> set[str]:
    """The order numbers in the export of a filter."""
    return {next(iter(row.values())) for row in rows_of(take(client, query))}


def act(
    client: Client, action: str, *payments: Payment, query: str = "", **data: Any
) -> ClientResponse:
    """Tick payments on the list and run an action."""
    ticked = [payment.pk for payment in payments]
    body = {"action": action, "index": 0, "select_across": 0, "_selected_action": ticked}
    return client.post(f"{LIST}?{query}", body | data)


def english(text: object) -> str:
    """Words of the product as a reader of English sees them."""
    with translation.override("en"):
        return str(text)


def messages_on(response: ClientResponse) -> str:
    """The messages on the page that follows, as text."""
    page = response.client.get(response["Location"]) if response.status_code == 302 else response
    match = re.search(
        r'<ul class="messagelist">(.*?)</ul>\s*(?:<!--|<div)', text_of(page), re.DOTALL
    )
    return unescape(re.sub(r"<[^>]+>|\s+", " ", match[1])).strip() if match else ""


@pytest.fixture
def morning_after(time_machine: Any) -> None:
    """The second of April is over in Korea."""
    time_machine.move_to(NOW)


@pytest.fixture
def busy_day(customer: User, stranger: User, product: Product) -> list[Payment]:
    """The first of April, with a payment in its first and its last second."""
    builders.paid(customer, product, at=end_of(APRIL_1))  # the next day's
    return [
        builders.paid(customer, product, at=start_of(APRIL_1), amount=1_000),
        builders.paid(
            customer, product, at=end_of(APRIL_1) - timedelta(seconds=1), pay_method="kakaopay"
        ),
        builders.refunded(stranger, product, refund=9_000),
    ]


@pytest.fixture
def with_unknown() -> ReconciliationRun:
    """Compared, but the gateway gave no answer about some payments."""
    unknown = {"counts": {"unknown": 1_200}, "unknown": ["imp_1"]}
    return ran(APRIL_1, APRIL_1, end_of(APRIL_1), RunStatus.DONE, **unknown)

"""No address and no body is an error of ours: every page of staff and customers, hostile values.

Addresses are walked from the resolver, so a new page is asked as well. Each takes its share of the
values (`hostile`) in turn; `HOSTILE_REQUESTS=9` asks nine times as much (minutes).
"""

import itertools
import os
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import URLResolver, get_resolver

from accounts.models import User
from payments.core.kst import day_of
from payments.models import AccessKind, Payment, Product, SavedView
from payments.services import webhooks
from payments.services.access_log import record_access
from payments.services.background import workers
from payments.services.daily_close.close import close_day
from payments.services.verification_runs import control
from tests.gateway import SandboxGateway
from tests.payments import builders
from tests.payments.books import begun, filed
from tests.payments.hostile import BODIES, FIELDS, PARAMETERS, VALUES

# So many times as many.
TIMES = int(os.environ.get("HOSTILE_REQUESTS", "1"))

# They end the session or the account's way in, for those that follow.
LEFT_OUT = re.compile(r"logout|sessions/|password/(change|set)|second-factor|reauthenticate|2fa")


def addresses(patterns: list[Any], before: str = "/") -> Iterator[str]:
    """The pattern of every address."""
    for pattern in patterns:
        text = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern.url_patterns, text)
        else:
            yield text


def readable_pattern(pattern: str) -> str:
    """Regular expressions as patterns with variables."""
    text = re.sub(r"\(\?P<(\w+)>(?:[^()]|\([^()]*\))*\)", r"<\1>", pattern)
    return re.sub(r"[\^$]|\\Z", "", text)


EVERY_ADDRESS = sorted({readable_pattern(text) for text in addresses(get_resolver().url_patterns)})
VARIABLE = re.compile(r"<[^>]+>")


@pytest.fixture
def rows(
    sandbox: SandboxGateway, customer: User, finance: User, product: Product
) -> dict[str, object]:
    """One row for each screen, by the model's name in the address."""
    payment = builders.paid(customer, product)
    builders.ordered(customer, product)
    access = record_access(
        actor=finance, kind=AccessKind.VIEWED, reason="환불 문의 확인", unmasked=True
    )
    run = control.start(
        payments=Payment.objects.all(), query="", actor=None, enqueue=lambda pk: None
    )
    workers.heartbeat(worker_id="w", host="shop-1", pid=1)
    delivery = webhooks.receive(body=b"{}", content_type="application/json", remote_address=None)
    return {
        "payment": payment.pk,
        "payments": payment.merchant_uid,
        "products": product.slug,
        "verificationrun": run.pk,
        "reconciliationrun": begun().pk,
        "discrepancy": filed(payment).pk,
        "dailyclose": close_day(day=day_of(builders.NOON), actor=finance).pk,
        "product": product.pk,
        "webhookdelivery": delivery.pk,
        "personaldataaccess": access.pk,
        "user": customer.pk,
        "group": Group.objects.get(name="Viewer").pk,
        "views": SavedView.objects.create(owner=customer, name="view").pk,
    }


@pytest.fixture
def client(rows: dict[str, object], customer: User, product: Product) -> Client:
    """Somebody who may do everything, and buys as well."""
    root = User.objects.create_superuser(username="root", email="root@example.com")
    builders.paid(root, product)
    client = Client(raise_request_exception=False)
    client.force_login(root)
    return client


def share(values: list[Any], turn: int, number: int) -> list[Any]:
    """Some of the values, other ones each turn: all are used over the addresses."""
    number = min(number * TIMES, len(values))
    return [values[(turn * number + step) % len(values)] for step in range(number)]


def existing(pattern: str, rows: dict[str, object]) -> str:
    """The address of a row that exists."""
    parts = [part for part in pattern.split("/") if part in rows]
    return VARIABLE.sub(str(rows[parts[-1]]) if parts else "1", pattern)


def refuse_errors(client: Client, asked: Iterator[tuple[str, str, dict[str, Any]]]) -> None:
    """Send them; none may be answered with an error of ours."""
    errors, root = [], User.objects.get(username="root")
    for method, address, extra in asked:
        response: Any = client.generic(method, address, **extra)
        if response.status_code >= 500 and response.status_code != 503:
            why = repr(response.exc_info[1])[:200] if response.exc_info else ""
            errors.append(f"{why}: {method} {address[:200]} {extra.get('data', b'')[:200]!r}")
        if response.streaming:
            list(response.streaming_content)
        if "_auth_user_id" not in client.session:
            client.force_login(root)
    assert not errors, "\n".join(errors)


def test_every_variable_of_an_address_takes_any_value(client: Client) -> None:
    def asked() -> Iterator[tuple[str, str, dict[str, Any]]]:
        patterns = [pattern for pattern in EVERY_ADDRESS if VARIABLE.search(pattern)]
        for turn, pattern in enumerate(patterns):
            for value in share(VALUES, turn, 4):
                yield "GET", VARIABLE.sub(value.replace("\\", "\\\\"), pattern), {}
            value = VALUES[turn % len(VALUES)]
            yield "POST", VARIABLE.sub(value.replace("\\", "\\\\"), pattern), {}

    refuse_errors(client, asked())


@pytest.mark.parametrize("part", range(4))
def test_every_parameter_takes_any_value(
    client: Client, rows: dict[str, object], part: int
) -> None:
    def asked() -> Iterator[tuple[str, str, dict[str, Any]]]:
        turns = itertools.count()
        for pattern in EVERY_ADDRESS[part::4]:
            address = existing(pattern, rows)
            is_list = re.fullmatch(r"/admin/\w+/\w+/(export/)?", pattern)
            if is_list or TIMES > 1:
                for name in share(PARAMETERS, next(turns), len(PARAMETERS) // 4):
                    for value in share(VALUES, next(turns), 1):
                        yield "GET", f"{address}?{name}={value}", {}
            for value in share(VALUES, next(turns), 1):
                pairs = "&".join(f"{name}={value}" for name in PARAMETERS if "__" not in name)
                yield "GET", f"{address}?{pairs}&{pairs}", {}

    refuse_errors(client, asked())


@pytest.mark.parametrize("part", range(2))
def test_every_form_takes_any_value(client: Client, rows: dict[str, object], part: int) -> None:
    def asked() -> Iterator[tuple[str, str, dict[str, Any]]]:
        turns = itertools.count(part)
        form = "application/x-www-form-urlencoded"
        for pattern in EVERY_ADDRESS[part::2]:
            if LEFT_OUT.search(pattern):
                continue
            address = existing(pattern, rows)
            for value in share(VALUES, next(turns), 2):
                data = "&".join(f"{name}={value}" for name in [*FIELDS, *PARAMETERS])
                yield "POST", address, {"data": data.encode(), "content_type": form}

    refuse_errors(client, asked())


ACTIONS = [
    ("payments/payment", "reverify"),
    ("payments/payment", "mark_failed"),
    ("payments/payment", "export_selected"),
    ("accounts/user", "reset_second_factor"),
    ("auth/group", "delete_selected"),
    ("account/emailaddress", "make_verified"),
]


@pytest.mark.parametrize(("model", "action"), ACTIONS)
def test_every_action_takes_any_row(client: Client, model: str, action: str) -> None:
    def asked() -> Iterator[tuple[str, str, dict[str, Any]]]:
        form = "application/x-www-form-urlencoded"
        for value in VALUES:
            for query in (f"?id={value}", ""):
                data = f"action={action}&index=0&_selected_action={value}&_selected_action=1"
                extra = {"data": data.encode(), "content_type": form}
                yield "POST", f"/admin/{model}/{query}", extra

    refuse_errors(client, asked())


def test_every_address_takes_any_body(client: Client, rows: dict[str, object]) -> None:
    def asked() -> Iterator[tuple[str, str, dict[str, Any]]]:
        for turn, pattern in enumerate(EVERY_ADDRESS):
            if LEFT_OUT.search(pattern):
                continue
            for content_type, data in share(BODIES, turn, 1):
                extra = {"data": data, "content_type": content_type}
                yield "POST", existing(pattern, rows), extra

    refuse_errors(client, asked())


def test_cookies_and_headers_take_any_value(client: Client) -> None:
    texts = "\x00", "a" * 9 + "\x00", "x" * 9_000, "\xff" * 20, "../../..", "=;=", "\xea\xb0"

    def asked() -> Iterator[tuple[str, str, dict[str, Any]]]:
        for text in texts:
            for name in ("sessionid", "csrftoken", "django_language", "messages"):
                extra = {"HTTP_COOKIE": f"{name}={text}", "HTTP_USER_AGENT": text}
                for address in ("/", "/admin/", "/accounts/login/", "/payments/"):
                    yield "GET", address, extra

    refuse_errors(client, asked())

"""The webhooks' address: answered in every spelling, never by a redirect, never in HTML."""

import http.client
import json
from io import BytesIO
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client

from payments.models import Payment, WebhookDelivery
from tests.gateway import SandboxGateway

BODY = json.dumps({"imp_uid": "", "merchant_uid": "test"})
SPELLINGS = [
    "/webhooks/iamport/",
    "/webhooks/iamport",
    "/webhooks/iamport//",
    "//webhooks/iamport",
    "/webhooks//iamport/",
    "///webhooks///iamport///",
    "/webhooks/iamport?a=b",
    "/webhooks/iamport/?imp_uid=imp_1",
    "/Webhooks/Iamport",
    "/webhooks%2Fiamport",
]


def send(live_server: Any, method: str, path: str, **headers: str) -> http.client.HTTPResponse:
    """As it is spelled: no client tidies the path."""
    connection = http.client.HTTPConnection(live_server.thread.host, live_server.thread.port)
    connection.request(method, path, BODY, {"Content-Type": "application/json", **headers})
    response = connection.getresponse()
    response.read()
    connection.close()
    return response


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("path", SPELLINGS)
@pytest.mark.parametrize("debug", [True, False])
def test_every_spelling_of_it_is_answered(
    live_server: Any, settings: Any, path: str, debug: bool
) -> None:
    settings.SECURE_SSL_REDIRECT = True
    settings.DEBUG = debug
    response = send(live_server, "POST", path)
    assert (response.status, response.headers["Content-Type"]) == (200, "application/json")
    assert WebhookDelivery.objects.get().outcome == "test_call"


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE"])
@pytest.mark.parametrize("path", ["/webhooks/iamport", "/webhooks/iamport/"])
def test_any_other_method_is_answered_without_a_redirect(
    client: Client, settings: Any, method: str, path: str
) -> None:
    settings.SECURE_SSL_REDIRECT = True
    response = client.generic(method, path)
    assert (response.status_code, response.headers["Allow"]) == (405, "POST")
    assert response.headers["Content-Type"] == "application/json"
    assert not WebhookDelivery.objects.exists()


@pytest.mark.parametrize("path", ["/webhooks/iamport/x", "/webhooks/", "/a/webhooks/iamport/"])
def test_other_addresses_are_not_taken(client: Client, db: None, path: str) -> None:
    assert client.post(path, BODY, content_type="application/json").status_code == 404


@pytest.mark.parametrize("host", ["elsewhere.example", "a b", "x" * 300])
def test_whatever_host_a_proxy_names_is_no_page_in_html(
    client: Client, db: None, host: str
) -> None:
    response = client.post(
        "/webhooks/iamport/", BODY, content_type="application/json", HTTP_HOST=host
    )
    assert response.status_code == 200


def test_a_huge_body_is_answered_without_reading_it(client: Client, db: None) -> None:
    response = client.generic(
        "POST", "/webhooks/iamport/", b"", CONTENT_LENGTH="1000000000", HTTP_EXPECT="100-continue"
    )
    assert response.status_code == 413
    assert not WebhookDelivery.objects.exists()


@pytest.mark.parametrize(("size", "status"), [(10, 200), (20_000, 413)])
def test_a_body_sent_in_chunks_is_read(client: Client, db: None, size: int, status: int) -> None:
    body = json.dumps({"test": "x" * size}).encode()
    chunked: Any = {
        "CONTENT_LENGTH": "",
        "wsgi.input_terminated": True,
        "wsgi.input": BytesIO(body),
    }
    response = client.generic("POST", "/webhooks/iamport/", b"", "application/json", **chunked)
    assert response.status_code == status


def test_while_the_database_is_away_the_gateway_is_asked_to_repeat(
    client: Client, payment: Payment, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(**kwargs: object) -> None:
        raise OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr("payments.services.webhooks.accept", away)
    response = client.post("/webhooks/iamport/", BODY, content_type="application/json")
    assert response.status_code == 503
    assert response.json() == {"outcome": "database"}


def test_a_session_and_a_wrong_token_do_not_matter(
    payment: Payment, sandbox: SandboxGateway
) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.cookies["sessionid"] = "nonsense"
    response = browser.post("/webhooks/iamport/", BODY, content_type="application/json")
    assert response.status_code == 200
    assert not response.cookies


class TestWhereItCameFrom:
    def test_behind_a_proxy_the_inbox_names_the_caller(
        self, client: Client, db: None, settings: Any
    ) -> None:
        settings.TRUSTED_PROXIES = 1
        client.post(
            "/webhooks/iamport",
            BODY,
            content_type="application/json",
            HTTP_X_FORWARDED_FOR="6.6.6.6, 52.78.100.19:4711",
            REMOTE_ADDR="10.0.0.1",
        )
        assert WebhookDelivery.objects.get().remote_address == "52.78.100.19"

    @pytest.mark.parametrize("header", ["6.6.6.6", "nonsense"])
    def test_without_one_nobody_can_write_it(
        self, client: Client, db: None, settings: Any, header: str
    ) -> None:
        settings.TRUSTED_PROXIES = 0
        client.post(
            "/webhooks/iamport",
            BODY,
            content_type="application/json",
            HTTP_X_FORWARDED_FOR=header,
            REMOTE_ADDR="203.0.113.9",
        )
        assert WebhookDelivery.objects.get().remote_address == "203.0.113.9"

    def test_what_is_no_address_is_left_out(self, client: Client, db: None, settings: Any) -> None:
        settings.TRUSTED_PROXIES = 1
        client.post(
            "/webhooks/iamport",
            BODY,
            content_type="application/json",
            HTTP_X_FORWARDED_FOR="unknown",
        )
        assert WebhookDelivery.objects.get().remote_address is None

"""Sign-in's limits and sessions know the caller by the rule that holds everywhere."""

from typing import Any

import pytest
from allauth.account.adapter import get_adapter
from django.test import Client, RequestFactory


@pytest.mark.parametrize(
    ("forwarded", "address"),
    [("6.6.6.6, 203.0.113.9:80", "203.0.113.9"), ("nonsense", "0.0.0.0"), ("", "10.0.0.1")],
)
def test_it_is_the_caller_behind_our_proxy(
    settings: Any, rf: RequestFactory, forwarded: str, address: str
) -> None:
    settings.TRUSTED_PROXIES = 1
    request = rf.get("/", HTTP_X_FORWARDED_FOR=forwarded, REMOTE_ADDR="10.0.0.1")
    assert get_adapter().get_client_ip(request) == address


@pytest.mark.parametrize("proxies", [0, 1, 2])
@pytest.mark.parametrize("forwarded", ["", "nonsense", "1.2.3.4", "[::1]:80, unknown"])
def test_no_header_keeps_anybody_from_signing_in(
    client: Client, db: None, settings: Any, proxies: int, forwarded: str
) -> None:
    settings.TRUSTED_PROXIES = proxies
    form = {"login": "nobody@example.com", "password": "wrong"}
    response = client.post("/accounts/login/", form, HTTP_X_FORWARDED_FOR=forwarded)
    assert response.status_code == 200

"""A log line tells what happened and no secret."""

from typing import Any

import pytest
import structlog
from django.test import RequestFactory

from backoffice.logs import bind_address, with_stand_in, without_secrets


@pytest.mark.parametrize(
    ("request_line", "logged"),
    [
        ("GET /payments/", "GET /payments/"),
        (
            "GET /accounts/naver/login/callback/?code=abc&state=x",
            "GET /accounts/naver/login/callback/",
        ),
        ("GET /accounts/password/reset/key/1-abc/", "GET /accounts/password/reset/key/***"),
        ("GET /accounts/confirm-email/MQ:1/", "GET /accounts/confirm-email/***"),
    ],
)
def test_codes_and_keys_in_addresses_are_cut(request_line: str, logged: str) -> None:
    event = without_secrets(None, "info", {"event": "request_started", "request": request_line})
    assert event["request"] == logged


def test_a_line_names_the_caller_behind_the_proxy(settings: Any, rf: RequestFactory) -> None:
    settings.TRUSTED_PROXIES = 1
    request = rf.get("/", HTTP_X_FORWARDED_FOR="6.6.6.6, 203.0.113.9")
    with structlog.contextvars.bound_contextvars(ip=None):
        bind_address(request=request)
        assert structlog.contextvars.get_contextvars()["ip"] == "203.0.113.9"


def test_other_lines_stay_as_they_are() -> None:
    assert without_secrets(None, "info", {"event": "x"}) == {"event": "x"}


def test_each_line_says_that_the_stand_in_is_used() -> None:
    assert with_stand_in(None, "info", {"event": "x"}) == {"event": "x", "gateway": "stand-in"}


def test_a_line_of_a_real_account_says_nothing_of_it(settings: Any) -> None:
    settings.IAMPORT_KEY, settings.IAMPORT_API_URL = "1234", "https://api.iamport.kr"
    assert with_stand_in(None, "info", {"event": "x"}) == {"event": "x"}

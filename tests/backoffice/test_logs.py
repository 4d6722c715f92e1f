"""A log line tells what happened and no secret."""

import pytest

from backoffice.logs import without_secrets


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


def test_other_lines_stay_as_they_are() -> None:
    assert without_secrets(None, "info", {"event": "x"}) == {"event": "x"}

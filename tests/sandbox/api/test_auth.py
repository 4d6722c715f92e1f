"""Contract 1: the access token."""

from typing import Any

import pytest

from tests.sandbox.conftest import Iamport

KEYS = {"imp_key": "sandbox_key", "imp_secret": "sandbox_secret"}


def ask(iamport: Iamport) -> dict[str, Any]:
    token: dict[str, Any] = iamport.post("/users/getToken", KEYS).json()["response"]
    return token


def test_token_answer(iamport: Iamport) -> None:
    """Contract 1.1: `{access_token, now, expired_at}`, unix seconds, 1800 s, 40 hex characters."""
    iamport.control("POST", "reset")
    token = ask(iamport)
    assert token["expired_at"] - token["now"] == 1800
    assert len(token["access_token"]) == 40
    assert set(token["access_token"]) <= set("0123456789abcdef")


def test_form_body_is_accepted(iamport: Iamport) -> None:
    """Contract 1.1: JSON or form, same names in both."""
    answer = iamport.call("POST", "/users/getToken", data=KEYS)
    assert answer.json()["response"]["access_token"] == ask(iamport)["access_token"]


def test_same_token_before_expiry(iamport: Iamport) -> None:
    """Contract 1.1 rule 2: before expiry the same token with the same expired_at."""
    first = ask(iamport)
    iamport.advance(1000)
    second = ask(iamport)
    assert (second["access_token"], second["expired_at"]) == (
        first["access_token"],
        first["expired_at"],
    )


def test_extended_in_the_last_minute(iamport: Iamport) -> None:
    """Contract 1.1 rule 3: the last 60 s extend it by 5 minutes; contract 9#31: again and again."""
    first = ask(iamport)
    iamport.advance(1750)
    second = ask(iamport)
    assert second["access_token"] == first["access_token"]
    assert second["expired_at"] == first["expired_at"] + 300
    iamport.advance(300)
    assert ask(iamport)["expired_at"] == first["expired_at"] + 600


def test_extension_can_be_switched_off(iamport: Iamport) -> None:
    """Contract 9#31: a client must not rely on it."""
    iamport.switch(token_extension=False)
    first = ask(iamport)
    iamport.advance(1750)
    assert ask(iamport)["expired_at"] == first["expired_at"]


def test_new_token_after_expiry(iamport: Iamport) -> None:
    """Contract 1.1 rule 4, and 1.3: the old one is then 401 Unauthorized."""
    first = ask(iamport)
    iamport.advance(1801)
    answer = iamport.get("/payments/imp_1")
    assert answer.status_code == 401
    assert answer.json() == {"code": -1, "message": "Unauthorized", "response": None}
    assert ask(iamport)["access_token"] != first["access_token"]


def test_wrong_secret(iamport: Iamport) -> None:
    """Contract 1.3: 401, code -1, the Korean text."""
    answer = iamport.post("/users/getToken", {**KEYS, "imp_secret": "wrong"})
    assert answer.status_code == 401
    assert answer.json() == {
        "code": -1,
        "message": "인증에 실패하였습니다. API키와 secret을 확인하세요.",
        "response": None,
    }


@pytest.mark.parametrize("body", [{}, {"imp_key": "sandbox_key"}, {"imp_secret": "x"}])
def test_missing_keys(iamport: Iamport, body: dict[str, Any]) -> None:
    """Contract 1.3, 9#10: 400, code -1."""
    answer = iamport.post("/users/getToken", body)
    assert answer.status_code == 400
    assert answer.json()["code"] == -1
    assert answer.json()["message"] == "imp_key, imp_secret 파라메터가 누락되었습니다."


def test_broken_json_is_400(iamport: Iamport) -> None:
    """Contract 2.0: 400 is a bad parameter; still in the envelope."""
    answer = iamport.call(
        "POST", "/users/getToken", data="{", headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 400
    assert answer.json()["response"] is None


@pytest.mark.parametrize("form", ["{}", "Bearer {}", "bearer {}"])
def test_authorization_forms(iamport: Iamport, form: str) -> None:
    """Contract 1.2: bare and Bearer."""
    token = iamport.sign_in()
    iamport.session.headers["Authorization"] = form.format(token)
    assert iamport.get("/payments/status/all").status_code == 200


def test_legacy_header(iamport: Iamport) -> None:
    """Contract 1.2, 9#32: X-ImpTokenHeader is accepted; Authorization wins if both are sent."""
    iamport.session.headers["X-ImpTokenHeader"] = iamport.sign_in()
    iamport.session.headers["Authorization"] = "wrong"
    assert iamport.get("/payments/status/all").status_code == 401
    del iamport.session.headers["Authorization"]
    assert iamport.get("/payments/status/all").status_code == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/payments/imp_1"),
        ("GET", "/payments?imp_uid[]=imp_1"),
        ("GET", "/payments/find/order-1"),
        ("GET", "/payments/findAll/order-1"),
        ("GET", "/payments/status/all"),
        ("POST", "/payments/cancel"),
        ("POST", "/payments/prepare"),
        ("PUT", "/payments/prepare"),
        ("GET", "/payments/prepare/order-1"),
    ],
)
def test_every_call_needs_the_token(iamport: Iamport, method: str, path: str) -> None:
    """Contract 1.3: token missing on any endpoint is 401 with code -1."""
    del iamport.session.headers["Authorization"]
    answer = iamport.call(method, path)
    assert (answer.status_code, answer.json()["code"]) == (401, -1)

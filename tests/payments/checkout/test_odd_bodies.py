"""Odd bodies: each refusal in full and in both languages, as the product page's script gets it."""

import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

import pytest

from accounts.models import User
from payments.models import Payment
from tests.payments.checkout.conftest import START, Browser

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=b"
ATTEMPT = {"merchant_uid": "20260101AAAAAAAAAAAA", "imp_uid": "imp_1"}
GIVEN = {"start": START, "complete": ATTEMPT, "give-up": ATTEMPT}

NO_TEXT = "“{}” must be text in quotes.", "‘{}’ 값은 따옴표로 감싼 문자열이어야 합니다."
MISSING = "“{}” is missing.", "‘{}’ 항목을 입력해 주세요."
TOO_LONG = "“{}” is longer than {} characters.", "‘{}’ 항목은 {}자 이하로 입력해 주세요."
UNFIT = "“{}” holds characters that it can't have.", "‘{}’ 항목에 사용할 수 없는 문자가 있습니다."
UNKNOWN = "“{}” is not expected here. Send: {}.", "‘{}’ 항목은 받지 않습니다. 보낼 수 있는 항목: {}"
NO_NUMBER = (
    "Write the mobile number in digits and dashes: 010-1234-5678.",
    "휴대폰 번호를 숫자와 하이픈(-)으로 입력해 주세요. 예: 010-1234-5678",
)
NO_ORDER = "There is no such order of yours.", "주문을 찾을 수 없습니다."
NO_JSON = "The request is not readable JSON.", "올바른 JSON 형식이 아닙니다."
NO_OBJECT = "Send one JSON object.", "JSON 객체 하나를 보내 주세요."
BROKEN_FORM = "The form could not be read.", "입력 내용을 읽을 수 없습니다."
TOO_LARGE = "The request is too large.", "요청 크기가 너무 큽니다."
OTHER_TYPE = (
    "Send a JSON object with the content type application/json.",
    "Content-Type을 application/json으로 하여 JSON 객체를 보내 주세요.",
)
CSRF = "csrfmiddlewaretoken"  # a part of every form, none of a JSON object
TEL = "Mobile number", "휴대폰 번호"
NAME = "Name (optional)", "이름 (선택)"
START_FIELDS = "product, price, pay_method, checkout_key, buyer_tel, buyer_name"
ATTEMPT_FIELDS = "merchant_uid, imp_uid"
GIVE_UP_FIELDS = "merchant_uid, imp_uid, error_code, error_msg"


def answer(browser: Browser, name: str, content_type: str, body: str | bytes) -> tuple[int, Any]:
    response = browser.client.generic("POST", f"/checkout/{name}/", body, content_type=content_type)
    assert response["Content-Type"] == JSON
    return response.status_code, json.loads(response.content)


def refusal(code: str, field: str | None, message: str) -> dict[str, Any]:
    return {"error": {"code": code, "field": field, "message": message}}


@pytest.fixture(params=["en", "ko"])
def language(request: pytest.FixtureRequest, customer: User) -> str:
    User.objects.filter(pk=customer.pk).update(language=request.param)
    return str(request.param)


@pytest.mark.parametrize(
    ("endpoint", "changes", "field", "wording", "names"),
    [
        ("start", {"product": 7}, "product", NO_TEXT, ["product"]),
        ("start", {"product": []}, "product", NO_TEXT, ["product"]),
        ("start", {"product": {}}, "product", NO_TEXT, ["product"]),
        ("start", {"product": False}, "product", NO_TEXT, ["product"]),
        ("start", {"product": " \u3000\n"}, "product", MISSING, ["product"]),
        ("start", {"product": "x" * 51}, "product", TOO_LONG, ["product", 50]),
        ("start", {"product": "\0" * 51}, "product", TOO_LONG, ["product", 50]),
        ("start", {"product": "a\0b"}, "product", UNFIT, ["product"]),
        ("start", {"pay_method": "a\ud800b"}, "pay_method", UNFIT, ["pay_method"]),
        # A customer knows these by their labels.
        ("start", {"buyer_tel": 1}, "buyer_tel", NO_TEXT, [TEL]),
        ("start", {"buyer_tel": None}, "buyer_tel", MISSING, [TEL]),
        ("start", {"buyer_tel": "x" * 17}, "buyer_tel", TOO_LONG, [TEL, 16]),
        ("start", {"buyer_tel": "010 1234"}, "buyer_tel", NO_NUMBER, ()),
        ("start", {"buyer_tel": "01012\x0034"}, "buyer_tel", NO_NUMBER, ()),
        ("start", {"buyer_name": 5}, "buyer_name", NO_TEXT, [NAME]),
        ("start", {"buyer_name": "가" * 17}, "buyer_name", TOO_LONG, [NAME, 16]),
        ("start", {"buyer_name": "a\0"}, "buyer_name", UNFIT, [NAME]),
        # Of several faults the first is named: what is not expected, then in the form's order.
        ("start", {"buyer_tel": "", "product": ""}, "product", MISSING, ["product"]),
        ("start", {"product": "", "amount": 1}, "amount", UNKNOWN, ["amount", START_FIELDS]),
        ("start", {"b": 1, "a": 1}, "b", UNKNOWN, ["b", START_FIELDS]),
        ("start", {"x" * 41: 1}, "x" * 40, UNKNOWN, ["x" * 40, START_FIELDS]),
        ("start", {"\0": 1}, None, UNKNOWN, ["", START_FIELDS]),
        ("complete", {CSRF: "x"}, CSRF, UNKNOWN, [CSRF, ATTEMPT_FIELDS]),
        ("complete", {"imp_uid": "x" * 33}, "imp_uid", TOO_LONG, ["imp_uid", 32]),
        ("complete", {"error_msg": ""}, "error_msg", UNKNOWN, ["error_msg", ATTEMPT_FIELDS]),
        ("give-up", {"amount": None}, "amount", UNKNOWN, ["amount", GIVE_UP_FIELDS]),
        # What is only kept is cut, whatever it holds, but it must be text.
        ("give-up", {"error_msg": ["x"]}, "error_msg", NO_TEXT, ["error_msg"]),
        ("give-up", {"imp_uid": 1}, "imp_uid", NO_TEXT, ["imp_uid"]),
        ("give-up", {"merchant_uid": "x" * 41}, "merchant_uid", TOO_LONG, ["merchant_uid", 40]),
    ],
)
def test_a_bad_field_is_answered_in_the_customers_language(
    buyer: Browser,
    language: str,
    endpoint: str,
    changes: dict[str, Any],
    field: str | None,
    wording: tuple[str, str],
    names: Sequence[Any],
) -> None:
    number = ("en", "ko").index(language)
    message = wording[number].format(
        *(name[number] if isinstance(name, tuple) else name for name in names)
    )
    status, body = answer(buyer, endpoint, JSON, json.dumps(GIVEN[endpoint] | changes))
    assert (status, body) == (400, refusal("bad_input", field, message))
    assert not Payment.objects.exists()


@pytest.mark.parametrize("cut", ["x" * 5_000, "a\0b", "\ud800", "깨진 \ufffd\ufffd", " ", "", None])
@pytest.mark.parametrize("field", ["imp_uid", "error_code", "error_msg"])
def test_what_is_only_kept_is_never_refused(
    buyer: Browser, language: str, field: str, cut: str | None
) -> None:
    message = NO_ORDER[("en", "ko").index(language)]
    body = json.dumps(ATTEMPT | {field: cut})
    expected = 404, refusal("not_found", "merchant_uid", message)
    assert answer(buyer, "give-up", JSON, body) == expected


def part(name: str, value: str) -> str:
    return f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'


ATTEMPT_PARTS = "".join(part(name, value) for name, value in ATTEMPT.items())


@pytest.mark.parametrize(
    ("content_type", "body", "status", "code", "wording"),
    [
        (JSON, " ", 400, "broken_json", NO_JSON),
        (JSON, "{} {}", 400, "broken_json", NO_JSON),
        (JSON, b'{"imp_uid": "\xe9"}', 400, "broken_json", NO_JSON),
        (JSON, "[" * 99_999, 400, "broken_json", NO_JSON),
        (JSON, "[]", 400, "broken_json", NO_OBJECT),
        (JSON, "null", 400, "broken_json", NO_OBJECT),
        (JSON, "NaN", 400, "broken_json", NO_OBJECT),
        (JSON, b" " * 1_048_577, 413, "too_large", TOO_LARGE),
        (FORM, b"x" * 1_048_577, 413, "too_large", TOO_LARGE),
        ("multipart/form-data; boundary=", "x", 400, "broken_form", BROKEN_FORM),
        ("text/plain", "{}", 415, "content_type", OTHER_TYPE),
        ("", "{}", 415, "content_type", OTHER_TYPE),
        ("application/merge-patch+json", "{}", 415, "content_type", OTHER_TYPE),
    ],
)
def test_a_body_that_can_not_be_read(
    buyer: Browser,
    language: str,
    content_type: str,
    body: str | bytes,
    status: int,
    code: str,
    wording: tuple[str, str],
) -> None:
    message = wording[("en", "ko").index(language)]
    for name in GIVEN:
        assert answer(buyer, name, content_type, body) == (status, refusal(code, None, message))


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        (JSON, json.dumps(ATTEMPT)),
        ("APPLICATION/JSON", json.dumps(ATTEMPT)),
        (f"{JSON}; charset=utf-8", json.dumps(ATTEMPT)),
        (JSON, json.dumps(ATTEMPT).encode("utf-16")),
        (JSON, json.dumps(ATTEMPT).encode("utf-8-sig")),
        (JSON, '{"merchant_uid": 1, "merchant_uid": "x", "imp_uid": "\\u00a0x"}'),
        (FORM, urlencode(ATTEMPT)),
        (FORM, urlencode([("merchant_uid", ""), *ATTEMPT.items()])),
        (FORM, urlencode(ATTEMPT | {CSRF: "x"})),
        (MULTIPART, f"{ATTEMPT_PARTS}--b--\r\n"),
        (MULTIPART, f"{ATTEMPT_PARTS}{part(CSRF, 'x')}--b--\r\n"),
    ],
)
def test_what_can_be_read_is_read(buyer: Browser, content_type: str, body: str | bytes) -> None:
    expected = 404, refusal("not_found", "merchant_uid", NO_ORDER[1])
    assert answer(buyer, "complete", content_type, body) == expected


def test_a_form_is_held_to_the_same_fields(buyer: Browser) -> None:
    message = UNKNOWN[1].format("amount", START_FIELDS)
    body = urlencode(START | {"amount": "1"})
    assert answer(buyer, "start", FORM, body) == (400, refusal("bad_input", "amount", message))

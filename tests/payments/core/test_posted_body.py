"""What was posted is read in whatever it is written; what can't be read is said to be so."""

import json

import pytest

from payments.core.posted_body import read

SAID = {"imp_uid": "imp_123456789012", "merchant_uid": "주문-1", "status": "paid"}
JSON = json.dumps(SAID, ensure_ascii=False)
FORM = "imp_uid=imp_123456789012&merchant_uid=%EC%A3%BC%EB%AC%B8-1&status=paid"
PARTS = "".join(
    f'--XX\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n'
    for name, text in SAID.items()
)
MULTIPART = f"{PARTS}--XX--\r\n".encode()
HEADER = "multipart/form-data; boundary=XX"


def said(body: bytes, content_type: str = "application/json") -> dict[str, str] | None:
    reading = read(body=body, content_type=content_type, matters="imp_uid")
    if reading.fields is None:
        return None
    return {name: reading.text_of(name) for name in SAID}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("text", [JSON, f"\r\n {JSON}\n"])
def test_json_in_any_unicode_is_read(encoding: str, text: str) -> None:
    assert said(text.encode(encoding)) == SAID


@pytest.mark.parametrize("body", [FORM, f"\ufeff{FORM}", f"{FORM}&", f"{FORM}\r\n"])
@pytest.mark.parametrize("header", ["", "application/json", "application/x-www-form-urlencoded"])
def test_a_form_is_read_whatever_the_header_says(body: str, header: str) -> None:
    assert said(body.encode(), header) == SAID


@pytest.mark.parametrize("header", ["", "text/plain", "multipart/form-data", HEADER, "a\r\nb: c"])
def test_a_multipart_form_is_read_whatever_the_header_says(header: str) -> None:
    assert said(MULTIPART, header) == SAID


def test_a_multipart_form_with_a_word_before_it_is_read_by_its_header() -> None:
    assert said(b"preamble\r\n" + MULTIPART, HEADER) == SAID


def test_an_id_survives_letters_that_are_no_unicode() -> None:
    body = JSON.encode("euc-kr")
    assert (said(body) or {})["imp_uid"] == "imp_123456789012"


@pytest.mark.parametrize("header", ["", "application/json", HEADER])
@pytest.mark.parametrize(
    "body",
    [
        f"{FORM}&flag",
        f"&&{FORM}&&",
        f"{FORM}&https://shop.example/?a=b",
        f"{FORM}&{'x' * 70}=1",
        f"{JSON[:-1]}, " + '"buyer_addr": "서울\n강남"}',
        f"{JSON[:-1]}, " + '"custom_data": ' + "9" * 5_000 + "}",
        f"{JSON[:-1]}, " + '"amount": NaN}',
    ],
)
def test_what_is_wrong_beside_an_id_does_not_cost_the_id(body: str, header: str) -> None:
    assert said(body.encode(), header) == SAID


def test_signs_that_no_database_takes_are_left_out() -> None:
    body = b'{"imp_uid": "imp_1\\u0000", "merchant_uid": "\\ud800x", "status": "\x00paid"}'
    assert said(body) == {"imp_uid": "imp_1", "merchant_uid": "x", "status": "paid"}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"\x00\x00",
        b"\xff\x00",
        b"null",
        b"[1]",
        JSON.join("[]").encode(),
        b'"imp_1"',
        b"{",
        b"{}",
        JSON[:-1].encode(),
        JSON[:30].encode(),
        b'{"imp_uid": "imp_1", "url": "a=b&c=d',
        JSON.encode() + b"x",
        b"[" * 9_000,
        b'{"imp_uid":' * 1_000,
        MULTIPART[:-6],
        MULTIPART[:60],
        b"--",
        b"--\r\n--",
        b"hello",
        b'<xml a="imp_uid=imp_1"/>',
        b"\x1f\x8b\x08imp_uid=imp_1",
    ],
)
@pytest.mark.parametrize("header", ["application/json", "", HEADER])
def test_what_cannot_be_read_is_said_to_be_so(body: bytes, header: str) -> None:
    assert said(body, header) is None


@pytest.mark.parametrize(
    "body",
    [
        b'{"test": "yes"}',
        b"test=yes",
        b'{"imp_uid": null}',
        b'{"imp_uid": ' + b"9" * 5_000 + b"}",
    ],
)
def test_a_readable_body_without_an_id_holds_none(body: bytes) -> None:
    assert said(body) == dict.fromkeys(SAID, "")

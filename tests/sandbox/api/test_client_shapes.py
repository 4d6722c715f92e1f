"""What published clients send, byte for byte where it is odd (contract 1.2, 2.0).

Read from their sources: the official PHP client (Guzzle), Python `iamport-rest-client`, Go
`go-iamport`, Node `iamport-rest-client-nodejs`, Java (Retrofit), Ruby (HTTParty), and npm's
`iamport` and `iamporter`.
"""

import socket
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.sandbox.conftest import Iamport

KEYS = {"imp_key": "sandbox_key", "imp_secret": "sandbox_secret"}
JSON_UTF8 = {"Content-Type": "application/json; charset=utf-8"}


def ids(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [payment["imp_uid"] for payment in answer.json()["response"]]


def raw(iamport: Iamport, head: str) -> tuple[bytes, bytes]:
    """What stands in the socket, for requests that no library would send: headers and body."""
    address = urlsplit(iamport.url)
    with socket.create_connection((address.hostname, address.port), 20) as connection:
        connection.sendall(head.encode() + b"\r\nConnection: close\r\n\r\n")
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    headers, _, body = answer.partition(b"\r\n\r\n")
    return headers, body


@pytest.mark.parametrize(
    "query",
    [
        "imp_uid[]={0}&imp_uid[]={1}",  # Go, and Node through qs with brackets
        "imp_uid%5B%5D={0}&imp_uid%5B%5D={1}",  # Java: Retrofit encodes them
        "imp_uid[0]={0}&imp_uid[1]={1}",
        "imp_uid%5B0%5D={0}&imp_uid%5B1%5D={1}",  # PHP: Guzzle through http_build_query
        "imp_uid={0}&imp_uid={1}",  # npm iamport: Node's querystring
        "imp_uid={0},{1}",
        "imp_uid[]={0}&merchant_uid[]=order-2",
        "imp_uid[]={0}&imp_uid[]={1}&merchant_uid[]=",  # forms that leave a field empty
    ],
)
def test_each_spelling_of_a_list_of_ids(iamport: Iamport, query: str) -> None:
    """Contract 2.3: the same two payments, whoever asks."""
    asked = [iamport.pay(f"order-{number}")["imp_uid"] for number in (1, 2)]
    for path in ("/payments", "/payments/"):
        assert ids(iamport.call("GET", f"{path}?{query.format(*asked)}")) == asked


def test_a_comma_in_an_order_number_is_no_list(iamport: Iamport) -> None:
    """Contract 2.0: an order number may hold any character, behind brackets a comma too."""
    imp_uid = iamport.pay("order-1,2")["imp_uid"]
    assert ids(iamport.get("/payments", **{"merchant_uid[]": "order-1,2"})) == [imp_uid]
    assert ids(iamport.get("/payments", **{"merchant_uid[0]": "order-1,2"})) == [imp_uid]


def test_slashes_at_the_end_and_doubled(iamport: Iamport) -> None:
    """PHP ends /payments/cancel/ with one, Go and iamporter find/… and findAll/…."""
    imp_uid = iamport.pay()["imp_uid"]
    for path in (
        f"/payments/{imp_uid}/",
        f"//payments//{imp_uid}",
        "/payments/find/order-1/",
        "/payments/find/order-1/?sorting=-started",
        "/payments/findAll/order-1/",
        "/payments/findAll/order-1/paid/",
        "/payments/status/all/",
    ):
        assert iamport.call("GET", path).status_code == 200, path
    assert iamport.post("/users/getToken/", KEYS).status_code == 200
    assert (
        iamport.post("/payments/prepare/", {"merchant_uid": "o", "amount": 1}).json()["code"] == 0
    )
    assert iamport.post("/payments/cancel/", {"imp_uid": imp_uid}).json()["code"] == 0


def test_lists_of_nothing_are_bad_parameters(iamport: Iamport) -> None:
    """Contract 2.4, 2.5: 400 where the order number or the status was left out."""
    for path in ("/payments/findAll/", "/payments/status/", "/payments/"):
        answer = iamport.call("GET", path)
        assert (answer.status_code, answer.json()["code"]) == (400, -1)


def test_an_encoded_slash_at_the_end_belongs_to_the_order_number(iamport: Iamport) -> None:
    """Contract 2.0: path parameters are percent-encoded, and not cut."""
    imp_uid = iamport.pay("order/")["imp_uid"]
    answer = iamport.call("GET", "/payments/find/order%2F/")
    assert answer.json()["response"]["imp_uid"] == imp_uid
    assert iamport.call("GET", "/payments/find/order/").status_code == 404


def test_php_sends_every_field_null_or_not(iamport: Iamport) -> None:
    """json_encode of the whole object: what was not set is null, and so is `extra`."""
    imp_uid = iamport.pay(amount=1000)["imp_uid"]
    unset = ("merchant_uid", "amount", "tax_free", "checksum", "reason", "refund_holder")
    body = {"imp_uid": imp_uid, **dict.fromkeys(unset), "extra": None}
    answer = iamport.call("POST", "/payments/cancel/", json=body, headers=JSON_UTF8)
    assert answer.json()["response"]["cancel_amount"] == 1000


def test_go_sends_forms_with_decimals(iamport: Iamport) -> None:
    """strconv.FormatFloat in a form body."""
    imp_uid = iamport.pay(amount=1000)["imp_uid"]
    form = {"imp_uid": imp_uid, "amount": "250", "checksum": "1000", "tax_free": "0"}
    answer = iamport.call("POST", "/payments/cancel", data=form)
    assert answer.json()["response"]["cancel_amount"] == 250


def test_ruby_nests_in_forms(iamport: Iamport) -> None:
    """HTTParty writes {extra: {requester: …}} as extra[requester]."""
    imp_uid = iamport.pay(amount=1000)["imp_uid"]
    form = {"imp_uid": imp_uid, "amount": 100, "extra[requester]": "customer"}
    assert iamport.call("POST", "/payments/cancel", data=form).json()["code"] == 0


def test_gets_with_a_content_type_or_a_body(iamport: Iamport) -> None:
    """PHP says JSON on every call; Ruby's GET has an empty form as its body."""
    path = f"/payments/{iamport.pay()['imp_uid']}"
    assert iamport.call("GET", path, headers=JSON_UTF8).status_code == 200
    assert iamport.call("GET", path, data={}).status_code == 200
    assert iamport.call("GET", path, json={}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "{}"},  # Python, Node, Java, Ruby, Go
        {"Authorization": "Bearer {}"},  # PHP
        {"X-ImpTokenHeader": "{}"},  # Python's first versions
    ],
)
def test_each_way_of_sending_the_token(iamport: Iamport, headers: dict[str, str]) -> None:
    """Contract 1.2, on old paths and new."""
    token = iamport.sign_in()
    del iamport.session.headers["Authorization"]
    filled = {name: value.format(token) for name, value in headers.items()}
    for path in ("/payments/status/all", "/banks/004", "/payments/"):
        assert iamport.call("GET", path, headers=filled).status_code != 401


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/certifications/imp_1"),
        ("POST", "/subscribe/payments/onetime"),
        ("POST", "/payments/cancle"),  # as Go's client once spelt it
        ("GET", "/users/getToken"),
        ("OPTIONS", "/payments/status/all"),
        ("PATCH", "/payments/imp_1"),
        ("DELETE", "/payments/prepare"),
        ("GET", "/nothing/at/all"),
        ("GET", "/v1"),
        ("GET", "/consoles"),
        ("GET", "/favicon.ico"),
    ],
)
def test_401_comes_before_404_and_both_are_json(iamport: Iamport, method: str, path: str) -> None:
    """Contract 1.3, 2.0: without a token nobody learns what exists; never HTML."""
    known = iamport.call(method, path)
    assert known.status_code in (404, 405)
    assert known.headers["Content-Type"] == "application/json; charset=utf-8"
    assert set(known.json()) == {"code", "message", "response"}
    assert known.json()["code"] != 0
    del iamport.session.headers["Authorization"]
    unknown = iamport.call(method, path)
    assert unknown.status_code == 401
    assert unknown.json() == {"code": -1, "message": "Unauthorized", "response": None}


def test_the_stand_ins_own_pages_need_no_token(iamport: Iamport) -> None:
    """What is not the gateway's stays as it was: pages, the SDK, the control API."""
    del iamport.session.headers["Authorization"]
    for path in ("/", "/console", "/window", "/v1/iamport.js", "/_sandbox/health"):
        assert iamport.call("GET", path).status_code == 200
    assert iamport.call("GET", "/_sandbox/nothing").json() == {"error": "Not Found", "field": None}


@pytest.mark.parametrize(
    "head",
    [
        "GET /" + "a" * 70_000 + " HTTP/1.1\r\nHost: x",
        "POST /payments/cancel HTTP/1.1\r\nHost: x\r\nContent-Length: many",
        "POST /payments/cancel HTTP/1.1\r\nHost: x\r\nContent-Length: -1",
    ],
)
def test_requests_that_are_none_are_refused_in_json(iamport: Iamport, head: str) -> None:
    """Contract 2.0: the envelope, even where no path was understood."""
    headers, body = raw(iamport, head)
    assert headers.split(b" ")[1][:1] == b"4"
    assert b"application/json" in headers
    assert body.startswith(b'{"code":-1,')


def test_answers_are_dated_by_the_gateways_clock(iamport: Iamport) -> None:
    """One clock: the Date header, getToken's `now` and the payments' times agree."""
    iamport.control("POST", "clock", {"now": 2_000_000_000})
    answer = iamport.post("/users/getToken", KEYS)
    assert answer.headers["Date"].startswith("Wed, 18 May 2033 03:33:2")
    assert answer.json()["response"]["now"] in range(2_000_000_000, 2_000_000_005)

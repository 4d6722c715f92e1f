"""Timeouts, repeats, cut connections; what is sent and how often."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from payments.iamport import (
    AuthenticationFailed,
    IamportClient,
    IamportError,
    Malformed,
    NotFound,
    Refused,
    Unavailable,
)
from tests.payments.iamport.scripted import (
    TOKEN,
    Answer,
    Gateway,
    Server,
    cut,
    envelope,
    goodbye,
    hang,
    html,
    payment,
    plain,
    refusal,
    stalled,
    torn,
)

from .conftest import MakeClient

ONE = "/payments/imp_448280090638"
PREPARED = {"merchant_uid": "order-1", "amount": 12000, "currency": "KRW"}
# A call by its method: the path it takes, and how the client makes it.
CALLS: dict[str, tuple[str, Callable[[IamportClient], object]]] = {
    "GET": (ONE, lambda client: client.payment("imp_448280090638")),
    "POST": (
        "/payments/cancel",
        lambda client: client.cancel(
            imp_uid="imp_448280090638", amount=1000, checksum=12000, reason="변심"
        ),
    ),
    "PUT": ("/payments/prepare", lambda client: client.amend(merchant_uid="order-1", amount=1)),
}
FAILURES: dict[int, tuple[type[IamportError], int]] = {
    # status: (error, tries of a GET)
    302: (Malformed, 1),
    400: (Malformed, 1),
    403: (AuthenticationFailed, 1),
    404: (Malformed, 1),
    408: (Unavailable, 1),
    409: (Malformed, 1),
    413: (Malformed, 1),
    414: (Malformed, 1),
    429: (Unavailable, 3),
    500: (Unavailable, 3),
    501: (Unavailable, 1),
    502: (Unavailable, 3),
    503: (Unavailable, 3),
    504: (Unavailable, 3),
    505: (Unavailable, 1),
}


@pytest.mark.parametrize("method", CALLS)
@pytest.mark.parametrize("status", FAILURES)
def test_only_a_get_is_repeated_and_only_on_passing_trouble(
    gateway: Gateway, client: IamportClient, sleeps: list[float], method: str, status: int
) -> None:
    path, call = CALLS[method]
    error, tries = FAILURES[status]
    gateway.on(method, path, html(status))
    with pytest.raises(error) as raised:
        call(client)
    expected = tries if method == "GET" else 1
    assert len(gateway.calls(method, path)) == expected
    assert len(sleeps) == expected - 1
    assert raised.value.status == status
    assert (raised.value.method, raised.value.path) == (method, path)


@pytest.mark.parametrize("method", CALLS)
@pytest.mark.parametrize("answer", [refusal(200), refusal(400, -1), refusal(405, -1)])
def test_a_refusal_is_not_repeated(
    gateway: Gateway, client: IamportClient, method: str, answer: Answer
) -> None:
    path, call = CALLS[method]
    gateway.on(method, path, answer)
    with pytest.raises(Refused) as raised:
        call(client)
    assert raised.value.gateway_message == "거절"
    assert len(gateway.calls(method, path)) == 1


def test_a_get_that_recovers_is_answered(gateway: Gateway, client: IamportClient) -> None:
    gateway.on("GET", ONE, html(502), cut, envelope(payment()))
    assert client.payment("imp_448280090638").amount == 12000
    assert len(gateway.calls("GET", ONE)) == 3


@pytest.mark.parametrize("broken", [cut, torn])
@pytest.mark.parametrize("method", CALLS)
def test_a_cut_connection_is_unavailable_and_may_have_been_sent(
    gateway: Gateway, client: IamportClient, method: str, broken: Answer
) -> None:
    path, call = CALLS[method]
    gateway.on(method, path, broken)
    with pytest.raises(Unavailable) as raised:
        call(client)
    assert raised.value.sent
    assert raised.value.status is None
    assert len(gateway.calls(method, path)) == (3 if method == "GET" else 1)


@pytest.mark.parametrize("broken", [hang, stalled])
@pytest.mark.parametrize("method", CALLS)
def test_a_post_is_sent_once_when_the_answer_is_lost(
    gateway: Gateway, make_client: MakeClient, method: str, broken: Answer
) -> None:
    path, call = CALLS[method]
    gateway.on(method, path, broken)
    with pytest.raises(Unavailable) as raised:
        call(make_client(read_timeout=0.15))
    assert raised.value.sent
    # A read timeout costs whole seconds, so a GET gets one repeat and not max_retries.
    assert len(gateway.calls(method, path)) == (2 if method == "GET" else 1)


def test_a_post_that_fails_after_it_was_done_is_not_sent_again(
    gateway: Gateway, client: IamportClient
) -> None:
    gateway.on("POST", "/payments/cancel", html(500), envelope(payment()))
    with pytest.raises(Unavailable) as raised:
        CALLS["POST"][1](client)
    assert raised.value.sent
    assert len(gateway.calls("POST", "/payments/cancel")) == 1


@pytest.fixture
def vanishing() -> Iterator[Server]:
    """A gateway of the test's own, which it may end."""
    server = Server()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.parametrize("method", CALLS)
def test_a_refused_connection_was_surely_not_sent(
    vanishing: Server, make_client: MakeClient, sleeps: list[float], method: str
) -> None:
    path, call = CALLS[method]
    vanishing.gateway.on(method, path, goodbye)  # and the next connection is refused
    client = make_client(api_url=vanishing.gateway.url)
    with pytest.raises(Refused):
        call(client)
    vanishing.shutdown()
    vanishing.socket.close()
    with pytest.raises(Unavailable) as raised:
        call(client)
    assert not raised.value.sent
    assert raised.value.path == path
    assert len(sleeps) == (2 if method == "GET" else 0)


def test_an_unknown_host_was_surely_not_sent(make_client: MakeClient) -> None:
    with pytest.raises(Unavailable) as raised:
        CALLS["POST"][1](make_client(api_url="http://nowhere.invalid"))
    assert not raised.value.sent


def test_trouble_with_the_token_is_not_mistaken_for_a_sent_cancel(
    gateway: Gateway, make_client: MakeClient
) -> None:
    client = make_client(read_timeout=0.15)
    for broken in (hang, html(503), html(200)):
        gateway.on("POST", "/users/getToken", broken)
        with pytest.raises((Unavailable, Malformed)) as raised:
            CALLS["POST"][1](client)
        assert raised.value.sent is False
        assert raised.value.path == "/users/getToken"
    assert not gateway.calls("POST", "/payments/cancel")


def test_a_redirect_is_not_followed(gateway: Gateway, client: IamportClient) -> None:
    gateway.on("GET", ONE, plain(302, b"", Location=f"{gateway.url}/elsewhere"))
    with pytest.raises(Malformed):
        client.payment("imp_448280090638")
    assert not gateway.calls("GET", "/elsewhere")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b'{"code": 0, "response"',
        b"[]",
        b"null",
        b'"text"',
        b'{"message": null, "response": {}}',
        b'{"code": "0", "response": {}}',
        b'{"code": false, "response": {}}',
        b'{"code": 0.0, "response": {}}',
        b'{"code": null, "response": {}}',
        b'{"code": NaN, "response": {}}',
        b"\xff\xfe\xfa",
        b'{"code": ' + b"9" * 5000 + b"}",
        b"[" * 200_000,
    ],
)
@pytest.mark.parametrize("status", [200, 404])
def test_what_is_no_envelope_is_malformed_whatever_the_status(
    gateway: Gateway, client: IamportClient, status: int, body: bytes
) -> None:
    gateway.on("GET", ONE, plain(status, body))
    with pytest.raises(Malformed):
        client.payment("imp_448280090638")


def test_a_body_that_cannot_be_unpacked_is_malformed(
    gateway: Gateway, client: IamportClient
) -> None:
    gateway.on("GET", ONE, plain(200, b"not gzip", Content_Encoding="gzip"))
    with pytest.raises(Malformed):
        client.payment("imp_448280090638")


def test_an_error_page_with_5xx_is_unavailable(gateway: Gateway, client: IamportClient) -> None:
    gateway.on("GET", ONE, html(502))
    with pytest.raises(Unavailable):
        client.payment("imp_448280090638")


def test_a_404_of_a_proxy_is_not_the_gateways(gateway: Gateway, client: IamportClient) -> None:
    gateway.on("GET", ONE, html(404))
    with pytest.raises(Malformed):
        client.payment("imp_448280090638")
    gateway.on("GET", ONE, refusal(404, -1, "존재하지 않는 결제정보입니다."))
    with pytest.raises(NotFound, match="존재하지 않는 결제정보입니다"):
        client.payment("imp_448280090638")


def test_a_byte_order_mark_does_no_harm(gateway: Gateway, client: IamportClient) -> None:
    body = b'\xef\xbb\xbf{"code": 0, "message": null, "response": []}'
    gateway.on("GET", "/payments", plain(200, body))
    assert client.payments(imp_uids=["imp_1"]).payments == ()


def test_connections_are_reused(gateway: Gateway, client: IamportClient) -> None:
    gateway.on("GET", ONE, envelope(payment()))
    for _ in range(3):
        client.payment("imp_448280090638")
    assert len(gateway.seen) == 4
    assert len({seen.port for seen in gateway.seen}) == 1


def test_netrc_does_not_replace_the_token(
    gateway: Gateway, client: IamportClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login thief password thief\n")
    monkeypatch.setenv("NETRC", str(netrc))
    gateway.on("GET", ONE, envelope(payment()))
    client.payment("imp_448280090638")
    sign_in, call = gateway.seen
    assert "Authorization" not in sign_in.headers
    assert call.headers["Authorization"] == TOKEN


def test_cookies_are_neither_kept_nor_sent(gateway: Gateway, client: IamportClient) -> None:
    gateway.on("GET", ONE, envelope(payment(), Set_Cookie="sid=1; Path=/"))
    client.payment("imp_448280090638")
    client.payment("imp_448280090638")
    assert all("Cookie" not in seen.headers for seen in gateway.seen)


def test_each_call_leaves_one_line(
    gateway: Gateway, client: IamportClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "payments.iamport")
    gateway.on("GET", "/payments", html(503), envelope([payment(imp_uid="imp_1")]))
    client.payments(imp_uids=["imp_1"])
    records = [record for record in caplog.records if record.name == "payments.iamport"]
    lines = [record.getMessage() for record in records]
    assert [record.levelname for record in records] == ["INFO", "WARNING", "INFO"]
    assert [line.rsplit(" ms=", 1)[0] for line in lines] == [
        "iamport_call method=POST path=/users/getToken status=200",
        "iamport_call method=GET path=/payments status=503",
        "iamport_call method=GET path=/payments status=200",
    ]
    assert all(line.rsplit(" ms=", 1)[1].isdigit() for line in lines)


def test_a_lost_call_leaves_a_line_with_the_error(
    gateway: Gateway, client: IamportClient, caplog: pytest.LogCaptureFixture
) -> None:
    gateway.on("POST", "/payments/cancel", cut)
    with pytest.raises(Unavailable):
        CALLS["POST"][1](client)
    line = caplog.records[-1].getMessage()
    assert caplog.records[-1].levelno == logging.WARNING
    assert line.startswith("iamport_call method=POST path=/payments/cancel error=ConnectionError")


def test_a_hanging_gateway_is_left_in_time(gateway: Gateway, make_client: MakeClient) -> None:
    gateway.on("GET", ONE, hang)
    started = time.monotonic()
    with pytest.raises(Unavailable):
        make_client(read_timeout=0.1).payment("imp_448280090638")
    assert time.monotonic() - started < 3


def test_a_slash_at_the_end_of_the_address_does_no_harm(
    gateway: Gateway, make_client: MakeClient
) -> None:
    gateway.on("GET", ONE, envelope(payment()))
    make_client(api_url=gateway.url + "/").payment("imp_448280090638")
    assert gateway.calls("GET", ONE)

"""How long a whole call may take, and how much it may bring."""

import gzip
import tracemalloc
import zlib
from collections.abc import Callable
from typing import Any

import pytest

from payments.iamport import IamportClient, Limits, Malformed, Unavailable
from tests.payments.iamport.scripted import Answer, Gateway, Handler, page, payment, plain

from .conftest import Clock, MakeClient

ONE = "/payments/imp_448280090638"


def dripping(clock: Clock, *, headers: bool) -> Answer:
    """A byte every 1.5 seconds, by the client's clock, without end: of the body or the headers."""

    def drip(handler: Handler) -> None:
        handler.close_connection = True
        if headers:
            handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
        else:
            handler.reply(200, b'{"code": 0', {"Content-Length": "100000"})
        while not handler.server.gateway.released.is_set():
            clock.now += 1.5
            handler.wfile.write(b" ")
            handler.wfile.flush()

    return drip


@pytest.mark.parametrize("headers", [True, False], ids=["headers", "body"])
def test_an_answer_that_drips_for_ever_is_left_at_the_deadline(
    gateway: Gateway, client: IamportClient, clock: Clock, headers: bool
) -> None:
    gateway.on("GET", ONE, dripping(clock, headers=headers))
    with pytest.raises(Unavailable) as raised:
        client.payment("imp_448280090638")
    assert raised.value.is_slow
    # Its time was for all tries together, so there is no second one.
    assert len(gateway.calls("GET", ONE)) == 1


def test_pauses_and_repeats_end_with_the_deadline(
    gateway: Gateway, make_client: MakeClient, clock: Clock
) -> None:
    def wait(seconds: float) -> None:
        clock.now += seconds

    gateway.on("GET", ONE, plain(503, Retry_After="4"))
    client = make_client(limits=Limits(seconds=10), max_retries=9, sleep=wait, backoff=0)
    with pytest.raises(Unavailable):
        client.payment("imp_448280090638")
    assert len(gateway.calls("GET", ONE)) == 3


def gzipped(size: int) -> Answer:
    body = gzip.compress(b'{"code": 0, "message": null, "response": "' + b"a" * size + b'"}')
    return plain(200, body, Content_Encoding="gzip")


def large(size: int) -> Answer:
    return plain(200, b'{"code": 0, "message": "' + b"a" * size + b'", "response": null}')


@pytest.mark.parametrize("answer", [gzipped, large])
def test_an_answer_that_is_too_large_is_malformed(
    gateway: Gateway, client: IamportClient, answer: Callable[[int], Answer]
) -> None:
    gateway.on("GET", ONE, answer(2_000_000))
    with pytest.raises(Malformed, match="larger than 1,000,000 bytes"):
        client.payment("imp_448280090638")


def test_a_list_may_be_larger_than_a_payment_but_not_without_end(
    gateway: Gateway, client: IamportClient, make_client: MakeClient
) -> None:
    rows = [payment(imp_uid=f"imp_{n}", paid_at=n + 1) for n in range(1_000)]
    gateway.on("GET", "/payments/status/paid", page(*(row | {"odd": "a" * 2_000} for row in rows)))
    span: dict[str, Any] = {"from_": 1, "to": 1_000}
    assert len(list(client.by_status("paid", **span))) == 1_000
    small = make_client(limits=Limits(list_bytes=2_000_000))
    with pytest.raises(Malformed, match="larger than 2,000,000 bytes"):
        list(small.by_status("paid", **span))


def test_what_unpacks_to_a_gigabyte_is_never_held_in_memory(
    gateway: Gateway, client: IamportClient
) -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    million = b"\0" * 1_000_000
    packed = b"".join(packer.compress(million) for _ in range(300)) + packer.flush()
    gateway.on("GET", ONE, plain(200, packed, Content_Encoding="gzip"))
    tracemalloc.start()
    with pytest.raises(Malformed, match="larger"):
        client.payment("imp_448280090638")
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8_000_000

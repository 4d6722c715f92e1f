"""Contract 9.1: right answers that can hardly be read."""

import gzip
import json
import threading
from typing import Any

import pytest
import requests

from tests.sandbox.conftest import Iamport

BYTES = 300_000


def test_after(iamport: Iamport) -> None:
    """Cancel time-out after the gateway already executed it."""
    paid = iamport.pay()
    iamport.fault("after", match={"path": "/payments/cancel"}, times=1)
    with pytest.raises(requests.ConnectionError):
        iamport.post("/payments/cancel", {"imp_uid": paid["imp_uid"]})
    after = iamport.get(f"/payments/{paid['imp_uid']}").json()["response"]
    assert after["status"] == "cancelled"


def padding(answer: requests.Response) -> Any:
    """Takes the unknown field out of the answer, which is then as it would have been."""
    response = answer.json()["response"]
    rows = response.get("list", [response]) if isinstance(response, dict) else response
    return rows[0].pop("padding"), response


@pytest.mark.parametrize("kind", ["oversized", "oversized_gzip"])
def test_oversized_in_an_unknown_field(iamport: Iamport, kind: str) -> None:
    """Of one payment, of a batch's first, of a page's first."""
    payment = iamport.pay()
    paths = (f"/payments/{payment['imp_uid']}", "/payments?imp_uid[]=" + payment["imp_uid"])
    for path in (*paths, "/payments/status/all"):
        right = iamport.call("GET", path).json()["response"]
        iamport.fault(kind, bytes=BYTES)
        answer = iamport.call("GET", path)
        text, response = padding(answer)
        assert (answer.status_code, len(text)) == (200, BYTES)
        assert response == right
        iamport.control("DELETE", "faults")


def test_gzip_is_small_on_the_wire(iamport: Iamport) -> None:
    """Even to a caller that never asked for it."""
    path = f"/payments/{iamport.pay()['imp_uid']}"
    iamport.fault("oversized_gzip", bytes=BYTES)
    answer = iamport.call("GET", path, headers={"Accept-Encoding": "identity"}, stream=True)
    wire = answer.raw.read(decode_content=False)
    assert answer.headers["Content-Encoding"] == "gzip"
    assert int(answer.headers["Content-Length"]) == len(wire) < BYTES // 50
    assert len(json.loads(gzip.decompress(wire))["response"]["padding"]) == BYTES


def test_refusals_and_tokens_can_be_oversized(iamport: Iamport) -> None:
    """Where there is no payment, the envelope holds it; the status stays."""
    iamport.fault("oversized", bytes=BYTES)
    answer = iamport.get("/payments/imp_1")
    assert (answer.status_code, len(answer.json()["padding"])) == (404, BYTES)
    keys = {"imp_key": "sandbox_key", "imp_secret": "sandbox_secret"}
    assert len(iamport.post("/users/getToken", keys).json()["response"]["padding"]) == BYTES


def test_pages_are_never_oversized(iamport: Iamport) -> None:
    """An HTML page of a bad day has no envelope to fill, and does not use the fault up."""
    iamport.fault("oversized", bytes=BYTES, times=1)
    iamport.fault("html")
    assert len(iamport.get("/payments/imp_1").text) < 1000
    assert iamport.control("GET", "faults")[0]["fired"] == 0


def test_a_dripping_body(iamport: Iamport) -> None:
    """Headers at once, then byte by byte: far from its end when the caller's patience ends."""
    path = f"/payments/{iamport.pay()['imp_uid']}"
    iamport.fault("drip", seconds=0.05)
    answer = iamport.call("GET", path, stream=True)
    length = int(answer.headers["Content-Length"])
    first = [answer.raw.read(1) for _ in range(3)]
    assert b"".join(first) == b'{"c'
    answer.close()
    assert length > 1000


def test_a_drip_lets_go(iamport: Iamport) -> None:
    """Once faults are taken away the rest comes at once, and it is all there."""
    payment = iamport.pay()
    iamport.fault("drip", seconds=60)
    answer = iamport.call("GET", f"/payments/{payment['imp_uid']}", stream=True)
    start = answer.raw.read(1)
    iamport.control("DELETE", "faults")
    assert json.loads(start + answer.raw.read())["response"] == payment


def test_a_drip_holds_nobody_else_up(iamport: Iamport) -> None:
    """Each call has its own thread."""
    path = f"/payments/{iamport.pay()['imp_uid']}"
    iamport.fault("drip", seconds=60, times=1)
    dripping = iamport.call("GET", path, stream=True)
    answers: list[int] = []
    other = threading.Thread(
        target=lambda: answers.append(iamport.call("GET", path, timeout=20).status_code)
    )
    other.start()
    other.join(20)
    assert answers == [200]
    iamport.control("DELETE", "faults")
    dripping.close()

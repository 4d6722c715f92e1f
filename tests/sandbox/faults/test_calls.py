"""Contract 9.1: what goes wrong with a call before it is carried out, and how faults are put on."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from tests.sandbox.conftest import Iamport


def status_of(iamport: Iamport, path: str = "/payments/status/all", **kwargs: Any) -> int:
    return iamport.call("GET", path, **kwargs).status_code


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_status(iamport: Iamport, status: int) -> None:
    """Contract 9#11: injectable 429 and 503, with Retry-After."""
    iamport.fault("status", status=status, retry_after=7)
    answer = iamport.get("/payments/status/all")
    assert (answer.status_code, answer.headers["Retry-After"]) == (status, "7")
    assert answer.json()["code"] == -1


def test_html_page(iamport: Iamport) -> None:
    """Contract 9.1: non-JSON error page (HTML 502)."""
    iamport.fault("html")
    answer = iamport.get("/payments/status/all")
    assert answer.status_code == 502
    assert answer.headers["Content-Type"].startswith("text/html")
    assert "<html>" in answer.text


def test_malformed_json(iamport: Iamport) -> None:
    """Contract 9.1: an answer that is not JSON."""
    iamport.fault("malformed")
    answer = iamport.get("/payments/status/all")
    assert answer.status_code == 200
    with pytest.raises(ValueError, match=r"delimiter|Unterminated"):
        answer.json()


def test_own_body(iamport: Iamport) -> None:
    """Contract 9.1: any answer at all."""
    iamport.fault("status", status=200, body='{"code":-1,"message":"x","response":null}')
    assert iamport.get("/payments/status/all").json()["code"] == -1


def test_cut(iamport: Iamport) -> None:
    """Contract 9.1: socket errors: nothing is executed, nothing answered."""
    paid = iamport.pay()
    iamport.fault("cut", times=1)
    with pytest.raises(requests.ConnectionError):
        iamport.post("/payments/cancel", {"imp_uid": paid["imp_uid"]})
    assert iamport.get(f"/payments/{paid['imp_uid']}").json()["response"] == paid


def test_hang(iamport: Iamport) -> None:
    """Contract 9.1: no answer until the caller's patience ends; taking the fault away lets go."""
    iamport.fault("hang", match={"path": "/payments/status/"})
    with pytest.raises(requests.ReadTimeout):
        iamport.call("GET", "/payments/status/all", timeout=0.2)
    iamport.control("DELETE", "faults")
    assert status_of(iamport) == 200


def test_latency(iamport: Iamport) -> None:
    """Contract 9.1: slow answers."""
    iamport.fault("latency", seconds=0.15)
    start = time.monotonic()
    assert status_of(iamport) == 200
    assert time.monotonic() - start >= 0.15


def test_token_dies(iamport: Iamport) -> None:
    """Contract 9.1: 401 mid-life; getToken then issues a token that works."""
    iamport.fault("token", times=1)
    assert status_of(iamport) == 401
    iamport.sign_in()
    assert status_of(iamport) == 200


def test_ip_denied(iamport: Iamport) -> None:
    """Contract 9#12: 403 by option."""
    iamport.fault("ip_denied")
    answer = iamport.get("/payments/status/all")
    assert (answer.status_code, answer.json()["code"]) == (403, -1)


def test_ip_denied_as_401(iamport: Iamport) -> None:
    """Contract 1.3: 401 or 403, nobody knows which."""
    iamport.fault("ip_denied", status=401)
    assert iamport.post("/users/getToken", {}).status_code == 401
    assert status_of(iamport) == 401


def test_key_refused(iamport: Iamport) -> None:
    """Contract 1.1 rule 7: another secret now; neither a new token nor a call."""
    iamport.fault("key_refused")
    keys = {"imp_key": "sandbox_key", "imp_secret": "sandbox_secret"}
    refused = iamport.post("/users/getToken", keys)
    assert (refused.status_code, refused.json()["code"]) == (401, -1)
    assert refused.json()["message"].startswith("인증에 실패하였습니다.")
    call = iamport.get("/payments/status/all")
    assert (call.status_code, call.json()["message"]) == (401, "Unauthorized")
    iamport.control("DELETE", "faults")
    assert status_of(iamport) == 200


def test_one_page_of_a_list(iamport: Iamport) -> None:
    """Contract 2.5: page 2 is refused once, as if it were past the end; the others are not."""
    iamport.control("POST", "payments", [{"merchant_uid": f"m{n}", "amount": 1} for n in range(5)])
    match = {"path": "/payments/status/", "page": 2}
    iamport.fault("status", status=404, times=1, match=match)
    statuses = [
        iamport.get("/payments/status/all", limit=2, page=page).status_code for page in (1, 2, 2, 3)
    ]
    assert statuses == [200, 404, 200, 200]


def test_unknown_paths_have_faults_too(iamport: Iamport) -> None:
    """Without a path a fault meets every call of the gateway, and no page of the stand-in."""
    iamport.fault("status", status=503)
    assert status_of(iamport, "/certifications/imp_1") == 503
    assert iamport.get("/console").status_code == 200


def test_times_hold_under_threads(iamport: Iamport) -> None:
    """Three of sixteen calls at once are refused, not more."""
    iamport.fault("status", status=503, times=3)
    with ThreadPoolExecutor(16) as pool:
        statuses = list(pool.map(lambda _: status_of(iamport), range(16)))
    assert sorted(statuses) == [200] * 13 + [503] * 3
    (fault,) = iamport.control("GET", "faults")
    assert fault["fired"] == 3


def test_match_and_times(iamport: Iamport) -> None:
    """Contract 9.1: only matching calls, only so often; the list says how often each fired."""
    match = {"method": "get", "path": "/payments/status/*"}
    fault = iamport.fault("status", match=match, status=503, times=2)
    assert status_of(iamport, "/payments/imp_1") == 404
    assert [status_of(iamport) for _ in range(3)] == [503, 503, 200]
    (listed,) = iamport.control("GET", "faults")
    assert (listed["id"], listed["fired"], listed["times"]) == (fault["id"], 2, 2)


def test_faults_spare_the_control_api(iamport: Iamport) -> None:
    """A sandbox that is all faults can still be repaired."""
    iamport.fault("cut", match={"path": "/"})
    assert iamport.control("DELETE", "faults") == {"removed": 1}
    assert status_of(iamport) == 200


def test_remove_one(iamport: Iamport) -> None:
    """Faults go one by one, too."""
    fault = iamport.fault("html")
    iamport.fault("latency", seconds=0)
    assert iamport.control("DELETE", f"faults/{fault['id']}") == {"removed": 1}
    assert [f["kind"] for f in iamport.control("GET", "faults")] == ["latency"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "kind"),
        ({"kind": "explode"}, "kind"),
        ({"kind": "latency"}, "seconds"),
        ({"kind": "status", "status": 42}, "status"),
        ({"kind": "status", "status": "503"}, "status"),
        ({"kind": "cut", "times": 1.5}, "times"),
        ({"kind": "cut", "match": "x"}, "match"),
        ({"kind": "cut", "match": {"path": 1}}, "path"),
        ({"kind": "cut", "tiems": 1}, "tiems"),
        ({"kind": "cut", "match": {"page": 0}}, "page"),
        ({"kind": "cut", "match": {"pages": 2}}, "pages"),
        ({"kind": "oversized", "bytes": 2**31}, "bytes"),
        ({"kind": "rows_new", "rows": -1}, "rows"),
        ([], "body"),
    ],
)
def test_bad_fault_names_the_field(iamport: Iamport, body: object, field: str) -> None:
    """Bad control input gets HTTP 400 with JSON naming the field."""
    answer = iamport.post("/_sandbox/faults", body)
    assert (answer.status_code, answer.json()["field"]) == (400, field)

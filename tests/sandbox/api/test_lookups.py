"""Contract 2.2 to 2.4: single, batch, by merchant_uid."""

import pytest

from tests.sandbox.conftest import Iamport

NOT_FOUND = {"code": -1, "message": "존재하지 않는 결제정보입니다.", "response": None}


def test_single(iamport: Iamport) -> None:
    """Contract 2.2: 200, code 0, the Payment."""
    payment = iamport.pay()
    answer = iamport.get(f"/payments/{payment['imp_uid']}")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("application/json")
    assert answer.json() == {"code": 0, "message": None, "response": payment}


def test_unknown_is_404(iamport: Iamport) -> None:
    """Contract 2.2: the documented body."""
    answer = iamport.get("/payments/imp_000000000000")
    assert (answer.status_code, answer.json()) == (404, NOT_FOUND)


def test_test_channel_needs_include_sandbox(iamport: Iamport) -> None:
    """Contract 2.2, 9#4: test payments are 404 without include_sandbox=true; switchable."""
    path = f"/payments/{iamport.pay(sandbox=True)['imp_uid']}"
    assert iamport.get(path).json() == NOT_FOUND
    assert iamport.get(path, include_sandbox="false").status_code == 404
    assert iamport.get(path, include_sandbox="true").json()["response"]["sandbox"] is True
    iamport.switch(hide_test_payments=False)
    assert iamport.get(path).status_code == 200


def test_test_channel_is_not_filtered_elsewhere(iamport: Iamport) -> None:
    """Contract 9#3: batch, find and list do not filter."""
    imp_uid = iamport.pay(sandbox=True)["imp_uid"]
    assert iamport.get("/payments", **{"imp_uid[]": imp_uid}).status_code == 200
    assert iamport.get("/payments/find/order-1").status_code == 200
    assert iamport.get("/payments/status/all").json()["response"]["total"] == 1


def test_batch_in_request_order_without_duplicates(iamport: Iamport) -> None:
    """Contract 2.3, 9#2: both kinds of id may be mixed."""
    first, second, third = (iamport.pay(f"order-{n}")["imp_uid"] for n in (1, 2, 3))
    params = {"imp_uid[]": [third, first, third], "merchant_uid[]": ["order-2", "order-1"]}
    answer = iamport.get("/payments", **params)
    assert answer.status_code == 200
    assert [p["imp_uid"] for p in answer.json()["response"]] == [third, first, second]


def test_batch_with_encoded_and_bare_brackets(iamport: Iamport) -> None:
    """Contract 2.0: `%5B%5D` must be accepted too."""
    imp_uid = iamport.pay()["imp_uid"]
    for brackets in ("[]", "%5B%5D"):
        assert iamport.get(f"/payments?imp_uid{brackets}={imp_uid}").status_code == 200


def test_batch_partly_found_is_207(iamport: Iamport) -> None:
    """Contract 2.3: 207 with only those found."""
    imp_uid = iamport.pay()["imp_uid"]
    answer = iamport.get("/payments", **{"imp_uid[]": [imp_uid, "imp_1"]})
    assert answer.status_code == 207
    assert answer.json()["code"] == 0
    assert [p["imp_uid"] for p in answer.json()["response"]] == [imp_uid]


def test_batch_none_found_is_404(iamport: Iamport) -> None:
    """Contract 2.3: 404, response null."""
    answer = iamport.get("/payments", **{"imp_uid[]": ["imp_1", "imp_2"]})
    assert (answer.status_code, answer.json()) == (404, NOT_FOUND)


@pytest.mark.parametrize("count", [0, 101])
def test_batch_limits(iamport: Iamport, count: int) -> None:
    """Contract 9#1: over 100 ids, or none, is 400 with code -1."""
    answer = iamport.get("/payments", **{"imp_uid[]": [f"imp_{n}" for n in range(count)]})
    assert (answer.status_code, answer.json()["code"]) == (400, -1)


def test_batch_takes_a_hundred(iamport: Iamport) -> None:
    """Contract 2.3: max 100 ids per call."""
    payments = iamport.control(
        "POST", "payments", [{"merchant_uid": f"m{n}", "amount": 1} for n in range(100)]
    )
    ids = [p["imp_uid"] for p in payments]
    answer = iamport.get("/payments", **{"imp_uid[]": ids})
    assert [p["imp_uid"] for p in answer.json()["response"]] == ids


def attempts(iamport: Iamport) -> list[str]:
    now = iamport.now()
    return [
        iamport.pay(outcome=outcome, started_at=now - 100 + n)["imp_uid"]
        for n, outcome in enumerate(["failed", "ready", "paid", "failed"])
    ]


def test_find_gives_the_first_under_the_sorting(iamport: Iamport) -> None:
    """Contract 2.4: default -started."""
    ids = attempts(iamport)
    find = "/payments/find/order-1"
    assert iamport.get(find).json()["response"]["imp_uid"] == ids[3]
    assert iamport.get(find, sorting="started").json()["response"]["imp_uid"] == ids[0]
    assert iamport.get(find, sorting="-paid").json()["response"]["imp_uid"] == ids[2]
    assert iamport.get(f"{find}/ready").json()["response"]["imp_uid"] == ids[1]
    assert iamport.get(f"{find}/cancelled").json() == NOT_FOUND


def test_find_unknown_and_bad_status(iamport: Iamport) -> None:
    """Contract 2.4: 404; contract 2.5: an unsupported status is 400 with its text."""
    assert iamport.get("/payments/find/nobody").json() == NOT_FOUND
    answer = iamport.get("/payments/find/order-1/pending")
    assert answer.status_code == 400
    assert answer.json()["message"] == "지원되지 않는 상태값입니다."


def test_find_all_is_a_page_of_all_attempts(iamport: Iamport) -> None:
    """Contract 2.4, 9#13: with a status the full list, too."""
    ids = attempts(iamport)
    answer = iamport.get("/payments/findAll/order-1").json()["response"]
    assert (answer["total"], answer["previous"], answer["next"]) == (4, 0, 0)
    assert [p["imp_uid"] for p in answer["list"]] == ids[::-1]
    failed = iamport.get("/payments/findAll/order-1/failed", limit=1, page=2).json()["response"]
    assert (failed["total"], failed["previous"], failed["next"]) == (2, 1, 0)
    assert [p["imp_uid"] for p in failed["list"]] == [ids[0]]


def test_find_all_refusals(iamport: Iamport) -> None:
    """Contract 2.4: 404 for an unknown merchant_uid, 400 for a bad status."""
    iamport.pay(outcome="failed")
    assert iamport.get("/payments/findAll/nobody").json() == NOT_FOUND
    assert iamport.get("/payments/findAll/order-1/pending").status_code == 400
    assert iamport.get("/payments/findAll/order-1/paid").json()["response"]["total"] == 0


def test_find_with_odd_characters(iamport: Iamport) -> None:
    """Contract 2.0: merchant_uid may hold odd characters."""
    iamport.pay("a/b ?&=%")
    assert iamport.get("/payments/find/a%2Fb%20%3F%26%3D%25/paid").status_code == 200


def test_gateway_errors_are_in_the_envelope(iamport: Iamport) -> None:
    """Contract 2.0: always `{code, message, response}`."""
    for method, path in (("DELETE", "/payments/imp_1"), ("GET", "/payments/a/b/c/d")):
        body = iamport.call(method, path).json()
        assert set(body) == {"code", "message", "response"}
        assert body["code"] != 0

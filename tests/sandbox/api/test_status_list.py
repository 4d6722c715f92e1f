"""Contract 2.5 and 2.6: the list by status, its window and its pages."""

from typing import Any

import pytest

from tests.sandbox.conftest import Iamport

DAY = 86400


def listed(iamport: Iamport, status: str = "all", /, **params: Any) -> dict[str, Any]:
    answer = iamport.get(f"/payments/status/{status}", **params)
    assert answer.status_code == 200, answer.text
    page: dict[str, Any] = answer.json()["response"]
    return page


def many(iamport: Iamport, count: int) -> list[str]:
    now = iamport.now()
    body = [
        {"merchant_uid": f"m{n}", "amount": 100 + n, "started_at": now - 1000 + n}
        for n in range(count)
    ]
    return [p["imp_uid"] for p in iamport.control("POST", "payments", body)]


def test_pages_follow_next_until_zero(iamport: Iamport) -> None:
    """Contract 2.6: previous and next are page numbers, 0 = none; default limit 20, -started."""
    ids = many(iamport, 45)
    seen, page = [], 1
    while page:
        answer = listed(iamport, page=page)
        assert answer["total"] == 45
        assert answer["previous"] == page - 1
        seen += [p["imp_uid"] for p in answer["list"]]
        page = answer["next"]
    assert seen == ids[::-1]


def test_page_past_the_end_is_400(iamport: Iamport) -> None:
    """Contract 2.5, 9#15: 400 beyond the last page; page 1 of nothing is 200 with 0 rows."""
    assert listed(iamport) == {"total": 0, "previous": 0, "next": 0, "list": []}
    assert iamport.get("/payments/status/all", page=2).status_code == 400
    many(iamport, 3)
    assert iamport.get("/payments/status/all", page=2).status_code == 400


@pytest.mark.parametrize(
    "params",
    [
        {"limit": 0},
        {"limit": 1001},
        {"limit": "x"},
        {"page": 0},
        {"page": -1},
        {"sorting": "amount"},
        {"from": "x"},
        {"from": 2, "to": 1},
    ],
)
def test_bad_parameters_are_400(iamport: Iamport, params: dict[str, Any]) -> None:
    """Contract 2.0, 9#14: limit 1 to 1000, page from 1, the six sortings."""
    answer = iamport.get("/payments/status/all", **params)
    assert (answer.status_code, answer.json()["code"]) == (400, -1)


def test_limit_of_a_thousand(iamport: Iamport) -> None:
    """Contract 9#14: honour 1 to 1000."""
    many(iamport, 1001)
    answer = listed(iamport, limit=1000)
    assert (len(answer["list"]), answer["next"]) == (1000, 2)


def test_bad_status_text(iamport: Iamport) -> None:
    """Contract 2.5: anything else → 400, 지원되지 않는 상태값입니다."""
    answer = iamport.get("/payments/status/pending")
    assert answer.status_code == 400
    assert answer.json()["message"] == "지원되지 않는 상태값입니다."


def test_total_of_all_is_the_sum(iamport: Iamport) -> None:
    """Contract 2.5: total(all) = ready + paid + failed + cancelled."""
    for outcome in ("paid", "paid", "failed", "ready", "vbank", "cancelled"):
        iamport.pay(f"o-{outcome}", outcome=outcome)
    totals = {
        status: listed(iamport, status)["total"]
        for status in ("all", "ready", "paid", "failed", "cancelled")
    }
    assert totals == {"all": 6, "ready": 2, "paid": 2, "failed": 1, "cancelled": 1}


def test_window_goes_by_the_final_status_time(iamport: Iamport) -> None:
    """Contract 2.5: a payment moves between windows when it changes status."""
    now = iamport.now()
    paid_at = now - 60 * DAY
    imp_uid = iamport.pay(started_at=paid_at - 20, paid_at=paid_at)["imp_uid"]
    june = {"from": paid_at - DAY, "to": paid_at + DAY}
    assert listed(iamport, **june)["total"] == 1
    iamport.control("POST", f"payments/{imp_uid}/cancel")
    assert listed(iamport, **june)["total"] == 0
    assert listed(iamport, "cancelled", **{"from": now - DAY})["total"] == 1


def test_window_ends_are_inclusive(iamport: Iamport) -> None:
    """Contract 2.5: from >=, to <=."""
    at = iamport.now() - 1000
    iamport.pay(started_at=at, paid_at=at)
    assert listed(iamport, **{"from": at, "to": at})["total"] == 1
    assert listed(iamport, **{"from": at + 1})["total"] == 0
    assert listed(iamport, to=at - 1)["total"] == 0


def test_default_window_is_the_last_90_days(iamport: Iamport) -> None:
    """Contract 2.5: from = to − 90 days, to = now."""
    at = iamport.now() - 91 * DAY
    iamport.pay(started_at=at, paid_at=at)
    assert listed(iamport)["total"] == 0
    assert listed(iamport, to=at + DAY)["total"] == 1


def test_longer_window_is_400(iamport: Iamport) -> None:
    """Contract 9#16: over 90 days 400, code -1; 90 days exactly are fine."""
    now = iamport.now()
    assert listed(iamport, **{"from": now - 90 * DAY, "to": now})["total"] == 0
    answer = iamport.get("/payments/status/all", **{"from": now - 90 * DAY - 1, "to": now})
    assert (answer.status_code, answer.json()["code"]) == (400, -1)


def test_sortings(iamport: Iamport) -> None:
    """Contract 2.6: started is the window's opening, updated the last status change."""
    now = iamport.now()
    times = {"a": (1, 9, None), "b": (2, 7, 20), "c": (3, 8, None)}
    for name, (started, paid, cancelled) in times.items():
        more = {"outcome": "cancelled", "cancelled_at": now - 100 + cancelled} if cancelled else {}
        iamport.pay(name, started_at=now - 100 + started, paid_at=now - 100 + paid, **more)
    expected = {"started": "abc", "paid": "bca", "updated": "cab"}
    for sorting, order in expected.items():
        up = listed(iamport, sorting=sorting)["list"]
        down = listed(iamport, sorting=f"-{sorting}")["list"]
        assert "".join(p["merchant_uid"] for p in up) == order
        assert down == up[::-1]


def test_equal_times_have_a_stable_order(iamport: Iamport) -> None:
    """Contract 2.6: sweeps in pages see every payment once."""
    at = iamport.now() - 10
    body = [{"merchant_uid": f"m{n}", "amount": 1, "started_at": at} for n in range(50)]
    iamport.control("POST", "payments", body)
    for sorting in ("started", "-started", "updated", "-updated", "paid", "-paid"):
        seen = [
            p["imp_uid"]
            for page in range(1, 6)
            for p in listed(iamport, sorting=sorting, limit=10, page=page)["list"]
        ]
        assert len(set(seen)) == 50

"""Contract 2.5: what appears or changes while pages are turned shifts the rest."""

from typing import Any

import pytest

from tests.sandbox.conftest import Iamport

PATH = "/payments/status"


@pytest.fixture
def payments(iamport: Iamport) -> list[str]:
    """Six, paid in this order, a minute apart, the last one an hour ago."""
    first = iamport.now() - 3600 - 6 * 60
    times = [first + number * 60 for number in range(6)]
    body = [
        {"merchant_uid": f"order-{at}", "amount": 1, "started_at": at, "paid_at": at}
        for at in times
    ]
    return [payment["imp_uid"] for payment in iamport.control("POST", "payments", body)]


def page(iamport: Iamport, number: int, status: str = "all", **params: Any) -> dict[str, Any]:
    query = {"sorting": "updated", "limit": 2, "page": number, **params}
    answer = iamport.get(f"{PATH}/{status}", **query)
    assert answer.status_code == 200, answer.text
    response: dict[str, Any] = answer.json()["response"]
    return response


def ids(page: dict[str, Any]) -> list[str]:
    return [payment["imp_uid"] for payment in page["list"]]


def test_a_refund_moves_a_row_to_the_end(iamport: Iamport, payments: list[str]) -> None:
    """`total` is the same, and the third payment is on no page."""
    iamport.fault("rows_refunded", times=1)
    assert ids(page(iamport, 1)) == payments[:2]
    second = page(iamport, 2)
    assert (second["total"], ids(second)) == (6, payments[3:5])
    assert ids(page(iamport, 3)) == [payments[5], payments[0]]
    moved = iamport.get(f"/payments/{payments[0]}").json()["response"]
    assert (moved["status"], moved["cancel_amount"]) == ("cancelled", 1)


def test_a_refund_leaves_a_window_that_is_over(iamport: Iamport, payments: list[str]) -> None:
    """`total` shrinks, by as many rows as were asked for."""
    iamport.fault("rows_refunded", times=1, rows=2)
    to = iamport.now() - 60
    assert page(iamport, 1, to=to)["total"] == 6
    second = page(iamport, 2, to=to)
    assert (second["total"], ids(second)) == (4, payments[4:])


def test_a_refund_leaves_the_list_of_the_paid(iamport: Iamport, payments: list[str]) -> None:
    """Another status, another list."""
    iamport.fault("rows_refunded", times=1)
    assert page(iamport, 2, "paid")["total"] == 5
    assert page(iamport, 1, "cancelled")["total"] == 1


@pytest.mark.parametrize("sorting", ["updated", "-updated", "started", "-started", "-paid"])
def test_a_new_row_repeats_the_one_before(
    iamport: Iamport, payments: list[str], sorting: str
) -> None:
    """It comes in front of what was read, whichever way the list goes."""
    order = payments[::-1] if sorting.startswith("-") else payments
    iamport.fault("rows_new", times=1)
    assert ids(page(iamport, 1, sorting=sorting)) == order[:2]
    second = page(iamport, 2, sorting=sorting)
    assert (second["total"], ids(second)) == (7, order[1:3])


@pytest.mark.parametrize("status", ["paid", "failed", "cancelled", "ready"])
def test_a_new_row_is_of_the_lists_status(iamport: Iamport, status: str) -> None:
    """Three rows more in the list that is read."""
    for number in range(3):
        iamport.pay(f"order-{number}", outcome=status)
    iamport.fault("rows_new", times=1, rows=3)
    assert page(iamport, 1, status)["total"] == 3
    assert page(iamport, 2, status)["total"] == 6


def test_only_later_pages_of_lists_shift(iamport: Iamport, payments: list[str]) -> None:
    """First pages and other calls leave it on; a call without a token changes nothing."""
    iamport.fault("rows_refunded", times=1)
    page(iamport, 1)
    iamport.get(f"/payments/{payments[0]}", page=2)
    iamport.get("/payments/findAll/order-1", page=2)
    authorization = iamport.session.headers.pop("Authorization")
    assert iamport.get(f"{PATH}/all", page=2, limit=2).status_code == 401
    iamport.session.headers["Authorization"] = authorization
    (fault,) = iamport.control("GET", "faults")
    assert fault["fired"] == 0
    page(iamport, 2)
    (fault,) = iamport.control("GET", "faults")
    assert fault["fired"] == 1


def test_bad_parameters_stay_400(iamport: Iamport, payments: list[str]) -> None:
    """Contract 2.0: refused before anything shifts."""
    iamport.fault("rows_refunded")
    assert iamport.get(f"{PATH}/melted", page=2).status_code == 400
    assert iamport.get(f"{PATH}/all", page=2, sorting="amount").status_code == 400
    assert page(iamport, 1, "paid")["total"] == len(payments)

"""Answers in another order, and answers that contradict themselves (contract 2.3, 2.6, 3.4)."""

from typing import Any

import pytest

from tests.sandbox.conftest import Iamport


@pytest.fixture
def refunded(iamport: Iamport) -> dict[str, Any]:
    """1,000 won, of which 100, 200 and 300 were given back on three days."""
    imp_uid = iamport.pay(amount=1000)["imp_uid"]
    now = iamport.now()
    for days, amount in enumerate((100, 200, 300), start=-3):
        body = {"amount": amount, "cancelled_at": now + days * 86400}
        iamport.control("POST", f"payments/{imp_uid}/cancel", body)
    return looked_up(iamport, imp_uid)


def looked_up(iamport: Iamport, imp_uid: str) -> dict[str, Any]:
    payment: dict[str, Any] = iamport.get(f"/payments/{imp_uid}").json()["response"]
    return payment


def everywhere(iamport: Iamport, imp_uid: str) -> list[dict[str, Any]]:
    """The payment as each kind of answer gives it: alone, in a batch, on a page."""
    return [
        looked_up(iamport, imp_uid),
        iamport.get("/payments", **{"imp_uid[]": imp_uid}).json()["response"][0],
        iamport.get("/payments/findAll/order-1").json()["response"]["list"][0],
    ]


def test_a_batch_in_another_order(iamport: Iamport) -> None:
    """Contract 2.3: all of them, and never as asked."""
    asked = [iamport.pay(f"order-{number}")["imp_uid"] for number in range(5)]
    iamport.fault("batch_shuffled")
    for _ in range(5):
        response = iamport.get("/payments", **{"imp_uid[]": asked}).json()["response"]
        answered = [payment["imp_uid"] for payment in response]
        assert sorted(answered) == sorted(asked)
        assert answered != asked
    page = iamport.get("/payments/status/all", sorting="started").json()["response"]
    assert [payment["imp_uid"] for payment in page["list"]] == asked


def test_a_history_in_another_order(iamport: Iamport, refunded: dict[str, Any]) -> None:
    """Contract 3.4: the same entries, and not oldest first."""
    history = refunded["cancel_history"]
    assert [entry["amount"] for entry in history] == [100, 200, 300]
    iamport.fault("history_shuffled")
    for payment in everywhere(iamport, refunded["imp_uid"]):
        assert payment["cancel_history"] != history
        assert sorted(payment["cancel_history"], key=lambda entry: entry["amount"]) == history


def test_a_history_without_ids(iamport: Iamport, refunded: dict[str, Any]) -> None:
    """Contract 3.4: as refunds from before 2024-02."""
    iamport.fault("history_without_ids")
    for payment in everywhere(iamport, refunded["imp_uid"]):
        assert [entry["amount"] for entry in payment["cancel_history"]] == [100, 200, 300]
        assert all("cancellation_id" not in entry for entry in payment["cancel_history"])


def test_a_history_that_is_not_the_sum(iamport: Iamport, refunded: dict[str, Any]) -> None:
    """Contract 3.4: the entries should sum up to cancel_amount, and here do not."""
    iamport.fault("history_sum")
    for payment in everywhere(iamport, refunded["imp_uid"]):
        assert payment["cancel_amount"] == 600
        assert sum(entry["amount"] for entry in payment["cancel_history"]) == 601


def test_two_rows_of_one_payment(iamport: Iamport) -> None:
    """In a batch and on a page the first comes again, with another amount."""
    imp_uid = iamport.pay(amount=1000)["imp_uid"]
    iamport.fault("doubled_row")
    batch = iamport.get("/payments", **{"imp_uid[]": imp_uid}).json()["response"]
    page = iamport.get("/payments/findAll/order-1").json()["response"]
    for rows in (batch, page["list"]):
        assert [row["imp_uid"] for row in rows] == [imp_uid, imp_uid]
        assert [row["amount"] for row in rows] == [1000, 1001]
    assert page["total"] == 1


@pytest.mark.parametrize(("rows", "kept"), [(None, 0), (2, 2)])
def test_total_without_its_rows(iamport: Iamport, rows: int | None, kept: int) -> None:
    """`total` 3, and none of them, or fewer."""
    for _ in range(3):
        iamport.pay()
    iamport.fault("rows_missing", **({} if rows is None else {"rows": rows}))
    for path in ("/payments/findAll/order-1", "/payments/status/all"):
        page = iamport.get(path).json()["response"]
        assert (page["total"], len(page["list"])) == (3, kept)


@pytest.mark.parametrize(
    "kind",
    [
        "batch_shuffled",
        "history_shuffled",
        "history_without_ids",
        "history_sum",
        "doubled_row",
        "rows_missing",
    ],
)
def test_a_fault_counts_only_where_it_finds_something(iamport: Iamport, kind: str) -> None:
    """Calls that have nothing for it leave it on, and are answered as ever."""
    payment = iamport.pay()
    iamport.fault(kind, times=1)
    iamport.sign_in()
    assert looked_up(iamport, payment["imp_uid"]) == payment
    assert iamport.get("/payments/imp_1").status_code == 404
    (fault,) = iamport.control("GET", "faults")
    assert fault["fired"] == 0


def test_what_is_kept_stays_right(iamport: Iamport, refunded: dict[str, Any]) -> None:
    """Only answers change: once the fault is off, or used up, they are right again."""
    iamport.fault("history_sum", times=1)
    assert looked_up(iamport, refunded["imp_uid"]) != refunded
    assert looked_up(iamport, refunded["imp_uid"]) == refunded


def test_faults_add_up(iamport: Iamport, refunded: dict[str, Any]) -> None:
    """Several change one answer, in the order they were put on."""
    iamport.fault("history_without_ids")
    iamport.fault("history_sum")
    payment = looked_up(iamport, refunded["imp_uid"])
    assert payment["cancel_history"][0]["amount"] == 101
    assert "cancellation_id" not in payment["cancel_history"][0]

"""What each method sends, and what it makes of each answer."""

from typing import Any

import pytest

from payments.iamport import IamportClient, Malformed, NotFound, RefundAccount, Refused, Unreadable
from tests.payments.iamport.scripted import GONE, Answer, Gateway, envelope, page, payment, refusal

from .conftest import MakeClient

# --- Looking up -------------------------------------------------------------------------------


def test_a_payment_is_looked_up_without_test_ones(gateway: Gateway, client: IamportClient) -> None:
    gateway.on("GET", "/payments/imp_1", envelope(payment(imp_uid="imp_1")))
    assert client.payment("imp_1").imp_uid == "imp_1"
    assert gateway.calls("GET", "/payments/imp_1")[0].query == []


def test_test_payments_are_shown_on_demand(gateway: Gateway, make_client: MakeClient) -> None:
    gateway.on("GET", "/payments/imp_1", envelope(payment(imp_uid="imp_1", sandbox=True)))
    assert make_client(include_sandbox=True).payment("imp_1").sandbox
    assert gateway.calls("GET", "/payments/imp_1")[0].query == [("include_sandbox", "true")]


def test_the_answers_own_id_comes_back_even_if_it_is_another(
    gateway: Gateway, client: IamportClient
) -> None:
    gateway.on("GET", "/payments/imp_1", envelope(payment(imp_uid="imp_2")))
    assert client.payment("imp_1").imp_uid == "imp_2"


def test_an_unknown_payment_hints_at_test_channels(
    gateway: Gateway, client: IamportClient, make_client: MakeClient
) -> None:
    gateway.on("GET", "/payments/imp_1", GONE)
    with pytest.raises(NotFound, match="include_sandbox"):
        client.payment("imp_1")
    with pytest.raises(NotFound) as raised:
        make_client(include_sandbox=True).payment("imp_1")
    assert "include_sandbox" not in str(raised.value)


def test_find_asks_for_the_latest_attempt(gateway: Gateway, client: IamportClient) -> None:
    gateway.on("GET", "/payments/find/order-1", envelope(payment()))
    assert client.find("order-1").merchant_uid == "order-1"
    assert gateway.seen[-1].query == [("sorting", "-started")]


def test_find_may_ask_for_one_status(gateway: Gateway, client: IamportClient) -> None:
    gateway.on("GET", "/payments/find/order-1/paid", envelope(payment()))
    assert client.find("order-1", status="paid", sorting="started").status == "paid"
    assert gateway.seen[-1].query == [("sorting", "started")]


def test_an_order_without_attempts_is_not_found(gateway: Gateway, client: IamportClient) -> None:
    gateway.on("GET", "/payments/find/order-1", GONE)
    gateway.on("GET", "/payments/findAll/order-1", GONE)
    with pytest.raises(NotFound):
        client.find("order-1")
    with pytest.raises(NotFound):
        client.find_all("order-1")


ATTEMPTS = "/payments/findAll/order-1"


def attempts(*numbers: int) -> list[dict[str, Any]]:
    return [payment(imp_uid=f"imp_{number}") for number in numbers]


def test_all_attempts_on_one_page_are_one_call(gateway: Gateway, client: IamportClient) -> None:
    gateway.on("GET", f"{ATTEMPTS}/failed", page(*attempts(1, 2)))
    found = client.find_all("order-1", status="failed")
    assert [attempt.imp_uid for attempt in found] == ["imp_1", "imp_2"]
    assert len(gateway.seen) == 2
    assert gateway.seen[-1].query == [("limit", "100"), ("sorting", "started"), ("page", "1")]


def test_more_attempts_than_a_page_holds_are_read_until_two_readings_agree(
    gateway: Gateway, client: IamportClient
) -> None:
    # 4 is a new window, opened while the pages were turned for the first time.
    first, second = page(*attempts(1, 2), total=3), page(*attempts(3), total=4)
    again = [page(*attempts(1, 2), total=4), page(*attempts(3, 4), total=4)]
    gateway.on("GET", ATTEMPTS, first, second, *again, *again)
    found = client.find_all("order-1")
    assert [attempt.imp_uid for attempt in found] == ["imp_1", "imp_2", "imp_3", "imp_4"]
    pages = [dict(seen.query)["page"] for seen in gateway.calls("GET", ATTEMPTS)]
    assert pages == ["1", "2"] * 3


@pytest.mark.parametrize(
    "answers",
    [
        [page(total=3)],
        [page(*attempts(1), total=3), refusal(400, -1)],
        [page(*attempts(1), total=3), refusal(404, -1)],
        [page(*attempts(1), total=3), page(*attempts(1), total=3)],
        [page(*attempts(1), total=3), page(total=3)],
        [page(*attempts(1, 2), total=1)],
        [page(*attempts(1), payment(imp_uid="imp_1", amount=1))],
        [page(payment(merchant_uid="order-2"))],
    ],
    ids=[
        "no rows",
        "400 later",
        "404 later",
        "the same page",
        "empty page",
        "too many rows",
        "one id, two amounts",
        "another order",
    ],
)
def test_attempts_that_can_not_all_be_there_are_unknown_and_not_the_end(
    gateway: Gateway, client: IamportClient, answers: list[Answer]
) -> None:
    gateway.on("GET", ATTEMPTS, *answers)
    with pytest.raises(Malformed):
        client.find_all("order-1")


def test_an_attempt_that_cannot_be_read_hides_none_of_the_others(
    gateway: Gateway, client: IamportClient
) -> None:
    bad = payment(imp_uid="imp_1", status="failed", amount=None)
    gateway.on("GET", ATTEMPTS, page(bad, *attempts(2)))
    aside: list[Unreadable] = []
    [attempt] = client.find_all("order-1", unreadable=aside.append)
    assert attempt.imp_uid == "imp_2"
    assert [(row.name, row.status) for row in aside] == [("imp_1", "failed")]


@pytest.mark.parametrize(
    ("merchant_uid", "path"),
    [
        ("a/b?c#d%e", "/payments/find/a%2Fb%3Fc%23d%25e"),
        ("주문 1", "/payments/find/%EC%A3%BC%EB%AC%B8%201"),
        ("../prepare", "/payments/find/..%2Fprepare"),
        ("a&b=c;d", "/payments/find/a%26b%3Dc%3Bd"),
        ("...", "/payments/find/..."),
    ],
)
def test_odd_characters_stay_inside_their_part_of_the_path(
    gateway: Gateway, client: IamportClient, merchant_uid: str, path: str
) -> None:
    gateway.on("GET", path, envelope(payment(merchant_uid=merchant_uid)))
    assert client.find(merchant_uid).merchant_uid == merchant_uid


# --- Refunds ----------------------------------------------------------------------------------


def test_a_cancel_always_sends_amount_and_checksum(gateway: Gateway, client: IamportClient) -> None:
    row = payment(imp_uid="imp_1", status="cancelled", cancel_amount=5000)
    gateway.on("POST", "/payments/cancel", envelope(row))
    answer = client.cancel(imp_uid="imp_1", amount=5000, checksum=12000, reason="변심")
    assert answer.remaining == 7000
    assert gateway.seen[-1].body == {
        "imp_uid": "imp_1",
        "amount": 5000,
        "checksum": 12000,
        "reason": "변심",
    }


def test_a_deposit_is_refunded_to_an_account(gateway: Gateway, client: IamportClient) -> None:
    row = payment(imp_uid="imp_1", status="cancelled", cancel_amount=12000)
    gateway.on("POST", "/payments/cancel", envelope(row))
    client.cancel(
        imp_uid="imp_1",
        amount=12000,
        checksum=12000,
        reason="",
        refund=RefundAccount(holder="김고객", bank="88", account="110123456789", tel="01012345678"),
        enable_webhook=True,
    )
    body = gateway.seen[-1].body
    assert body["refund_holder"] == "김고객"
    assert body["refund_bank"] == "88"
    assert body["refund_account"] == "110123456789"
    assert body["refund_tel"] == "01012345678"
    assert body["enable_webhook"] is True


@pytest.mark.parametrize(
    "echo",
    [
        {"imp_uid": "imp_2"},
        {"status": "paid"},
        {"cancel_amount": 0},
        {"cancel_amount": 6000},
        {"amount": 5000},
    ],
    ids=str,
)
def test_a_cancel_that_answers_about_another_refund_is_unknown(
    gateway: Gateway, client: IamportClient, echo: dict[str, Any]
) -> None:
    row = {"imp_uid": "imp_1", "status": "cancelled", "cancel_amount": 5000}
    gateway.on("POST", "/payments/cancel", envelope(payment(**(row | echo))))
    with pytest.raises(Malformed) as raised:
        client.cancel(imp_uid="imp_1", amount=5000, checksum=12000, reason="변심")
    assert raised.value.sent


@pytest.mark.parametrize("code", [1, -1])
def test_a_cancel_refused_with_http_200_is_a_refusal(
    gateway: Gateway, client: IamportClient, code: int
) -> None:
    gateway.on("POST", "/payments/cancel", refusal(200, code, "이미 전액취소된 주문입니다."))
    with pytest.raises(Refused, match="이미 전액취소된") as raised:
        client.cancel(imp_uid="imp_1", amount=1, checksum=1, reason="변심")
    assert raised.value.code == code


def test_a_cancel_without_a_payment_in_the_answer_is_unknown(
    gateway: Gateway, client: IamportClient
) -> None:
    gateway.on("POST", "/payments/cancel", envelope(None))
    with pytest.raises(Malformed) as raised:
        client.cancel(imp_uid="imp_1", amount=1, checksum=1, reason="변심")
    assert raised.value.sent

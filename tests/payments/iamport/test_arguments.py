"""What must never be sent: each bad argument is refused before any call is made."""

from collections.abc import Callable
from typing import Any

import pytest

from payments.iamport import IamportClient, RefundAccount
from tests.payments.iamport.scripted import Gateway

BAD_IDS = ["", " ", "\t\n", None, 7, b"imp_1", ".", ".."]
BAD_AMOUNTS = [0, -1, 1.0, 1.5, "100", True, None]


@pytest.mark.parametrize(
    "call",
    [
        lambda client, uid: client.payment(uid),
        lambda client, uid: client.payments(imp_uids=["imp_1", uid]),
        lambda client, uid: client.cancel(imp_uid=uid, amount=1, checksum=1, reason=""),
    ],
)
def test_an_imp_uid_that_is_none_is_never_sent(
    gateway: Gateway, client: IamportClient, call: Callable[..., object]
) -> None:
    for bad in [*BAD_IDS, "i" * 33]:
        with pytest.raises(ValueError, match="imp_uid"):
            call(client, bad)
    assert gateway.seen == []


@pytest.mark.parametrize(
    "call",
    [
        lambda client, uid: client.register(merchant_uid=uid, amount=1),
        lambda client, uid: client.registered(merchant_uid=uid),
        lambda client, uid: client.amend(merchant_uid=uid, amount=1),
        lambda client, uid: client.prepare(merchant_uid=uid, amount=1),
        lambda client, uid: client.payments(merchant_uids=[uid]),
        lambda client, uid: client.find(uid),
        lambda client, uid: client.find_all(uid),
    ],
)
def test_a_merchant_uid_that_is_none_is_never_sent(
    gateway: Gateway, client: IamportClient, call: Callable[..., object]
) -> None:
    for bad in [*BAD_IDS, "m" * 41]:
        with pytest.raises(ValueError, match="merchant_uid"):
            call(client, bad)
    assert gateway.seen == []


def test_one_id_is_not_taken_for_a_list_of_letters(gateway: Gateway, client: IamportClient) -> None:
    with pytest.raises(ValueError, match="list of ids"):
        client.payments(imp_uids="imp_1")


@pytest.mark.parametrize(
    "call",
    [
        lambda client, won: client.register(merchant_uid="order-1", amount=won),
        lambda client, won: client.amend(merchant_uid="order-1", amount=won),
        lambda client, won: client.prepare(merchant_uid="order-1", amount=won),
        lambda client, won: client.cancel(imp_uid="imp_1", amount=won, checksum=1, reason=""),
        lambda client, won: client.cancel(imp_uid="imp_1", amount=1, checksum=won, reason=""),
    ],
)
def test_an_amount_that_is_no_whole_won_above_zero_is_never_sent(
    gateway: Gateway, client: IamportClient, call: Callable[..., object]
) -> None:
    for bad in BAD_AMOUNTS:
        with pytest.raises(ValueError, match="whole number above 0"):
            call(client, bad)
    assert gateway.seen == []


@pytest.mark.parametrize(
    "call",
    [
        lambda client: client.cancel(imp_uid="imp_1", amount=1, checksum=1, reason="x" * 257),
        lambda client: client.cancel(imp_uid="imp_1", amount=1, checksum=1, reason=None),
        lambda client: client.register(merchant_uid="order-1", amount=1, currency=""),
        lambda client: client.find("order-1", status="all"),
        lambda client: client.find("order-1", status="canceled"),
        lambda client: client.find("order-1", sorting="amount"),
        lambda client: client.find_all("order-1", status=""),
        lambda client: client.by_status("await", from_=1, to=2),
        lambda client: client.by_status("paid", from_=2, to=1),
        lambda client: client.by_status("paid", from_=1.5, to=2),
        lambda client: client.by_status("paid", from_=-1, to=2),
        lambda client: client.by_status("paid", from_=1, to=2, limit=1001),
        lambda client: client.by_status("paid", from_=1, to=2, limit=0),
    ],
)
def test_what_the_contract_has_no_room_for_is_never_sent(
    gateway: Gateway, client: IamportClient, call: Callable[..., object]
) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 (each argument has its own text)
        call(client)
    assert gateway.seen == []


@pytest.mark.parametrize(
    "options",
    [
        {"api_url": ""},
        {"api_url": "api.iamport.kr"},
        {"api_url": "ftp://api.iamport.kr"},
        {"api_url": "https://"},
        {"api_url": "https://user:word@api.iamport.kr"},
        {"api_url": "https://api.iamport.kr?x=1"},
        {"key": " "},
        {"secret": ""},
    ],
)
def test_a_client_that_cannot_work_is_not_made(options: dict[str, Any]) -> None:
    good = {"api_url": "https://api.iamport.kr", "key": "key", "secret": "secret"}
    with pytest.raises(ValueError, match=r"api_url|key and secret"):
        IamportClient(**(good | options))


@pytest.mark.parametrize(
    "fields",
    [
        {"holder": ""},
        {"bank": " "},
        {"account": ""},
        {"holder": "h" * 17},
        {"bank": "12345"},
        {"account": "1" * 17},
        {"tel": "1" * 17},
        {"account": 110},
    ],
)
def test_an_account_that_cannot_be_paid_to_is_not_made(fields: dict[str, Any]) -> None:
    good = {"holder": "김고객", "bank": "088", "account": "110123456789"}
    with pytest.raises(ValueError, match="refund"):
        RefundAccount(**(good | fields))

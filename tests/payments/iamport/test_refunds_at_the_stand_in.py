"""Refunds that the client asks of the stand-in: in parts, refused, the answer lost."""

import pytest

from payments.iamport import (
    IamportClient,
    RefundAccount,
    Refused,
    Unavailable,
)
from tests.gateway import SandboxGateway

from .conftest import MakeClient, made

CANCEL = "POST /payments/cancel"


@pytest.fixture
def client(stand_in: SandboxGateway, make_client: MakeClient) -> IamportClient:
    return make_client(api_url=stand_in.url, key="sandbox_key", secret="sandbox_secret")


def test_a_payment_is_refunded_in_parts(stand_in: SandboxGateway, client: IamportClient) -> None:
    imp_uid = stand_in.pay("order-1", 1000)["imp_uid"]
    part = client.cancel(imp_uid=imp_uid, amount=300, checksum=1000, reason="일부 반품")
    assert (part.status, part.cancel_amount, part.remaining) == ("cancelled", 300, 700)
    rest = client.cancel(imp_uid=imp_uid, amount=700, checksum=700, reason="나머지")
    assert (rest.amount, rest.cancel_amount, rest.remaining) == (1000, 1000, 0)
    assert [entry.amount for entry in rest.cancel_history] == [300, 700]
    assert len({entry.cancellation_id for entry in rest.cancel_history}) == 2
    assert client.payment(imp_uid) == rest


@pytest.mark.parametrize("status", [200, 400])
@pytest.mark.parametrize(("amount", "checksum"), [(300, 900), (1001, 1000)])
def test_a_refund_that_does_not_add_up_changes_nothing(
    stand_in: SandboxGateway, client: IamportClient, amount: int, checksum: int, status: int
) -> None:
    stand_in.control("POST", "settings", {"cancel_refusal_status": status})
    imp_uid = stand_in.pay("order-1", 1000)["imp_uid"]
    with pytest.raises(Refused) as raised:
        client.cancel(imp_uid=imp_uid, amount=amount, checksum=checksum, reason="변심")
    assert raised.value.status == status
    assert client.payment(imp_uid).cancel_amount == 0


def test_a_second_full_refund_is_refused(stand_in: SandboxGateway, client: IamportClient) -> None:
    imp_uid = stand_in.pay("order-1", 1000, outcome="cancelled")["imp_uid"]
    with pytest.raises(Refused, match="이미 전액취소된 주문입니다"):
        client.cancel(imp_uid=imp_uid, amount=1000, checksum=1000, reason="변심")


def test_a_refund_of_nothing_known_is_refused(client: IamportClient) -> None:
    with pytest.raises(Refused, match="취소할 결제건이 존재하지 않습니다"):
        client.cancel(imp_uid="imp_x", amount=1, checksum=1, reason="변심")


def test_a_deposit_goes_back_to_an_account_only(
    stand_in: SandboxGateway, client: IamportClient
) -> None:
    imp_uid = stand_in.pay("order-1", 1000, outcome="vbank")["imp_uid"]
    stand_in.deposit(imp_uid)
    refund = {"imp_uid": imp_uid, "amount": 1000, "checksum": 1000, "reason": "변심"}
    with pytest.raises(Refused):
        client.cancel(**refund)
    account = RefundAccount(holder="김고객", bank="88", account="110123456789")
    assert client.cancel(**refund, refund=account).remaining == 0


def test_a_lost_answer_to_a_refund_is_told_and_not_repeated(
    stand_in: SandboxGateway, client: IamportClient
) -> None:
    imp_uid = stand_in.pay("order-1", 1000)["imp_uid"]
    stand_in.fault("after", match={"method": "POST", "path": "/payments/cancel"}, times=1)
    with pytest.raises(Unavailable) as raised:
        client.cancel(imp_uid=imp_uid, amount=300, checksum=1000, reason="변심")
    assert raised.value.sent
    assert made(stand_in, CANCEL) == 1
    assert client.payment(imp_uid).cancel_amount == 300  # it had been done

"""The client against the stand-in gateway, which was written apart from it, from the contract.

Where both agree, they read the contract alike; where a test here fails, one of them misread it.
"""

import time
from typing import Any

import pytest

from payments.iamport import (
    AuthenticationFailed,
    IamportClient,
    IamportError,
    Malformed,
    NotFound,
    PrepareOutcome,
    Refused,
    Unavailable,
)
from tests.gateway import SandboxGateway

from .conftest import Clock, MakeClient, made

DAY = 86_400
GET_TOKEN = "POST /users/getToken"


@pytest.fixture
def client(stand_in: SandboxGateway, make_client: MakeClient) -> IamportClient:
    return make_client(api_url=stand_in.url, key="sandbox_key", secret="sandbox_secret")


def advance(stand_in: SandboxGateway, clock: Clock, seconds: float) -> None:
    stand_in.control("POST", "clock", {"advance": seconds})
    clock.now += seconds


# --- Token ------------------------------------------------------------------------------------


def test_wrong_keys_are_refused_in_the_gateways_words(
    stand_in: SandboxGateway, make_client: MakeClient
) -> None:
    client = make_client(api_url=stand_in.url, key="sandbox_key", secret="wrong")
    with pytest.raises(AuthenticationFailed, match="인증에 실패하였습니다"):
        client.payment("imp_1")


def test_one_token_serves_for_half_an_hour_and_is_extended(
    stand_in: SandboxGateway, client: IamportClient, clock: Clock
) -> None:
    imp_uid = stand_in.pay("order-1", 1000)["imp_uid"]
    client.payment(imp_uid)
    advance(stand_in, clock, 1700)
    client.payment(imp_uid)
    assert made(stand_in, GET_TOKEN) == 1
    advance(stand_in, clock, 50)  # the last minute: five more are given
    for _ in range(5):
        client.payment(imp_uid)
    assert made(stand_in, GET_TOKEN) == 2
    advance(stand_in, clock, 280)
    client.payment(imp_uid)
    assert made(stand_in, GET_TOKEN) == 2


def test_a_token_that_dies_early_is_renewed(
    stand_in: SandboxGateway, client: IamportClient
) -> None:
    imp_uid = stand_in.pay("order-1", 1000)["imp_uid"]
    client.payment(imp_uid)
    stand_in.fault("token", times=1)
    assert client.payment(imp_uid).status == "paid"


def test_a_token_that_dies_before_a_refund_does_not_refund_twice(
    stand_in: SandboxGateway, client: IamportClient
) -> None:
    imp_uid = stand_in.pay("order-1", 1000)["imp_uid"]
    client.payment(imp_uid)
    stand_in.fault("token", times=1)
    answer = client.cancel(imp_uid=imp_uid, amount=300, checksum=1000, reason="변심")
    assert (answer.cancel_amount, len(answer.cancel_history)) == (300, 1)


def test_an_address_that_is_not_allowed_is_a_matter_of_configuration(
    stand_in: SandboxGateway, client: IamportClient
) -> None:
    stand_in.fault("ip_denied")
    with pytest.raises(AuthenticationFailed):
        client.payment("imp_1")


# --- Pre-registration -------------------------------------------------------------------------


def test_an_order_is_registered_kept_and_amended(client: IamportClient) -> None:
    outcomes = [
        client.prepare(merchant_uid="order-1", amount=amount).outcome
        for amount in (1000, 1000, 900)
    ]
    assert outcomes == list(PrepareOutcome)
    held = client.registered(merchant_uid="order-1")
    assert held is not None
    assert (held.merchant_uid, held.amount, held.currency) == ("order-1", 900, "KRW")


def test_registering_twice_is_refused_even_with_the_same_amount(client: IamportClient) -> None:
    client.register(merchant_uid="order-1", amount=1000)
    with pytest.raises(Refused, match="이미 등록된") as raised:
        client.register(merchant_uid="order-1", amount=1000)
    assert raised.value.status == 200


def test_what_was_never_registered_is_none_and_cannot_be_amended(client: IamportClient) -> None:
    assert client.registered(merchant_uid="주문/1?") is None
    with pytest.raises(NotFound):
        client.amend(merchant_uid="order-1", amount=1000)


# --- Looking up -------------------------------------------------------------------------------


def test_a_payment_comes_back_as_it_was_made(
    stand_in: SandboxGateway, client: IamportClient
) -> None:
    made_ = stand_in.pay("order-1", 12900, buyer_name="김고객", custom_data={"cart": 7})
    answer = client.payment(made_["imp_uid"])
    assert (answer.imp_uid, answer.merchant_uid) == (made_["imp_uid"], "order-1")
    assert (answer.status, answer.amount, answer.cancel_amount) == ("paid", 12900, 0)
    assert (answer.currency, answer.sandbox, answer.buyer_name) == ("KRW", False, "김고객")
    assert answer.paid_at == made_["paid_at"] > 0
    assert answer.failed_at == answer.cancelled_at == 0
    assert dict(answer.raw) == made_


def test_a_failed_payment_tells_why(stand_in: SandboxGateway, client: IamportClient) -> None:
    answer = client.payment(stand_in.pay("order-1", 900, outcome="failed")["imp_uid"])
    assert answer.status == "failed"
    assert answer.fail_reason
    assert answer.failed_at > 0
    assert answer.paid_at == 0


def test_a_deposit_is_awaited_and_arrives(stand_in: SandboxGateway, client: IamportClient) -> None:
    imp_uid = stand_in.pay("order-1", 900, outcome="vbank")["imp_uid"]
    waiting = client.payment(imp_uid)
    assert waiting.is_awaiting_deposit
    assert waiting.vbank_date > waiting.vbank_issued_at > 0
    stand_in.deposit(imp_uid)
    paid = client.payment(imp_uid)
    assert (paid.status, paid.is_awaiting_deposit) == ("paid", False)


def test_an_abandoned_window_awaits_no_deposit(
    stand_in: SandboxGateway, client: IamportClient
) -> None:
    answer = client.payment(stand_in.pay("order-1", 900, outcome="ready")["imp_uid"])
    assert (answer.status, answer.is_awaiting_deposit, answer.pg_tid) == ("ready", False, "")


def test_an_unknown_payment_is_not_found(client: IamportClient) -> None:
    with pytest.raises(NotFound, match="존재하지 않는 결제정보입니다"):
        client.payment("imp_000000000000")


def test_a_test_payment_is_hidden_unless_asked_for(
    stand_in: SandboxGateway, client: IamportClient, make_client: MakeClient
) -> None:
    imp_uid = stand_in.pay("order-1", 900, sandbox=True)["imp_uid"]
    with pytest.raises(NotFound, match="include_sandbox"):
        client.payment(imp_uid)
    seeing = make_client(
        api_url=stand_in.url, key="sandbox_key", secret="sandbox_secret", include_sandbox=True
    )
    assert seeing.payment(imp_uid).sandbox
    assert client.payments(imp_uids=[imp_uid]).payments[0].sandbox


def test_what_the_contract_does_not_know_is_read_all_the_same(
    stand_in: SandboxGateway, client: IamportClient
) -> None:
    odd = {"status": "melted", "pay_method": "moon", "card_quota": None, "brand_new": [1]}
    answer = client.payment(stand_in.pay("order-1", 900, fields=odd)["imp_uid"])
    assert (answer.status, answer.pay_method, answer.card_quota) == ("melted", "moon", None)


@pytest.mark.parametrize("odd", [{"amount": 900.5}, {"amount": "900"}, {"sandbox": None}])
def test_money_and_identity_are_not_guessed(
    stand_in: SandboxGateway, client: IamportClient, odd: dict[str, Any]
) -> None:
    imp_uid = stand_in.pay("order-1", 900, fields=odd)["imp_uid"]
    with pytest.raises(Malformed, match=next(iter(odd))):
        client.payment(imp_uid)


def test_the_attempts_of_an_order(stand_in: SandboxGateway, client: IamportClient) -> None:
    now = int(time.time())
    for age, outcome in ((30, "failed"), (20, "ready"), (10, "paid")):
        stand_in.pay("order-1", 900, outcome=outcome, started_at=now - age)
    assert client.find("order-1").status == "paid"
    assert client.find("order-1", sorting="started").status == "failed"
    assert client.find("order-1", status="ready").status == "ready"
    assert [attempt.status for attempt in client.find_all("order-1")] == ["failed", "ready", "paid"]
    assert [attempt.status for attempt in client.find_all("order-1", status="paid")] == ["paid"]
    for ask in (client.find, client.find_all):
        with pytest.raises(NotFound):
            ask("order-2")


def test_more_attempts_than_a_page_holds(stand_in: SandboxGateway, client: IamportClient) -> None:
    now = int(time.time())
    stand_in.control(
        "POST",
        "payments?answer=count",
        [
            {"merchant_uid": "order-1", "amount": 9, "outcome": "failed", "started_at": now - n}
            for n in range(230)
        ],
    )
    assert len({attempt.imp_uid for attempt in client.find_all("order-1")}) == 230


# --- Many at once -----------------------------------------------------------------------------


def test_a_batch_is_whole_partial_or_empty(stand_in: SandboxGateway, client: IamportClient) -> None:
    ids = [stand_in.pay(f"order-{n}", 100 + n)["imp_uid"] for n in range(3)]
    whole = client.payments(imp_uids=ids)
    assert {attempt.imp_uid for attempt in whole.payments} == set(ids)
    partial = client.payments(imp_uids=[*ids, "imp_x"], merchant_uids=["order-0", "order-x"])
    assert {attempt.imp_uid for attempt in partial.payments} == set(ids)
    assert (partial.missing_imp_uids, partial.missing_merchant_uids) == (("imp_x",), ("order-x",))
    assert client.payments(imp_uids=["imp_x"]).missing_imp_uids == ("imp_x",)


def test_a_batch_of_any_size(stand_in: SandboxGateway, client: IamportClient) -> None:
    rows = [{"merchant_uid": f"order-{n}", "amount": 100 + n} for n in range(250)]
    ids = [row["imp_uid"] for row in stand_in.control("POST", "payments", rows)]
    batch = client.payments(imp_uids=ids, merchant_uids=["order-7", "order-x"])
    assert {attempt.imp_uid for attempt in batch.payments} == set(ids)
    assert (batch.missing_imp_uids, batch.missing_merchant_uids) == ((), ("order-x",))
    assert made(stand_in, "GET /payments") == 4


def test_a_sweep_over_a_year_finds_each_payment_once(
    stand_in: SandboxGateway, client: IamportClient
) -> None:
    now = int(time.time())
    times = [now - age * DAY for age in (0, 1, 89, 90, 91, 180, 181, 364)]
    stand_in.control(
        "POST",
        "payments?answer=count",
        [
            {"merchant_uid": f"order-{n}", "amount": 100, "started_at": when, "paid_at": when}
            for n, when in enumerate(times)
        ],
    )
    # A second later it would be past the end of the list.
    stand_in.pay("order-x", 900, outcome="failed", started_at=now - 1, failed_at=now)
    year: dict[str, Any] = {"from_": now - 365 * DAY, "to": now}
    paid = list(client.by_status("paid", **year, limit=2))
    assert [attempt.paid_at for attempt in paid] == sorted(times)
    assert len(list(client.by_status("all", **year))) == len(times) + 1
    assert list(client.by_status("cancelled", **year)) == []


# --- Trouble ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "status", "status": 503, "retry_after": 2},
        {"kind": "status", "status": 429},
        {"kind": "html"},
        {"kind": "cut"},
        {"kind": "after"},
    ],
)
def test_a_look_up_survives_passing_trouble(
    stand_in: SandboxGateway, client: IamportClient, sleeps: list[float], fault: dict[str, Any]
) -> None:
    imp_uid = stand_in.pay("order-1", 1000)["imp_uid"]
    stand_in.fault(**fault, match={"path": "/payments"}, times=2)
    assert client.payment(imp_uid).amount == 1000
    assert len(sleeps) == 2
    assert "retry_after" not in fault or min(sleeps) >= 2


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"kind": "status", "status": 500}, Unavailable),
        ({"kind": "html"}, Unavailable),
        ({"kind": "cut"}, Unavailable),
        ({"kind": "malformed"}, Malformed),
    ],
)
def test_lasting_trouble_is_told(
    stand_in: SandboxGateway,
    client: IamportClient,
    fault: dict[str, Any],
    error: type[IamportError],
) -> None:
    stand_in.fault(**fault, match={"path": "/payments"})
    with pytest.raises(error):
        client.payment("imp_1")
    with pytest.raises(error):
        client.cancel(imp_uid="imp_1", amount=1, checksum=1, reason="변심")


def test_a_gateway_that_hangs_is_left_in_time(
    stand_in: SandboxGateway, make_client: MakeClient
) -> None:
    client = make_client(
        api_url=stand_in.url, key="sandbox_key", secret="sandbox_secret", read_timeout=0.3
    )
    assert list(client.by_status("paid", from_=0, to=1)) == []
    stand_in.fault("hang", match={"path": "/payments"})
    started = time.monotonic()
    with pytest.raises(Unavailable):
        client.payment("imp_1")
    assert time.monotonic() - started < 5
    stand_in.heal()

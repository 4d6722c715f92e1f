"""What each method sends, and what it makes of each answer."""

from typing import Any

import pytest

from payments.iamport import (
    IamportClient,
    IamportError,
    Malformed,
    NotFound,
    Prepared,
    PrepareOutcome,
    RefundAccount,
    Refused,
    Unavailable,
    Unreadable,
)
from tests.payments.iamport.scripted import (
    Answer,
    Gateway,
    cut,
    envelope,
    html,
    page,
    payment,
    refusal,
)

from .conftest import MakeClient

PREPARE = "/payments/prepare"
ORDER = f"{PREPARE}/order-1"
GONE = refusal(404, -1, "존재하지 않는 결제정보입니다.")
TAKEN = refusal(200, 1, "결제정보 사전등록에 실패하였습니다(이미 등록된 merchant_uid입니다).")


def held(
    amount: Any = 12000, currency: str | None = "KRW", merchant_uid: str = "order-1"
) -> Answer:
    return envelope({"merchant_uid": merchant_uid, "amount": amount, "currency": currency})


# --- Pre-registration -------------------------------------------------------------------------


def test_register_sends_the_order_and_its_amount(gateway: Gateway, client: IamportClient) -> None:
    gateway.on("POST", PREPARE, held())
    prepared = client.register(merchant_uid="order-1", amount=12000)
    assert prepared == Prepared("order-1", 12000, "KRW", PrepareOutcome.REGISTERED)
    sent = gateway.calls("POST", PREPARE)[0]
    assert sent.body == {"merchant_uid": "order-1", "amount": 12000, "currency": "KRW"}
    assert sent.headers["Content-Type"] == "application/json"


def test_registering_twice_is_refused_with_the_gateways_words(
    gateway: Gateway, client: IamportClient
) -> None:
    gateway.on("POST", PREPARE, TAKEN)
    with pytest.raises(Refused, match="이미 등록된") as raised:
        client.register(merchant_uid="order-1", amount=12000)
    assert (raised.value.status, raised.value.code) == (200, 1)


def test_registered_tells_what_is_held(gateway: Gateway, client: IamportClient) -> None:
    gateway.on("GET", ORDER, held(currency=None))
    prepared = client.registered(merchant_uid="order-1")
    assert prepared == Prepared("order-1", 12000, None, PrepareOutcome.ALREADY_REGISTERED)


@pytest.mark.parametrize("answer", [GONE, refusal(200, 1)])
def test_registered_is_none_if_nothing_is_held(
    gateway: Gateway, client: IamportClient, answer: Answer
) -> None:
    gateway.on("GET", ORDER, answer)
    assert client.registered(merchant_uid="order-1") is None


@pytest.mark.parametrize(
    ("answer", "error"), [(refusal(400, -1), Refused), (html(404), Malformed), (cut, Unavailable)]
)
def test_registered_is_not_none_when_nothing_is_known(
    gateway: Gateway, client: IamportClient, answer: Answer, error: type[IamportError]
) -> None:
    gateway.on("GET", ORDER, answer)
    with pytest.raises(error):
        client.registered(merchant_uid="order-1")


@pytest.mark.parametrize(
    "echo",
    [held(1), held(currency="USD"), held(currency=None), held(merchant_uid="order-2")],
    ids=["amount", "currency", "no currency", "order"],
)
@pytest.mark.parametrize("call", ["register", "prepare", "amend"])
def test_an_echo_of_something_else_is_unknown(
    gateway: Gateway, client: IamportClient, echo: Answer, call: str
) -> None:
    gateway.on("POST", PREPARE, echo)
    gateway.on("PUT", PREPARE, echo)
    with pytest.raises(Malformed, match="not what was asked for") as raised:
        getattr(client, call)(merchant_uid="order-1", amount=12000)
    assert raised.value.sent


def test_what_is_registered_for_another_order_is_unknown(
    gateway: Gateway, client: IamportClient
) -> None:
    gateway.on("GET", ORDER, held(merchant_uid="order-2"))
    with pytest.raises(Malformed):
        client.registered(merchant_uid="order-1")


def test_amend_changes_the_amount(gateway: Gateway, client: IamportClient) -> None:
    gateway.on("PUT", PREPARE, held(9000))
    prepared = client.amend(merchant_uid="order-1", amount=9000)
    assert prepared == Prepared("order-1", 9000, "KRW", PrepareOutcome.AMENDED)


def test_amending_nothing_is_not_found(gateway: Gateway, client: IamportClient) -> None:
    gateway.on("PUT", PREPARE, GONE)
    with pytest.raises(NotFound):
        client.amend(merchant_uid="order-1", amount=9000)


def test_prepare_registers_a_new_order(gateway: Gateway, client: IamportClient) -> None:
    gateway.on("POST", PREPARE, held())
    prepared = client.prepare(merchant_uid="order-1", amount=12000)
    assert prepared.outcome is PrepareOutcome.REGISTERED
    assert len(gateway.seen) == 2


def test_prepare_is_content_with_the_same_amount(gateway: Gateway, client: IamportClient) -> None:
    gateway.on("POST", PREPARE, TAKEN)
    gateway.on("GET", ORDER, held())
    prepared = client.prepare(merchant_uid="order-1", amount=12000)
    assert prepared.outcome is PrepareOutcome.ALREADY_REGISTERED
    assert not gateway.calls("PUT", PREPARE)


@pytest.mark.parametrize("there", [held(11000), held(currency=None), held(currency="USD")])
def test_prepare_amends_what_differs(
    gateway: Gateway, client: IamportClient, there: Answer
) -> None:
    gateway.on("POST", PREPARE, TAKEN)
    gateway.on("GET", ORDER, there)
    gateway.on("PUT", PREPARE, held())
    prepared = client.prepare(merchant_uid="order-1", amount=12000)
    assert prepared == Prepared("order-1", 12000, "KRW", PrepareOutcome.AMENDED)


def test_prepare_tells_of_a_refusal_for_another_reason(
    gateway: Gateway, client: IamportClient
) -> None:
    gateway.on("POST", PREPARE, refusal(400, -1, "금액"))
    gateway.on("GET", ORDER, GONE)
    with pytest.raises(Refused, match="금액"):
        client.prepare(merchant_uid="order-1", amount=12000)


def test_prepare_does_not_guess_after_a_lost_answer(
    gateway: Gateway, client: IamportClient
) -> None:
    gateway.on("POST", PREPARE, html(500))
    with pytest.raises(Unavailable):
        client.prepare(merchant_uid="order-1", amount=12000)
    assert len(gateway.seen) == 2


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


# --- Many at once -----------------------------------------------------------------------------


def test_a_batch_of_none_asks_nothing(gateway: Gateway, client: IamportClient) -> None:
    batch = client.payments()
    assert (batch.payments, batch.missing_imp_uids, batch.missing_merchant_uids) == ((), (), ())
    assert gateway.seen == []


def test_a_batch_is_matched_by_id_not_by_place(gateway: Gateway, client: IamportClient) -> None:
    rows = [
        payment(imp_uid="imp_3", merchant_uid="order-3"),
        payment(imp_uid="imp_1", merchant_uid="order-1"),
        payment(imp_uid="imp_3", merchant_uid="order-3"),
    ]
    gateway.on("GET", "/payments", envelope(rows, status=207), GONE)
    batch = client.payments(
        imp_uids=["imp_1", "imp_2", "imp_1"], merchant_uids=["order-3", "order-4"]
    )
    assert [row.imp_uid for row in batch.payments] == ["imp_3", "imp_1"]
    assert batch.missing_imp_uids == ("imp_2",)
    assert batch.missing_merchant_uids == ("order-4",)
    assert gateway.calls("GET", "/payments")[0].query == [
        ("imp_uid[]", "imp_1"),
        ("imp_uid[]", "imp_2"),
        ("merchant_uid[]", "order-3"),
        ("merchant_uid[]", "order-4"),
    ]


def test_a_batch_of_which_nothing_is_known_is_all_missing(
    gateway: Gateway, client: IamportClient
) -> None:
    gateway.on("GET", "/payments", GONE)
    batch = client.payments(imp_uids=["imp_1"], merchant_uids=["order-1"])
    assert (batch.payments, batch.missing_imp_uids) == ((), ("imp_1",))
    assert batch.missing_merchant_uids == ("order-1",)


@pytest.mark.parametrize(
    ("answer", "error"),
    [(html(404), Malformed), (refusal(200), Refused), (envelope(None), Malformed)],
)
def test_a_batch_without_an_answer_is_not_all_missing(
    gateway: Gateway, client: IamportClient, answer: Answer, error: type[IamportError]
) -> None:
    gateway.on("GET", "/payments", answer)
    with pytest.raises(error):
        client.payments(imp_uids=["imp_1"])


def test_a_batch_goes_in_hundreds(gateway: Gateway, client: IamportClient) -> None:
    gateway.on(
        "GET",
        "/payments",
        envelope([payment(imp_uid="imp_0")], status=207),
        GONE,
        envelope([payment(imp_uid="imp_x", merchant_uid="order-99")], status=207),
        GONE,
    )
    batch = client.payments(
        imp_uids=(f"imp_{n}" for n in range(150)), merchant_uids=[f"order-{n}" for n in range(100)]
    )
    sizes = [len(seen.query) for seen in gateway.calls("GET", "/payments")]
    assert sizes == [100, 100, 50, 100, 100, 47]
    assert [row.imp_uid for row in batch.payments] == ["imp_0", "imp_x"]
    assert len(batch.missing_imp_uids) == 149
    assert len(batch.missing_merchant_uids) == 98


@pytest.mark.parametrize("passing", [GONE, envelope([], status=207), envelope([])])
def test_what_a_batch_leaves_out_is_asked_for_once_more(
    gateway: Gateway, client: IamportClient, passing: Answer
) -> None:
    gateway.on("GET", "/payments", passing, envelope([payment(imp_uid="imp_1")]))
    batch = client.payments(imp_uids=["imp_1"])
    assert [row.imp_uid for row in batch.payments] == ["imp_1"]
    assert batch.missing_imp_uids == ()
    assert len(gateway.calls("GET", "/payments")) == 2


def test_a_batch_with_a_payment_that_nobody_asked_for_is_unknown(
    gateway: Gateway, client: IamportClient
) -> None:
    gateway.on("GET", "/payments", envelope([payment(imp_uid="imp_1"), payment(imp_uid="imp_2")]))
    with pytest.raises(Malformed, match="not asked for"):
        client.payments(imp_uids=["imp_1"])


def test_a_row_of_a_batch_that_does_not_say_who_it_is_makes_it_unknown(
    gateway: Gateway, client: IamportClient
) -> None:
    gateway.on("GET", "/payments", envelope([payment(imp_uid=None)], status=207))
    with pytest.raises(Malformed):
        client.payments(imp_uids=["imp_1"])


@pytest.mark.parametrize(
    "rows",
    [
        [payment(imp_uid="imp_1", amount="12000")],
        [payment(imp_uid="imp_1"), payment(imp_uid="imp_1", amount=1)],
    ],
    ids=["unreadable", "one id, two amounts"],
)
def test_a_row_of_a_batch_that_cannot_be_believed_is_neither_there_nor_missing(
    gateway: Gateway, client: IamportClient, rows: list[dict[str, Any]]
) -> None:
    gateway.on("GET", "/payments", envelope([*rows, payment(imp_uid="imp_2")]))
    batch = client.payments(imp_uids=["imp_1", "imp_2"])
    assert [row.imp_uid for row in batch.payments] == ["imp_2"]
    assert [row.imp_uid for row in batch.unreadable] == ["imp_1"]
    assert batch.missing_imp_uids == ()


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

"""Many payments in one call: whoever is left out is told apart from whoever is not known."""

from typing import Any

import pytest

from payments.iamport import IamportClient, IamportError, Malformed, Refused
from tests.payments.iamport.scripted import GONE, Answer, Gateway, envelope, html, payment, refusal


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

"""What is kept of the gateway's answer names nobody and still proves everything."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.iamport.fields import (
    ASIDE,
    DEPOSITOR,
    FACTS,
    REFUND_TEXTS,
    REFUNDS_AT_MOST,
    TEXTS,
    VALUES,
)
from payments.ledger.kept_answer import KEPT_AT_MOST, kept
from payments.models import Discrepancy, Payment, PaymentEvent
from payments.models import payment as model
from payments.models.payment import PROJECTION

CARD = "9410123456789012"
ANSWER: dict[str, Any] = {
    "imp_uid": "imp_123456789012",
    "amount": 99000,
    "paid_at": 1_775_000_020,
    "pg_tid": "StdpayCARDINIpayTest2026040112345678",
    "buyer_name": "홍길동",
    "buyer_email": "gildong@example.com",
    "buyer_tel": "010-1234-5678",
    "card_number": "9876543210123456",
    "vbank_holder": "홍길동",
    "custom_data": '{"address": "서울시"}',
    "fail_reason": f"홍길동님의 카드 {CARD} 거절",
    "cancel_history": [
        {
            "amount": 100,
            "cancelled_at": 1_775_000_030,
            "cancellation_id": "C1",
            "reason": "홍길동 01012345678",
            "refund_account": "110-123-456789",
        }
    ],
    "status": "paid",
    "depositor": "홍길동",
    "extension": {"REMITTER": "홍길동", "tel": ["010-1234-5678"]},
    "deposit_history": [{"depositor_name": "김입금", "amount": 1}],
    "cancel_reason": "김입금님 요청",
    "promotion": None,
    "is_new": True,
}


def test_nobody_can_be_read_out_of_a_kept_answer() -> None:
    text = json.dumps(json.loads(kept(ANSWER)), ensure_ascii=False)
    for secret in (
        "홍길동",
        "gildong",
        "1234-5678",
        "12345678 ",
        CARD,
        "9876543",
        "김입금",
        "123-456789",
    ):
        assert secret not in text


def test_what_proves_the_payment_is_kept_as_it_came() -> None:
    answer = json.loads(kept(ANSWER))
    for name in ("imp_uid", "amount", "status", "paid_at", "pg_tid"):
        assert answer[name] == ANSWER[name]
    [entry] = answer["cancel_history"]
    assert (entry["amount"], entry["cancelled_at"], entry["cancellation_id"]) == (
        100,
        1_775_000_030,
        "C1",
    )


@pytest.mark.parametrize(
    ("number", "left"),
    {
        "1234567890123456": "123456******3456",
        "1234-5678-9012-3456": "123456******3456",
        "465887*********1": "465887*********1",
        "43302894****1234": "433028******1234",
        "****-****-****-1234": "************1234",
        "123456XXXXXX7890": "123456******7890",
        "12345678901": "***",
        "1234567890123456789012345": "***",
        "no card": "***",
        "": "",
    }.items(),
)
def test_of_a_card_what_a_receipt_shows_is_kept(number: str, left: str) -> None:
    assert json.loads(kept({"card_number": number}))["card_number"] == left


def test_of_a_field_that_nobody_knows_the_name_is_kept() -> None:
    answer = json.loads(kept(ANSWER))
    assert (answer["depositor"], answer["extension"]) == ("***", "***")
    assert (answer["promotion"], answer["is_new"]) == (None, True)


def test_absent_values_stay_absent() -> None:
    absent = {"buyer_name": None, "custom_data": None, "fail_reason": ""}
    assert json.loads(kept(absent)) == absent


def test_a_huge_answer_leaves_a_small_row_that_still_proves() -> None:
    entry = {name.name: "가" * 300 for name in REFUND_TEXTS} | {"amount": 1, "cancelled_at": 2}
    huge = (
        ANSWER
        | {text.name: "가" * 300_000 for text in TEXTS if text.name not in ANSWER}
        | {f"unknown_{number}": "a" * 1_000 for number in range(10_000)}
        | {"a" * 300_000: 1, "deep": json.loads("[" * 900 + "]" * 900)}
    )
    assert len(kept(huge)) < KEPT_AT_MOST
    text = kept(huge | {"cancel_history": [entry] * REFUNDS_AT_MOST})
    assert len(text) < 8 * KEPT_AT_MOST
    answer = json.loads(text)
    assert (answer["imp_uid"], answer["amount"]) == (ANSWER["imp_uid"], ANSWER["amount"])
    assert len(answer["cancel_history"]) == REFUNDS_AT_MOST


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)
NAMES = (
    st.sampled_from([text.name for text in TEXTS] + ["amount", "cancel_history", "deposit_history"])
    | st.text()
)


@given(st.dictionaries(NAMES, JSON, max_size=8))
def test_any_answer_becomes_ascii_that_a_database_takes(answer: dict[str, Any]) -> None:
    text = kept(answer)
    assert text.isascii()
    assert "\x00" not in text


COLUMNS = [text for text in (*TEXTS, DEPOSITOR) if text.column]


@pytest.mark.parametrize("text", COLUMNS, ids=lambda row: row.name)
def test_the_columns_are_as_wide_as_the_table_of_texts_says(text: Any) -> None:
    columns = {field.name: field for field in Payment._meta.fields}
    assert columns[text.column].max_length == text.limit
    for other in (PaymentEvent, Discrepancy):
        widths = {field.name: getattr(field, "max_length", None) for field in other._meta.fields}
        if text.name in {"imp_uid", "merchant_uid"}:
            assert widths.get(text.name, text.limit) == text.limit


def test_numbers_and_parts_of_texts_fit_their_columns_too() -> None:
    columns = {field.name: field for field in Payment._meta.fields}
    for value in VALUES:
        width = columns[value.column].max_length
        assert width in {None, value.limit}


def test_what_an_answer_fills_goes_through_the_ledger_or_stands_beside_it() -> None:
    assert set(FACTS) <= set(PROJECTION)
    assert set(ASIDE) == set(model.ASIDE)
    assert set(ASIDE).isdisjoint(PROJECTION)

"""What is kept of the gateway's answer names nobody and still proves everything."""

import json

from hypothesis import given
from hypothesis import strategies as st

from payments.core.masking import mask_email, masked_answer

ANSWER = {
    "imp_uid": "imp_123456789012",
    "amount": 99000,
    "buyer_name": "홍길동",
    "buyer_email": "gildong@example.com",
    "buyer_tel": "010-1234-5678",
    "card_number": "123456*********1",
    "custom_data": '{"address": "서울시"}',
    "cancel_history": [{"amount": 100, "refund_account": "110-123-456789"}],
    "status": "paid",
}


def test_nobody_can_be_read_out_of_a_kept_answer() -> None:
    text = masked_answer(ANSWER)
    for secret in (
        "홍길동",
        "\\ud64d\\uae38\\ub3d9",
        "gildong",
        "1234-5678",
        "123456***",
        "123-456789",
    ):
        assert secret not in text


def test_what_proves_the_payment_is_kept_as_it_came() -> None:
    kept = json.loads(masked_answer(ANSWER))
    assert (kept["imp_uid"], kept["amount"], kept["status"]) == ("imp_123456789012", 99000, "paid")
    assert kept["cancel_history"][0]["amount"] == 100


def test_absent_values_stay_absent() -> None:
    assert json.loads(masked_answer({"buyer_name": None, "custom_data": None})) == {
        "buyer_name": None,
        "custom_data": None,
    }


def test_an_address_keeps_its_domain() -> None:
    assert mask_email("gildong@example.com") == "gi***@example.com"


@given(st.dictionaries(st.text(), st.text() | st.none() | st.integers(), max_size=5))
def test_any_text_becomes_ascii_that_a_database_takes(answer: dict[str, object]) -> None:
    text = masked_answer(answer)
    assert text.isascii()
    assert "\x00" not in text

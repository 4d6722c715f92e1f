"""Contract 3: what the Payment object holds, by pay_method and status."""

import json
from collections.abc import Iterable
from typing import Any

import pytest

from tests.sandbox.conftest import Iamport

TIMES = {"started_at", "paid_at", "failed_at", "cancelled_at", "vbank_date", "vbank_issued_at"}
LISTS = {"cancel_history", "deposit_history", "cancel_receipt_urls"}
FLAGS = {"sandbox", "escrow", "cash_receipt_issued"}
NUMBERS = {"amount", "cancel_amount", "card_quota"}
CARD = {"card_code", "card_name", "card_number", "card_type", "apply_num"}
BANK = {"bank_code", "bank_name"}
VBANK = {"vbank_code", "vbank_name", "vbank_num", "vbank_holder"}


def filled(payment: dict[str, Any], names: Iterable[str]) -> set[str]:
    return {name for name in names if payment[name] is not None}


def test_absent_values_of_an_abandoned_window(iamport: Iamport) -> None:
    """Contract 3: absent text null, list [], time 0; contract 3.1: PG side null."""
    payment = iamport.pay(outcome="ready")
    assert payment["status"] == "ready"
    assert {payment[name] for name in TIMES - {"started_at"}} == {0}
    assert all(payment[name] == [] for name in LISTS)
    assert filled(payment, CARD | BANK | VBANK | {"pg_tid", "receipt_url", "name"}) == set()


@pytest.mark.parametrize("outcome", ["ready", "vbank", "paid", "failed", "cancelled"])
@pytest.mark.parametrize("pay_method", ["card", "trans", "vbank", "phone", "kakaopay"])
def test_types(iamport: Iamport, pay_method: str, outcome: str) -> None:
    """Contract 3: times, lists, flags, numbers never null; won are integers (contract 9#25)."""
    payment = iamport.pay(pay_method=pay_method, outcome=outcome)
    assert all(type(payment[name]) is int for name in TIMES | NUMBERS)
    assert all(type(payment[name]) is list for name in LISTS)
    assert all(type(payment[name]) is bool for name in FLAGS)
    rest = set(payment) - TIMES - NUMBERS - LISTS - FLAGS - {"card_type", "promotion"}
    assert all(payment[name] is None or type(payment[name]) is str for name in rest)


def test_paid_card(iamport: Iamport) -> None:
    """Contract 3.1, 3.3: card_code/name/number/type/quota, apply_num, pg_tid, receipt_url."""
    payment = iamport.pay(pay_method="card")
    assert filled(payment, CARD) == CARD
    assert filled(payment, BANK | VBANK) == set()
    assert payment["card_type"] in (0, 1)
    assert payment["card_number"][6:12] == "*" * 6
    assert payment["pg_tid"].startswith("StdpayCARD")
    assert (payment["pg_provider"], payment["pg_id"]) == ("html5_inicis", "INIpayTest")


def test_paid_trans(iamport: Iamport) -> None:
    """Contract 3.1: bank_code/name; card_* null."""
    payment = iamport.pay(pay_method="trans")
    assert filled(payment, CARD | BANK | VBANK) == BANK
    assert payment["pg_tid"]
    assert payment["receipt_url"]


def test_paid_phone(iamport: Iamport) -> None:
    """Contract 3.1: pg_tid; card_*, bank_*, vbank_* null."""
    payment = iamport.pay(pay_method="phone")
    assert filled(payment, CARD | BANK | VBANK) == set()
    assert payment["pg_tid"]


def test_issued_and_paid_vbank(iamport: Iamport) -> None:
    """Contract 3.1, 3.3, 9#23: vbank_* from the issue on; bank_* null; receipt_url null first."""
    issued = iamport.pay(outcome="vbank", vbank_due=2_000_000_000)
    assert (issued["status"], issued["pay_method"]) == ("ready", "vbank")
    assert filled(issued, VBANK) == VBANK
    assert issued["vbank_date"] == 2_000_000_000
    assert issued["vbank_issued_at"] > 0
    assert (issued["paid_at"], issued["receipt_url"]) == (0, None)
    paid = iamport.control("POST", f"payments/{issued['imp_uid']}/deposit")
    assert paid["status"] == "paid"
    assert paid["paid_at"] > 0
    assert {name: paid[name] for name in VBANK} == {name: issued[name] for name in VBANK}
    assert filled(paid, BANK | CARD) == set()


def test_vbank_default_deadline(iamport: Iamport) -> None:
    """Contract 7.4: 30 days when vbank_due is missing."""
    issued = iamport.pay(outcome="vbank")
    assert issued["vbank_date"] == issued["vbank_issued_at"] + 30 * 86400


def test_wallets(iamport: Iamport) -> None:
    """Contract 3.1: emb_pg_provider inside another PG's window; pay_method is no echo."""
    own = iamport.pay("a", pay_method="kakaopay")
    assert (own["pg_provider"], own["emb_pg_provider"]) == ("kakaopay", None)
    embedded = iamport.pay("b", pay_method="kakaopay", pg="html5_inicis.MID01")
    assert (embedded["pg_provider"], embedded["pg_id"]) == ("html5_inicis", "MID01")
    assert embedded["emb_pg_provider"] == "kakaopay"
    assert embedded["pay_method"] == "point"
    assert filled(embedded, CARD) == set()


def test_samsung_spelling(iamport: Iamport) -> None:
    """Contract 9#26: REST says samsung."""
    assert iamport.pay(pay_method="samsungpay")["pay_method"] == "samsung"


def test_failed(iamport: Iamport) -> None:
    """Contract 3: fail_reason only when failed; paid_at 0."""
    payment = iamport.pay(outcome="failed")
    assert payment["fail_reason"]
    assert payment["failed_at"] > 0
    assert (payment["paid_at"], payment["pg_tid"]) == (0, None)


@pytest.mark.parametrize("data", [{"a": 1}, "text", 7, "글"])
def test_custom_data_is_json_text(iamport: Iamport, data: dict[str, Any] | int | str) -> None:
    """Contract 9#24: echo JSON text."""
    assert json.loads(iamport.pay(custom_data=data)["custom_data"]) == data


def test_echo_of_the_buyer(iamport: Iamport) -> None:
    """Contract 3: buyer_* echo the request."""
    buyer = {"buyer_name": "홍길동", "buyer_email": "a@b.kr", "buyer_tel": "010", "name": "책"}
    payment = iamport.pay(**buyer)
    assert {name: payment[name] for name in buyer} == buyer


def test_imp_uid_looks_like_the_gateways(iamport: Iamport) -> None:
    """Contract 3: imp_ + 12 digits, unique."""
    uids = {iamport.pay(f"m{n}")["imp_uid"] for n in range(20)}
    assert len(uids) == 20
    assert all(uid[:4] == "imp_" and uid[4:].isdigit() and len(uid) == 16 for uid in uids)


def test_foreign_amount(iamport: Iamport) -> None:
    """Contract 3.8: decimals in a foreign currency."""
    payment = iamport.pay(amount=10.5, currency="USD")
    assert (payment["amount"], payment["currency"]) == (10.5, "USD")


def test_receipt_url_opens(iamport: Iamport) -> None:
    """Contract 3: receipt_url; here it is a page that opens."""
    answer = iamport.session.get(iamport.pay(name="책")["receipt_url"], timeout=10)
    assert answer.status_code == 200
    assert "책" in answer.text

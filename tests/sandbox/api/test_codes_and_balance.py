"""Contract 2.8, 2.11: balances of PAYCO's payments; codes of banks and cards."""

import pytest

from tests.sandbox.conftest import Iamport


@pytest.mark.parametrize(
    ("path", "code", "name"), [("/banks", "088", "신한"), ("/cards", "366", "신한")]
)
def test_codes(iamport: Iamport, path: str, code: str, name: str) -> None:
    """All of them, one of them, and 404 for what is none."""
    every = iamport.get(path).json()["response"]
    assert all(set(institution) == {"code", "name"} for institution in every)
    (wanted,) = [institution for institution in every if institution["code"] == code]
    assert wanted["name"].startswith(name)
    assert iamport.get(f"{path}/{code}").json()["response"] == wanted
    unknown = iamport.get(f"{path}/999")
    assert (unknown.status_code, unknown.json()["code"]) == (404, -1)


def test_payments_name_the_institutions_alike(iamport: Iamport) -> None:
    """What a payment carries is what the tables say."""
    card, transfer = iamport.pay(), iamport.pay("order-2", pay_method="trans")
    account = iamport.pay("order-3", outcome="vbank")
    for path, code, name in (
        ("/cards", card["card_code"], card["card_name"]),
        ("/banks", transfer["bank_code"], transfer["bank_name"]),
        ("/banks", account["vbank_code"], account["vbank_name"]),
    ):
        assert iamport.get(f"{path}/{code}").json()["response"]["name"] == name


def test_balance_of_a_refunded_payment(iamport: Iamport) -> None:
    """What is left, and what was left after each step."""
    imp_uid = iamport.pay(amount=11_000, pay_method="payco")["imp_uid"]
    iamport.post("/payments/cancel", {"imp_uid": imp_uid, "amount": 5_500})
    balance = iamport.get(f"/payments/{imp_uid}/balance").json()["response"]
    half = {"tax_free": 0, "supply": 5_000, "vat": 500, "service": 0}
    nothing = {"tax_free": 0, "supply": 0, "vat": 0, "service": 0}
    assert (balance["amount"], balance["primary"]) == (11_000, half)
    assert balance["secondary"] == balance["discount"] == balance["cash_receipt"] == nothing
    assert [history["primary"]["supply"] for history in balance["histories"]] == [10_000, 5_000]
    assert all(history["created"] > 0 for history in balance["histories"])


def test_balance_of_others(iamport: Iamport) -> None:
    """Contract 2.8: one PG's only, and only what was approved; 404 for nobody's."""
    for payment in (iamport.pay(), iamport.pay("order-2", pay_method="payco", outcome="ready")):
        answer = iamport.get(f"/payments/{payment['imp_uid']}/balance")
        assert (answer.status_code, answer.json()["code"]) == (200, 1)
        assert answer.json()["response"] is None
    assert iamport.get("/payments/imp_1/balance").status_code == 404

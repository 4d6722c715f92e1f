"""Contract 2.10: cash receipts."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from requests import Response

from tests.sandbox.conftest import Iamport

PHONE = "01012345678"


@pytest.fixture
def imp_uid(iamport: Iamport) -> str:
    """A transfer of 11,000 won."""
    payment: dict[str, Any] = iamport.pay(pay_method="trans", amount=11_000)
    return str(payment["imp_uid"])


def issue(iamport: Iamport, imp_uid: str, **body: Any) -> Response:
    return iamport.post(f"/receipts/{imp_uid}", {"identifier": PHONE, **body})


def response(answer: Response) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    receipt: dict[str, Any] = answer.json()["response"]
    return receipt


def test_issued_looked_up_and_cancelled(iamport: Iamport, imp_uid: str) -> None:
    """POST, GET, DELETE; a new one may follow a cancelled one."""
    receipt = response(issue(iamport, imp_uid))
    assert (receipt["imp_uid"], receipt["type"]) == (imp_uid, "person")
    assert (receipt["amount"], receipt["vat"], receipt["cancelled_at"]) == (11_000, 1_000, 0)
    assert receipt["applied_at"] > 0
    path = f"/receipts/{imp_uid}"
    assert response(iamport.get(path)) == receipt
    cancelled = response(iamport.call("DELETE", path))
    assert cancelled["cancelled_at"] > 0
    assert {**cancelled, "cancelled_at": 0} == receipt
    assert response(iamport.get(path)) == cancelled
    assert iamport.call("DELETE", path).status_code == 400
    again = response(issue(iamport, imp_uid, type="company", identifier="1234567891"))
    assert again["apply_num"] != receipt["apply_num"]
    assert again["type"] == "company"


def test_the_payment_does_not_say_so(iamport: Iamport, imp_uid: str) -> None:
    """`cash_receipt_issued` tells of receipts issued by themselves, so it stays false."""
    issue(iamport, imp_uid)
    assert iamport.get(f"/payments/{imp_uid}").json()["response"]["cash_receipt_issued"] is False


@pytest.mark.parametrize(
    ("body", "vat"),
    [
        ({"tax_free": 5_500}, 500),
        ({"tax_free": 11_000}, 0),
        ({"vat_amount": 7}, 7),
        ({"tax_free": "1"}, 1_000),
    ],
)
def test_vat(iamport: Iamport, imp_uid: str, body: dict[str, Any], vat: int) -> None:
    """Contract 7.6: an eleventh of what is taxed, or as given."""
    assert response(issue(iamport, imp_uid, **body))["vat"] == vat


@pytest.mark.parametrize(
    "body",
    [
        {"identifier": ""},
        {"type": "robot"},
        {"identifier_type": "email"},
        {"tax_free": 11_001},
        {"tax_free": "much"},
        {"vat_amount": -1},
    ],
)
def test_bad_parameters_are_400(iamport: Iamport, imp_uid: str, body: dict[str, Any]) -> None:
    """Contract 2.0: and nothing is issued."""
    answer = issue(iamport, imp_uid, **body)
    assert (answer.status_code, answer.json()["code"]) == (400, -1)
    assert iamport.get(f"/receipts/{imp_uid}").status_code == 404


def test_what_gets_no_receipt(iamport: Iamport) -> None:
    """400 unless cash and paid, 501 for other PGs, 404 for nobody's."""
    card = iamport.pay()["imp_uid"]
    waiting = iamport.pay(outcome="vbank")["imp_uid"]
    other = iamport.pay(pay_method="trans", pg="danal")["imp_uid"]
    for imp_uid, status in ((card, 400), (waiting, 400), (other, 501), ("imp_1", 404)):
        answer = issue(iamport, imp_uid)
        assert (answer.status_code, answer.json()["code"]) == (status, -1)
        assert iamport.get(f"/receipts/{imp_uid}").status_code == 404


def test_one_pg_issues_and_never_cancels(iamport: Iamport) -> None:
    """KICC is not on the list of those whose receipts can be cancelled."""
    imp_uid = iamport.pay(pay_method="trans", pg="kicc")["imp_uid"]
    assert issue(iamport, imp_uid).status_code == 200
    assert iamport.call("DELETE", f"/receipts/{imp_uid}").status_code == 501


def test_after_a_refund_of_a_part(iamport: Iamport, imp_uid: str) -> None:
    """The documents contradict themselves: 400 by default, for what is left with the switch."""
    iamport.post("/payments/cancel", {"imp_uid": imp_uid, "amount": 5_500})
    assert issue(iamport, imp_uid).status_code == 400
    iamport.switch(receipt_after_part_refund=True)
    receipt = response(issue(iamport, imp_uid))
    assert (receipt["amount"], receipt["vat"]) == (5_500, 500)
    iamport.post("/payments/cancel", {"imp_uid": imp_uid})
    assert response(iamport.get(f"/receipts/{imp_uid}")) == receipt


def test_issued_once_however_many_ask(iamport: Iamport, imp_uid: str) -> None:
    """Eight threads, one receipt."""
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: issue(iamport, imp_uid), range(8)))
    assert sorted(answer.status_code for answer in answers) == [200] + [400] * 7


def external(iamport: Iamport, path: str, **body: Any) -> Response:
    given = {"channel_key": "c", "name": "책", "amount": 22_000, "identifier": PHONE, **body}
    return iamport.post(path, given)


def test_external_receipts(iamport: Iamport) -> None:
    """For cash outside the gateway, by an order number that may hold any character."""
    path = "/receipts/external/cash%2F1"
    receipt = response(external(iamport, path))
    assert (receipt["merchant_uid"], receipt["vat"]) == ("cash/1", 2_000)
    assert "imp_uid" not in receipt
    assert external(iamport, path).status_code == 400
    assert response(iamport.get(path)) == receipt
    assert response(iamport.call("DELETE", path))["cancelled_at"] > 0
    assert iamport.call("DELETE", path).status_code == 404
    assert external(iamport, path).status_code == 200


@pytest.mark.parametrize(
    "body", [{"channel_key": ""}, {"name": ""}, {"amount": 0}, {"amount": None}, {"identifier": ""}]
)
def test_external_bad_parameters(iamport: Iamport, body: dict[str, Any]) -> None:
    """400 for what is missing; look-ups and cancels of nothing are 404."""
    assert external(iamport, "/receipts/external/cash-1", **body).status_code == 400
    for method in ("GET", "DELETE"):
        assert iamport.call(method, "/receipts/external/cash-1").status_code == 404


def test_an_order_of_the_same_number_is_another_receipt(iamport: Iamport, imp_uid: str) -> None:
    """A payment's and an external one do not meet."""
    issue(iamport, imp_uid)
    assert external(iamport, f"/receipts/external/{imp_uid}").status_code == 200


def test_shown_in_the_console(iamport: Iamport, imp_uid: str) -> None:
    """The slip that receipt_url leads to, and its number on the payment's page."""
    receipt = response(issue(iamport, imp_uid))
    slip = iamport.session.get(receipt["receipt_url"], timeout=20)
    assert slip.status_code == 200
    assert receipt["apply_num"] in slip.text
    assert receipt["apply_num"] in iamport.get(f"/console/payments/{imp_uid}").text
    assert iamport.get("/console/cash-receipts/none").status_code == 404

"""Every kind of answer against the gateway's official schema (a trimmed copy beside this file).

Where the contract says the schema is wrong or silent, it is amended here, openly:

- `maxLength` is written as text ("32"): read as the number it means (contract 3).
- No nullable marks: every field that is not required may be null (contract 3); so may
  `message` and `response` of the envelope (contract 2.0).
- PaymentPrepareAnnotation requires total/previous/next: a copy error (contract 2.1).
- Statuses the schema does not list but the contract does: SILENT_STATUSES.
- Routes the schema lists only with /{payment_status}, which is optional (contract 2.4).
"""

import json
from collections.abc import Collection
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft4Validator
from requests import Response

from tests.sandbox.conftest import Iamport

SCHEMA = json.loads((Path(__file__).parent / "v1.openapi.subset.json").read_text())
SILENT_STATUSES = {
    ("post", "/users/getToken", 400): "contract 9#10",
    ("get", "/payments/prepare/{merchant_uid}", 404): "contract 9#9",
    ("post", "/payments/prepare", 400): "contract 2.1",
    ("get", "/payments", 400): "contract 9#1",
    ("get", "/payments/find/{merchant_uid}/{payment_status}", 400): "contract 2.5",
    ("post", "/vbanks", 400): "contract 2.9",
    ("post", "/receipts/{imp_uid}", 404): "contract 2.0",
}
ENVELOPE = {
    "type": "object",
    "required": ["code", "message", "response"],
    "additionalProperties": False,
    "properties": {
        "code": {"type": "integer"},
        "message": {"type": ["string", "null"]},
        "response": {},
    },
}


def amended(node: Any, required: Collection[str] = ()) -> Any:
    """The schema with the exceptions above applied."""
    if isinstance(node, list):
        return [amended(item) for item in node]
    if not isinstance(node, dict):
        return node
    if "properties" in node:
        needed = set(node.get("required", ()))
        properties = {
            name: amended(value) if name in needed else nullable(amended(value))
            for name, value in node["properties"].items()
        }
        return {**{k: amended(v) for k, v in node.items()}, "properties": properties}
    node = {key: amended(value) for key, value in node.items()}
    if "maxLength" in node:
        node["maxLength"] = int(node["maxLength"])
    return node


def nullable(schema: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [schema, {"type": "null"}]}


DEFINITIONS = amended(SCHEMA["definitions"])
DEFINITIONS["PaymentPrepareAnnotation"]["required"] = ["merchant_uid", "amount"]


def check(answer: Response, method: str, path: str) -> None:
    """The status is one the schema or the contract lists; the body fits."""
    assert answer.headers["Content-Type"].startswith("application/json")
    body = answer.json()
    Draft4Validator(ENVELOPE).validate(body)
    documented = SCHEMA["paths"][path][method]["responses"]
    silent = (method, path, answer.status_code) in SILENT_STATUSES
    assert str(answer.status_code) in documented or silent
    schema = documented.get(str(answer.status_code), {}).get("schema")
    if body["code"] == 0:
        assert schema is not None
        Draft4Validator({**schema, "definitions": DEFINITIONS}).validate(body)
    else:
        assert body["response"] is None
        assert body["message"]


def every_kind_of_payment(iamport: Iamport) -> list[dict[str, Any]]:
    return [
        iamport.pay(f"{method}-{outcome}", pay_method=method, outcome=outcome, name="책")
        for method in ("card", "trans", "vbank", "phone", "kakaopay", "samsungpay")
        for outcome in ("ready", "vbank", "paid", "failed", "cancelled")
    ]


def test_token(iamport: Iamport) -> None:
    """Contract 1.1, 1.3: 200, 400, 401."""
    keys = {"imp_key": "sandbox_key", "imp_secret": "sandbox_secret"}
    for body, status in ((keys, 200), ({}, 400), ({**keys, "imp_secret": "x"}, 401)):
        answer = iamport.post("/users/getToken", body)
        assert answer.status_code == status
        check(answer, "post", "/users/getToken")


def test_prepare(iamport: Iamport) -> None:
    """Contract 2.1: all three methods, refusals included."""
    body = {"merchant_uid": "order-1", "amount": 1000}
    for method, given in (
        ("put", body),
        ("post", body),
        ("post", body),
        ("put", {**body, "currency": "KRW"}),
        ("post", {}),
    ):
        check(iamport.call(method, "/payments/prepare", json=given), method, "/payments/prepare")
    for merchant_uid in ("order-1", "order-2"):
        answer = iamport.get(f"/payments/prepare/{merchant_uid}")
        check(answer, "get", "/payments/prepare/{merchant_uid}")


def test_single(iamport: Iamport) -> None:
    """Contract 2.2, 3: every pay_method in every status."""
    for payment in every_kind_of_payment(iamport):
        check(iamport.get(f"/payments/{payment['imp_uid']}"), "get", "/payments/{imp_uid}")
    check(iamport.get("/payments/imp_1"), "get", "/payments/{imp_uid}")


def test_no_field_the_schema_does_not_know(iamport: Iamport) -> None:
    """Contract 3: the fields of the schema, all of them, and no others."""
    fields = set(SCHEMA["definitions"]["PaymentAnnotation"]["properties"])
    assert all(set(payment) == fields for payment in every_kind_of_payment(iamport))


def test_batch(iamport: Iamport) -> None:
    """Contract 2.3: 200, 207, 404, 400."""
    imp_uid = iamport.pay()["imp_uid"]
    for ids, status in (([imp_uid], 200), ([imp_uid, "x"], 207), (["x"], 404), ([], 400)):
        answer = iamport.get("/payments", **{"imp_uid[]": ids})
        assert answer.status_code == status
        check(answer, "get", "/payments")


@pytest.mark.parametrize("kind", ["find", "findAll"])
def test_by_merchant_uid(iamport: Iamport, kind: str) -> None:
    """Contract 2.4: with and without a status; unknown and bad status."""
    iamport.pay()
    path = f"/payments/{kind}/{{merchant_uid}}/{{payment_status}}"
    for tail in ("order-1", "order-1/paid", "nobody", "nobody/paid", "order-1/pending"):
        check(iamport.get(f"/payments/{kind}/{tail}"), "get", path)


def test_by_status(iamport: Iamport) -> None:
    """Contract 2.5: all statuses; page past the end; bad status."""
    every_kind_of_payment(iamport)
    path = "/payments/status/{payment_status}"
    for status in ("all", "ready", "paid", "cancelled", "failed", "pending"):
        check(iamport.get(f"/payments/status/{status}", limit=1000), "get", path)
    check(iamport.get("/payments/status/all", page=99), "get", path)


def test_cancel(iamport: Iamport) -> None:
    """Contract 2.7: full, partial, refused: always 200."""
    imp_uid = iamport.pay(amount=1000)["imp_uid"]
    for body in ({"amount": 100}, {"amount": 5000}, {"checksum": 1}, {}, {}):
        answer = iamport.post("/payments/cancel", {"imp_uid": imp_uid, **body})
        assert answer.status_code == 200
        check(answer, "post", "/payments/cancel")


def test_vbanks(iamport: Iamport) -> None:
    """Contract 2.9: issued, changed, revoked, refused."""
    given = {"channel_key": "c", "merchant_uid": "order-1", "amount": 1000, "vbank_code": "004"}
    due = iamport.now() + 86400
    for body in ({**given, "vbank_due": due}, given, {**given, "vbank_due": 1}):
        check(iamport.post("/vbanks", body), "post", "/vbanks")
    imp_uid = iamport.pay(outcome="vbank")["imp_uid"]
    for method in ("put", "put", "delete", "delete"):
        for uid in (imp_uid, "imp_1"):
            answer = iamport.call(method, f"/vbanks/{uid}", json={"vbank_due": due})
            check(answer, method, "/vbanks/{imp_uid}")


@pytest.mark.parametrize("owner", ["imp_uid", "merchant_uid"])
def test_receipts(iamport: Iamport, owner: str) -> None:
    """Contract 2.10: issued, looked up, cancelled, refused, for payments and for cash elsewhere."""
    uid = iamport.pay(pay_method="vbank")["imp_uid"]
    base = "/receipts" if owner == "imp_uid" else "/receipts/external"
    body = {"identifier": "01012345678", "channel_key": "c", "name": "책", "amount": 1000}
    for method in ("get", "delete", "post", "get", "post", "delete"):
        for concrete, given in ((uid, body), ("nobody", {})):
            answer = iamport.call(method, f"{base}/{concrete}", json=given)
            check(answer, method, f"{base}/{{{owner}}}")


def test_balance_and_codes(iamport: Iamport) -> None:
    """Contract 2.8, 2.11."""
    for payment in (iamport.pay("a", pay_method="payco"), iamport.pay("b"), {"imp_uid": "imp_1"}):
        answer = iamport.get(f"/payments/{payment['imp_uid']}/balance")
        check(answer, "get", "/payments/{imp_uid}/balance")
    for path, one in (("/banks", "bank_standard_code"), ("/cards", "card_standard_code")):
        check(iamport.get(path), "get", path)
        for code in ("071", "999"):
            check(iamport.get(f"{path}/{code}"), "get", f"{path}/{{{one}}}")


def test_unauthorized(iamport: Iamport) -> None:
    """Contract 1.3: 401 is documented everywhere."""
    del iamport.session.headers["Authorization"]
    for path, operations in SCHEMA["paths"].items():
        for method in operations:
            if path != "/users/getToken":
                concrete = path.replace("{", "").replace("}", "")
                answer = iamport.call(method, concrete)
                assert answer.status_code == 401
                check(answer, method, path)

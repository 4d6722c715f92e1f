"""Whatever JSON comes as an answer, a call ends well or with one of the client's own errors."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from payments.iamport import IamportClient, IamportError, RefundAccount
from payments.iamport.fields import TEXTS, WHOLE
from payments.ledger.kept_answer import kept
from tests.payments.iamport.scripted import Gateway, payment, plain

CALLS: dict[str, Callable[[IamportClient], Any]] = {
    "register": lambda c: c.register(merchant_uid="order-1", amount=1),
    "registered": lambda c: c.registered(merchant_uid="order-1"),
    "amend": lambda c: c.amend(merchant_uid="order-1", amount=1),
    "prepare": lambda c: c.prepare(merchant_uid="order-1", amount=1),
    "payment": lambda c: c.payment("imp_1"),
    "payments": lambda c: c.payments(imp_uids=["imp_1", "imp_2"], merchant_uids=["order-1"]),
    "find": lambda c: c.find("order-1"),
    "find_all": lambda c: c.find_all("order-1"),
    "find_all leniently": lambda c: c.find_all("order-1", unreadable=repr),
    "by_status": lambda c: list(c.by_status("all", from_=1, to=2_000_000_000)),
    "by_status leniently": lambda c: list(
        c.by_status("all", from_=1, to=7_000_000, unreadable=repr)
    ),
    "cancel": lambda c: c.cancel(
        imp_uid="imp_1",
        amount=1,
        checksum=1,
        reason="",
        refund=RefundAccount(holder="a", bank="1", account="2"),
    ),
}
PATHS = [
    ("POST", "/payments/prepare"),
    ("PUT", "/payments/prepare"),
    ("GET", "/payments/prepare/order-1"),
    ("GET", "/payments/imp_1"),
    ("GET", "/payments"),
    ("GET", "/payments/find/order-1"),
    ("GET", "/payments/findAll/order-1"),
    ("GET", "/payments/status/all"),
    ("POST", "/payments/cancel"),
    ("POST", "/users/getToken"),
]

TEXT = st.text(st.characters(exclude_categories=()), max_size=50) | st.text(
    "0123456789", min_size=1
)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(1, 3).map(lambda digits: 10 ** (digits * 2_000))
    | st.floats()
    | TEXT
    | st.sampled_from(["paid", "cancelled", "imp_1", "order-1", "KRW", "\ud800", "\0"])
)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
HISTORIES = ("cancel_history", "deposit_history")
NAMES = st.sampled_from([*(text.name for text in TEXTS), *sorted(WHOLE), *HISTORIES])
ROWS = st.dictionaries(NAMES, ANYTHING, max_size=6).map(lambda odd: payment(**odd)) | ANYTHING
PAGES = st.fixed_dictionaries(
    {"total": st.integers(-1, 4) | ANYTHING, "list": st.lists(ROWS, max_size=3) | ANYTHING}
)
RESPONSES = ROWS | PAGES | st.lists(ROWS, max_size=3)
ENVELOPES = st.fixed_dictionaries(
    {"code": st.just(0) | st.integers(-1, 1) | ANYTHING, "message": ANYTHING, "response": RESPONSES}
)
DOCUMENTS = ENVELOPES | ANYTHING


def written(document: object) -> bytes:
    """As JSON, with what Python's own writer refuses: integers of any length."""
    return _Writer().encode(document).encode("utf-8", "surrogatepass")


class _Writer(json.JSONEncoder):
    def encode(self, o: Any) -> str:
        if isinstance(o, dict):
            return "{" + ",".join(f"{json.dumps(k)}:{self.encode(v)}" for k, v in o.items()) + "}"
        if isinstance(o, list):
            return "[" + ",".join(map(self.encode, o)) + "]"
        if isinstance(o, int) and not isinstance(o, bool) and abs(o) >= 10**4_000:
            return "1" + "0" * 5_000
        return super().encode(o)


def ends_well(call: Callable[[IamportClient], Any], client: IamportClient) -> None:
    try:
        answer = call(client)
    except IamportError as error:
        str(error)
        return
    for row in answer if isinstance(answer, list) else [answer]:
        if hasattr(row, "raw"):
            assert kept(row.raw).isascii()


@pytest.mark.parametrize("call", CALLS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(document=DOCUMENTS, status=st.sampled_from([200, 200, 200, 207, 400, 404, 500]))
def test_any_json_as_an_answer(
    gateway: Gateway, client: IamportClient, call: str, document: object, status: int
) -> None:
    answer = plain(status, written(document))
    for method, path in PATHS[:-1]:
        gateway.on(method, path, answer)
    ends_well(CALLS[call], client)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(document=DOCUMENTS)
def test_any_json_as_a_token(gateway: Gateway, client: IamportClient, document: object) -> None:
    gateway.on("POST", "/users/getToken", plain(200, written(document)))
    ends_well(CALLS["payment"], client)


def nested(depth: int) -> bytes:
    return b"[" * depth + b"]" * depth


def row_with(field: str, value: bytes) -> bytes:
    return json.dumps(payment(**{field: "HERE"})).encode().replace(b'"HERE"', value)


ODD = {
    "nested 900 deep": nested(900),
    "nested 200,000 deep": nested(200_000),
    "5,000 digits": b"1" * 5_000,
    "100,000 digits": b"-" + b"9" * 100_000,
    "an exponent": b"1e999999999",
    "NaN": b"NaN",
    "half a surrogate": b'"\\ud800"',
    "a megabyte": b'"' + b"a" * 990_000 + b'"',
    "not UTF-8": b'"\xff\xfe"',
    "a field twice": b'{"a": 1, "a": 2}',
    "a history of scraps": b"[" + b",".join([b"{}"] * 1_000) + b"]",
}


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize(
    "field", ["amount", "status", "imp_uid", "paid_at", "fail_reason", "cancel_history", "unknown"]
)
def test_one_odd_value_anywhere(
    gateway: Gateway, client: IamportClient, odd: str, field: str
) -> None:
    row = row_with(field, ODD[odd])
    one = b'{"code": 0, "message": null, "response": ' + row + b"}"
    rows = b'{"code": 0, "response": {"total": 1, "list": [' + row + b"]}}"
    gateway.on("GET", "/payments/imp_1", plain(200, one))
    gateway.on("GET", "/payments/findAll/order-1", plain(200, rows))
    gateway.on("GET", "/payments/status/all", plain(200, rows))
    for call in ("payment", "find_all leniently", "by_status leniently"):
        ends_well(CALLS[call], client)

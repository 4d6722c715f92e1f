"""Requests, and those that no form of a page makes: bodies of scripts, refusals, our own faults.

To add a body: a line in `POSTS`, by the name of the URL; a form that only some row takes: a line in
`SENT`; another accident: a line in `refused`.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from .plan import NOWHERE, Route
from .queries import filled
from .viewers import CUSTOMER, PASSWORD

FORM, JSON = "application/x-www-form-urlencoded", "application/json"


@dataclass(frozen=True, slots=True)
class Call:
    """One request. `what` tells it from another to the same URL."""

    url: str
    method: str = "GET"
    body: str = ""
    content_type: str = FORM
    what: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    checks_csrf: bool = False
    breaks_database: bool = False
    times: int = 1

    def __str__(self) -> str:
        return " ".join(filter(None, (self.method, self.url, self.what)))


_BUYING = {"product": "devket-premium", "pay_method": "card", "buyer_tel": "010-1234-5678"}
_START: tuple[dict[str, Any], ...] = (
    _BUYING | {"checkout_key": "k1"},
    _BUYING | {"checkout_key": "k2", "pay_method": "vbank", "buyer_name": "김민지"},
    _BUYING | {"checkout_key": "{own_key}"},
    _BUYING | {"checkout_key": "{own_key}", "product": "devket-team"},
    _BUYING | {"checkout_key": "k3", "pay_method": "gold"},
    _BUYING | {"checkout_key": "k4", "product": "no-such-thing"},
    _BUYING | {"checkout_key": "k5", "buyer_tel": "none"},
    _BUYING | {"checkout_key": "k6", "amount": "1"},
    _BUYING | {"checkout_key": "k" * 65},
    _BUYING | {"checkout_key": 7},
    _BUYING,
    {},
)
_OWN: tuple[dict[str, Any], ...] = (
    {"merchant_uid": "{own}", "imp_uid": "imp_1"},
    {"merchant_uid": "{own}", "imp_uid": "{own_imp_uid}"},
    {"merchant_uid": "{mismatched_own}", "imp_uid": "{own_imp_uid}"},
    {"merchant_uid": "{ready_own}", "imp_uid": "imp_1"},
    {"merchant_uid": "{payment}", "imp_uid": "{imp_uid}"},
    {"merchant_uid": "none", "imp_uid": "imp_1"},
    {"merchant_uid": "{own}"},
    {"merchant_uid": "{ready_own}", "error_code": "F400", "error_msg": "x" * 400},
)
POSTS: dict[str, tuple[dict[str, Any], ...]] = {
    "checkout:start": _START,
    "checkout:complete": _OWN,
    "checkout:give-up": _OWN,
    "webhooks:iamport": (
        {"imp_uid": "{imp_uid}", "merchant_uid": "{payment}", "status": "paid"},
        {"imp_uid": "test", "merchant_uid": "test"},
        {"imp_uid": "imp/../x"},
        {},
    ),
}
# Forms with what only some rows take: (name of the URL, arguments, query, what is sent).
_RECORD = "record={ready}:{ready_version}&reason=fraud&note=Two+cards"
_CLOSE = "reason=accepted&text=Known+since+March"
_REVERIFY = "action=reverify&index=0"
_OWNER = "admin:payments_discrepancy_own"
_QUEUE = "admin:payments_discrepancy_changelist"
_TICKED = (
    "action=assign_ticked&action=close_ticked&_selected_action={open}&seen={open}:{open_version}"
)
SENT: tuple[tuple[str, str, str, str], ...] = (
    ("admin:payments_payment_mark_failed", "", "", _RECORD),
    ("admin:payments_payment_mark_failed", "", "", _RECORD + "&without_answer=1&confirmed=on"),
    ("admin:payments_payment_mark_failed", "", "", _RECORD + "&without_answer=1"),
    (
        "admin:payments_payment_mark_failed",
        "",
        "",
        "record={ready}:0&reason=fraud&note=x&back=page",
    ),
    ("admin:payments_payment_mark_failed", "", "", "record={number}:1&reason=other&note=x"),
    ("admin:payments_payment_mark_failed", "", "", "reason=other&note=x"),
    ("admin:payments_payment_customer", "{no_customer}", "", "customer={user}&note=Her+ticket+77"),
    ("admin:payments_payment_customer", "{no_customer}", "", "customer=999999&note=x"),
    ("admin:payments_payment_customer", "{number}", "", "customer={user}&note=Her+ticket+77"),
    (
        "admin:payments_payment_unmask",
        "",
        "",
        "reason=Her+ticket+77&next=/admin/payments/payment/1/change/",
    ),
    ("admin:payments_payment_unmask", "", "", "reason=Her+ticket+77&next=//elsewhere.example.com/"),
    ("admin:payments_payment_start_run", "", "id={number}", "x=1"),
    ("admin:payments_payment_start_run", "", "id=999999", "x=1"),
    ("admin:payments_payment_changelist", "", "", f"{_REVERIFY}&_selected_action=999999"),
    (
        "admin:payments_payment_changelist",
        "",
        "status=paid",
        f"{_REVERIFY}&_selected_action={{number}}&select_across=1",
    ),
    (
        "admin:payments_payment_changelist",
        "",
        "status=ready",
        "action=mark_failed&index=0&_selected_action={ready}",
    ),
    (
        "admin:payments_payment_changelist",
        "",
        "q=minji",
        "action=export_selected&index=0&_selected_action={number}&select_across=1",
    ),
    (_OWNER, "{open}", "", "version={open_version}&owner={operator}"),
    (_OWNER, "{open}", "", "version={open_version}&owner="),
    (_OWNER, "{open}", "", "version={open_version}&owner={user}"),
    (_OWNER, "{open}", "", "version=999&owner="),
    ("admin:payments_discrepancy_close", "{open}", "", f"version={{open_version}}&{_CLOSE}"),
    ("admin:payments_discrepancy_close", "{open}", "", f"version=999&{_CLOSE}"),
    (
        "admin:payments_discrepancy_close",
        "{open}",
        "",
        "version={open_version}&reason=agrees&text=x",
    ),
    (_QUEUE, "", "", f"{_TICKED}&index=0&owner={{operator}}"),
    (_QUEUE, "", "age=today", f"{_TICKED}&index=1&{_CLOSE}"),
    (_QUEUE, "", "", f"{_TICKED}&index=1"),
    (_QUEUE, "", "", "action=assign_ticked&index=0&_selected_action={open}&owner="),
    ("admin:payments_discrepancy_verify", "{open}", "", "x=1"),
    ("admin:payments_discrepancy_verify", "{missing}", "", "x=1"),
    (
        "admin:payments_discrepancy_take_in",
        "{missing}",
        "",
        "version={missing_version}&whose=nobody",
    ),
    ("admin:payments_discrepancy_take_in", "{missing}", "", "version=999&whose=nobody"),
    (
        "admin:payments_discrepancy_take_in",
        "{missing}",
        "",
        "version={missing_version}&whose=other",
    ),
    ("admin:payments_dailyclose_close", "", "", "day=2026-04-14"),
    ("admin:payments_dailyclose_close", "", "", "day=2026-04-14&seen=0"),
    ("admin:payments_dailyclose_close", "", "", "day=2026-04-11"),
    ("admin:payments_reconciliationrun_start", "", "", "first_day=2026-04-01&last_day=2026-04-02"),
    ("admin:payments_reconciliationrun_start", "", "", "first_day=2026-04-02&last_day=2026-04-01"),
    ("admin:payments_reconciliationrun_start", "", "", "first_day=0999-04-01&last_day=2027-04-02"),
    ("admin:payments_reconciliationrun_start", "", "", "first_day=2020-04-01&last_day=2026-04-02"),
)
# Bodies that are no JSON object at all, or too large.
_BROKEN = ("not json", "[1]", "null", '{"a":' * 5_000, '"' + "x" * 20_000 + '"')


def posts(route: Route) -> Iterator[Call]:
    """The bodies of `POSTS`, as JSON and some as forms, and broken ones."""
    if route.name not in POSTS:
        return
    url = reverse(route.name)
    for number, fields in enumerate(POSTS[route.name]):
        body = filled(json.dumps(fields, ensure_ascii=False))
        yield Call(url, "POST", body, JSON, f"json {number}")
    form = urlencode(json.loads(filled(json.dumps(POSTS[route.name][0]))))
    yield Call(url, "POST", form, FORM, "form")
    yield Call(url, "POST", form, "text/plain", "plain text")
    for number, body in enumerate(_BROKEN):
        yield Call(url, "POST", body, JSON, f"broken {number}")


def sent() -> Iterator[Call]:
    """The forms of `SENT`."""
    for name, argument, query, body in SENT:
        url = reverse(name, args=[filled(argument)] if argument else [])
        yield Call(f"{url}?{filled(query)}" if query else url, "POST", filled(body), what=body)


def refused() -> Iterator[Call]:
    """Unknown URLs, forms without a token, signing in, and what goes wrong on our side."""
    for url in NOWHERE:
        yield Call(url)
        yield Call(url.rstrip("/"))
    start, unmask = reverse("checkout:start"), reverse("admin:payments_payment_unmask")
    yield Call(unmask, "POST", what="no token", checks_csrf=True)
    yield Call(start, "POST", "{}", JSON, "no token", checks_csrf=True)
    people = ((CUSTOMER, PASSWORD), ("careful@example.com", PASSWORD), ("x@y.z", "x"))
    for email, password in people:
        body = urlencode({"login": email, "password": password})
        yield Call(reverse("account_login"), "POST", body, what=f"as {email}")
    yield Call(reverse("account_login"), "POST", "login=x@y.z", what="too often", times=40)
    yield Call("/", what="broken database", breaks_database=True)
    yield Call("/", what="strange host", headers={"host": "elsewhere.example.com"})

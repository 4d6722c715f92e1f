"""Nothing that we log, raise or print holds a key, a token, a card number or a buyer."""

import logging
import subprocess
import sys
import traceback
from collections.abc import Callable

import pytest

from payments.iamport import Cancellation, IamportClient, IamportError, RefundAccount
from tests.payments.iamport.scripted import (
    CARD,
    KEY,
    SECRET,
    TOKEN,
    Gateway,
    cut,
    envelope,
    html,
    page,
    payment,
    plain,
    refusal,
)

LEAKY = f"거절 {CARD} {TOKEN} {SECRET}"
ACCOUNT = RefundAccount(holder="김고객", bank="88", account="110123456789", tel="01012345678")
PRIVATE = [KEY, SECRET, TOKEN, CARD, "김고객", "110123456789", "01012345678", "010-1234-5678"]

CALLS: dict[str, Callable[[IamportClient], object]] = {
    "register": lambda c: c.register(merchant_uid="order-1", amount=1),
    "registered": lambda c: c.registered(merchant_uid="order-1"),
    "amend": lambda c: c.amend(merchant_uid="order-1", amount=1),
    "payment": lambda c: c.payment("imp_1"),
    "payments": lambda c: c.payments(imp_uids=["imp_1"], merchant_uids=["order-1"]),
    "find": lambda c: c.find("order-1"),
    "find_all": lambda c: c.find_all("order-1"),
    "by_status": lambda c: list(c.by_status("paid", from_=0, to=1)),
    "cancel": lambda c: c.cancel(
        imp_uid="imp_1", amount=1, checksum=1, reason="김고객 변심", refund=ACCOUNT
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
    ("GET", "/payments/status/paid"),
    ("POST", "/payments/cancel"),
]
ANSWERS = {
    "fine": envelope(payment()),
    "page": page(payment()),
    "refused": refusal(200, 1, LEAKY),
    "unauthorized": refusal(401, -1, LEAKY),
    "not found": refusal(404, -1, LEAKY),
    "unavailable": refusal(503, -1, LEAKY),
    "html": html(502),
    "echo": plain(200, LEAKY.encode()),
    "wrong type": envelope(payment(amount=CARD, cancel_amount=TOKEN)),
    "cut": cut,
}


@pytest.mark.parametrize("answer", ANSWERS)
@pytest.mark.parametrize("call", CALLS)
def test_nothing_private_is_written_down(
    gateway: Gateway,
    client: IamportClient,
    caplog: pytest.LogCaptureFixture,
    call: str,
    answer: str,
) -> None:
    caplog.set_level(logging.DEBUG)
    for method, path in PATHS:
        gateway.on(method, path, ANSWERS[answer])
    written = [repr(client), repr(ACCOUNT)]
    try:
        written.append(repr(CALLS[call](client)))
    except IamportError as error:
        written += [str(error), repr(error), "".join(traceback.format_exception(error))]
    written += [record.getMessage() for record in caplog.records]
    for secret in PRIVATE:
        assert secret not in "\n".join(written)


def test_nothing_private_is_written_down_when_the_keys_are_refused(
    gateway: Gateway, client: IamportClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    gateway.on("POST", "/users/getToken", refusal(401, -1, LEAKY))
    with pytest.raises(IamportError) as raised:
        client.payment("imp_1")
    written = [str(raised.value), *(record.getMessage() for record in caplog.records)]
    for secret in PRIVATE:
        assert secret not in "\n".join(written)


def test_an_error_drags_no_request_along(gateway: Gateway, client: IamportClient) -> None:
    gateway.on("POST", "/payments/cancel", cut)
    with pytest.raises(IamportError) as raised:
        CALLS["cancel"](client)
    assert raised.value.__cause__ is None
    assert raised.value.__context__ is None  # it would hold the request, with token and body


def test_the_client_shows_only_its_address(client: IamportClient, gateway: Gateway) -> None:
    assert repr(client) == f"IamportClient(api_url={gateway.url!r})"


def test_a_cancel_shows_no_reason() -> None:
    entry = Cancellation(1000, 20, "C1", "김고객 변심", "t", "https://receipt.example/1")
    assert repr(entry) == "Cancellation('C1', 1000, at 20)"


def test_the_log_line_of_an_odd_id_is_one_line(
    gateway: Gateway, client: IamportClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "payments.iamport")
    with pytest.raises(IamportError):
        client.payment("imp_1\nmethod=FAKE")
    assert all("\n" not in record.getMessage() for record in caplog.records)
    assert "path=/payments/imp_1%0Amethod%3DFAKE" in caplog.records[-1].getMessage()


def test_the_package_needs_no_django_and_nothing_else_of_ours() -> None:
    script = (
        "import sys, payments.iamport\n"
        "ours = [m for m in sys.modules if m.split('.')[0] in"
        " ('django', 'backoffice', 'accounts', 'sandbox')"
        " or (m.startswith('payments') and not m.startswith('payments.iamport'))]\n"
        "print(*sorted(ours))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=30
    )
    assert done.stdout.split() == ["payments"]

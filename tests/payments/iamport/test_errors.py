"""The table of what an answer stands for, and what an error says."""

import pickle
from typing import Any

import pytest

from payments.iamport import (
    AuthenticationFailed,
    IamportError,
    Malformed,
    NotFound,
    Refused,
    Unanswered,
    Unavailable,
)
from payments.iamport.errors import MESSAGES, classify, clean

NO_ENVELOPE = None

TABLE = [
    (200, 0, None),
    (207, 0, None),
    (201, 0, None),
    (200, 1, Refused),
    (200, -1, Refused),
    (207, 1, Refused),
    (200, NO_ENVELOPE, Malformed),
    (204, NO_ENVELOPE, Malformed),
    (100, 0, Malformed),
    (301, NO_ENVELOPE, Malformed),
    (302, 0, Malformed),
    (302, 1, Malformed),
    (400, -1, Refused),
    (400, 0, Malformed),
    (400, NO_ENVELOPE, Malformed),
    (401, -1, AuthenticationFailed),
    (401, 0, AuthenticationFailed),
    (401, NO_ENVELOPE, AuthenticationFailed),
    (403, -1, AuthenticationFailed),
    (403, NO_ENVELOPE, AuthenticationFailed),
    (404, -1, NotFound),
    (404, 0, Malformed),
    (404, NO_ENVELOPE, Malformed),
    (405, -1, Refused),
    (405, NO_ENVELOPE, Malformed),
    (408, NO_ENVELOPE, Unavailable),
    (408, -1, Unavailable),
    (409, 1, Refused),
    (429, -1, Unavailable),
    (429, NO_ENVELOPE, Unavailable),
    (500, -1, Unavailable),
    (500, 0, Unavailable),
    (501, NO_ENVELOPE, Unavailable),
    (502, NO_ENVELOPE, Unavailable),
    (503, -1, Unavailable),
    (504, NO_ENVELOPE, Unavailable),
    (599, NO_ENVELOPE, Unavailable),
    (600, 0, Malformed),
    (999, -1, Malformed),
]


@pytest.mark.parametrize(("status", "code", "kind"), TABLE)
def test_an_answer_stands_for(status: int, code: int, kind: type[IamportError] | None) -> None:
    assert classify(status, code) is kind


def test_only_2xx_with_code_0_is_a_success_and_a_refusal_needs_an_envelope() -> None:
    for status in range(100, 1000):
        for code in (0, NO_ENVELOPE):
            kind = classify(status, code)
            assert (kind is None) == (200 <= status <= 299 and code == 0)
            assert kind not in (Refused, NotFound)


def test_every_class_that_the_table_names_has_a_message() -> None:
    assert {kind for _, _, kind in TABLE} - {None} == set(MESSAGES)


def test_no_usable_answer_has_one_name() -> None:
    assert issubclass(Unavailable, Unanswered)
    assert issubclass(Malformed, Unanswered)
    assert not issubclass(Refused, Unanswered)
    assert issubclass(Unanswered, IamportError)


def test_an_error_tells_where_and_what() -> None:
    error = NotFound(
        "no such thing",
        status=404,
        code=-1,
        gateway_message="없음",
        method="GET",
        path="/payments/x",
    )
    assert str(error) == "GET /payments/x: no such thing (status 404, code -1: 없음)"


def test_an_error_without_an_answer_reads_well() -> None:
    assert str(Unavailable("ReadTimeout", method="GET", path="/a")) == "GET /a: ReadTimeout"
    assert str(IamportError("broken")) == "broken"


def test_an_error_survives_pickling() -> None:
    error = Unavailable("gone", status=503, code=-1, method="POST", path="/payments/cancel")
    error.sent = False
    copy = pickle.loads(pickle.dumps(error))
    assert (str(copy), copy.sent, copy.status) == (str(error), False, 503)


@pytest.mark.parametrize(
    ("message", "kept"),
    [
        ("이미 전액취소된 주문입니다.", "이미 전액취소된 주문입니다."),
        (
            "결제취소에 실패하였습니다.(카드 9410123456789012)",
            "결제취소에 실패하였습니다.(카드 ***)",
        ),
        ("9410-1234-5678-9012 거절", "*** 거절"),
        ("imp_448280090638 없음", "imp_448280090638 없음"),
        ("token " + "ab12" * 10, "token ***"),
        ("two\nlines\0and\tmore", "two lines and more"),
        ("\ud800", "?"),
        ("", None),
        (None, None),
        ({"a": 1}, None),
        ("가" * 1000, "가" * 500),
    ],
)
def test_the_gateways_text_is_made_fit_for_logs(
    message: dict[str, Any] | str | None, kept: str | None
) -> None:
    assert clean(message) == kept

"""The console's page of switches: faults that are on and can be put on, and the settings.

Everything the control API can switch can be switched here. To add a button for a fault, add a line
to `PRESETS`; to add a setting, add it to `SWITCHES` if it is on or off, to `NUMBERS` if it is a
number.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from sandbox.api import money
from sandbox.context import sandbox
from sandbox.faults.parsing import KINDS, FaultError, parse
from sandbox.settings import CONTENT_TYPES, SettingError

LOOK_UP = {"method": "GET", "path": "/payments"}
LISTS = {"method": "GET", "path": "/payments/status/"}

PRESETS: dict[str, dict[str, dict[str, Any]]] = {
    "응답과 연결": {
        "2초 지연": {"kind": "latency", "seconds": 2},
        "30초 지연": {"kind": "latency", "seconds": 30},
        "응답 없음": {"kind": "hang"},
        "1초에 한 바이트": {"kind": "drip", "seconds": 1},
        "64MB 응답": {"kind": "oversized"},
        "64MB 응답 (gzip)": {"kind": "oversized_gzip"},
        "연결 끊김": {"kind": "cut"},
        "처리 후 응답 유실": {"kind": "after"},
        "500 오류": {"kind": "status", "status": 500},
        "503 오류": {"kind": "status", "status": 503, "retry_after": 1},
        "429 요청 과다": {"kind": "status", "status": 429, "retry_after": 1},
        "HTML 502 페이지": {"kind": "html"},
        "깨진 JSON": {"kind": "malformed"},
    },
    "인증": {
        "토큰 즉시 만료 (1회)": {"kind": "token", "times": 1},
        "키 거절 (401)": {"kind": "key_refused"},
        "IP 차단 (403)": {"kind": "ip_denied"},
        "IP 차단 (401)": {"kind": "ip_denied", "status": 401},
    },
    "목록": {
        "읽는 사이 취소 (행 이동)": {"kind": "rows_refunded"},
        "읽는 사이 새 결제": {"kind": "rows_new"},
        "2쪽 400 (1회)": {
            "kind": "status",
            "status": 400,
            "times": 1,
            "match": {**LISTS, "page": 2},
        },
        "2쪽 404 (1회)": {
            "kind": "status",
            "status": 404,
            "times": 1,
            "match": {**LISTS, "page": 2},
        },
        "total만 있고 행 없음": {"kind": "rows_missing"},
        "같은 거래 두 번, 다른 금액": {"kind": "doubled_row"},
        "일괄 조회 순서 섞기": {"kind": "batch_shuffled"},
    },
    "결제 정보": {
        "조회 404 (1회)": {"kind": "status", "status": 404, "times": 1, "match": LOOK_UP},
        "취소 내역 순서 섞기": {"kind": "history_shuffled"},
        "취소 내역에 cancellation_id 없음": {"kind": "history_without_ids"},
        "취소 합계와 내역 불일치": {"kind": "history_sum"},
    },
}
SWITCHES = {
    "webhook_lost": "웹훅 유실",
    "webhook_doubled": "웹훅 두 번 전송",
    "webhook_retries": "웹훅 재시도 (5회, 1분 간격)",
    "webhook_first": "웹훅 먼저 (브라우저보다)",
    "hide_test_payments": "테스트 결제 숨기기 (include_sandbox)",
    "callback_drops_success": "콜백에서 success 제외",
    "redirect_sends_imp_success": "리다이렉트에 imp_success 포함",
    "confirm_process": "confirm_url 사용",
    "vbank_expiry_fails": "가상계좌 기한 만료 시 실패 처리",
    "token_extension": "토큰 5분 연장",
    "receipt_after_part_refund": "부분취소 후 잔액으로 현금영수증 발행",
}
NUMBERS = {
    "webhook_late": "웹훅 지연 (초)",
    "visible_delay": "결제 직후 조회 404 (초)",
    "cancel_refusal_status": "취소 거절의 HTTP 상태",
}

blueprint = Blueprint("switches", __name__)


@blueprint.get("/console/switches")
def page(error: str = "") -> str:
    world = sandbox()
    return render_template(
        "switches.html",
        presets=PRESETS,
        kinds=KINDS,
        faults=world.faults.all(),
        switches=SWITCHES,
        numbers=NUMBERS,
        settings=world.settings,
        content_types=CONTENT_TYPES,
        error=error,
    )


@blueprint.post("/console/faults")
def add_fault() -> Response | tuple[str, int]:
    """A button's, or what the form says."""
    buttons = {label: fault for group in PRESETS.values() for label, fault in group.items()}
    try:
        given = buttons.get(request.form.get("preset", "")) or _fault_of_the_form()
        sandbox().faults.add(parse(given))
    except FaultError as error:
        return page(f"{error.field}: {error}"), 400
    return redirect(url_for("switches.page"), 303)


def _fault_of_the_form() -> dict[str, Any]:
    texts = {name: value.strip() for name, value in request.form.items() if value.strip()}
    match: dict[str, Any] = {name: texts[name] for name in ("method", "path") if name in texts}
    if "page" in texts:
        match["page"] = _number("page", texts["page"])
    names = ("times", "seconds", "status", "bytes", "rows")
    numbers = {name: _number(name, texts[name]) for name in names if name in texts}
    return {"kind": texts.get("kind"), "match": match, **numbers}


def _number(name: str, text: str) -> int | float:
    number = money.parse(text)
    if number is None:
        raise FaultError(name, "must be a number")
    return money.to_json(number)


@blueprint.post("/console/faults/off")
def remove_fault() -> Response:
    sandbox().faults.remove(request.form.get("id", type=int))
    return redirect(url_for("switches.page"), 303)


@blueprint.post("/console/switches")
def change_settings() -> Response | tuple[str, int]:
    given: dict[str, Any] = {name: name in request.form for name in SWITCHES}
    given["webhook_url"] = request.form.get("webhook_url", "").strip()
    given["webhook_content_type"] = request.form.get("webhook_content_type", CONTENT_TYPES[0])
    for name in NUMBERS:
        text = request.form.get(name, "").strip()
        if text:
            given[name] = money.to_json(money.parse(text) or Decimal(0))
    try:
        sandbox().settings.update(given)
    except SettingError as error:
        return page(f"{error.field}: {error}"), 400
    return redirect(url_for("switches.page"), 303)

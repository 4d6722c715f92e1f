"""Faults that meet a call before it is carried out. A response ends the call.

They act in the order they were added. To add a kind, add it to `ACTIONS`.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from flask import Response, request

from sandbox.api.auth import UNAUTHORIZED, WRONG_KEYS, is_asking_for_token
from sandbox.api.envelope import RefusalError, refusal
from sandbox.context import Sandbox
from sandbox.server import CUT

from .registry import Fault

HANG_SECONDS = 600.0
TROUBLE = "일시적으로 요청을 처리할 수 없습니다."
ADDRESS_REFUSED = "허용되지 않은 IP입니다."
_HTML = (
    "<html><head><title>{0} Bad Gateway</title></head><body><h1>{0} Bad Gateway</h1></body></html>"
)
_BROKEN = '{"code":0,"message":null,"response":{"imp_uid":"imp_1'


def apply(world: Sandbox) -> Response | None:
    for fault in world.faults.meeting(request, ACTIONS):
        if world.faults.fire(fault):
            response = ACTIONS[fault.kind](fault, world)
            if response is not None:
                return response
    return None


def _latency(fault: Fault, _world: Sandbox) -> None:
    time.sleep(fault.seconds or 0)


def _token(_fault: Fault, world: Sandbox) -> None:
    """The live token dies now."""
    world.tokens.revoke()


def _hang(fault: Fault, world: Sandbox) -> Response:
    world.faults.hang(HANG_SECONDS if fault.seconds is None else fault.seconds)
    return _closed()


def _cut(_fault: Fault, _world: Sandbox) -> Response:
    return _closed()


def _closed() -> Response:
    """The server closes the connection instead of answering."""
    request.environ[CUT] = True
    return Response(status=500)


def _status(fault: Fault, _world: Sandbox) -> Response:
    if fault.body is not None:
        return _dated(fault, Response(fault.body, fault.status or 500, mimetype="application/json"))
    return _refused(fault, 500, TROUBLE)


def _html(fault: Fault, _world: Sandbox) -> Response:
    status = fault.status or 502
    page = Response(fault.body or _HTML.format(status), status, mimetype="text/html")
    return _dated(fault, page)


def _malformed(fault: Fault, _world: Sandbox) -> Response:
    return Response(fault.body or _BROKEN, fault.status or 200, mimetype="application/json")


def _ip_denied(fault: Fault, _world: Sandbox) -> Response:
    """Contract 9#12: 403, or 401 with `status`."""
    return _refused(fault, 403, ADDRESS_REFUSED)


def _key_refused(fault: Fault, _world: Sandbox) -> Response:
    """The secret was changed in the console: no new token, and the old one is worth nothing."""
    return _refused(fault, 401, WRONG_KEYS if is_asking_for_token() else UNAUTHORIZED)


def _refused(fault: Fault, status: int, message: str) -> Response:
    return _dated(fault, refusal(RefusalError(fault.status or status, message)))


def _dated(fault: Fault, response: Response) -> Response:
    """With Retry-After, if the fault has one."""
    if fault.retry_after is not None:
        response.headers["Retry-After"] = str(fault.retry_after)
    return response


ACTIONS: dict[str, Callable[[Fault, Sandbox], Response | None]] = {
    "latency": _latency,
    "status": _status,
    "html": _html,
    "malformed": _malformed,
    "cut": _cut,
    "hang": _hang,
    "token": _token,
    "ip_denied": _ip_denied,
    "key_refused": _key_refused,
}

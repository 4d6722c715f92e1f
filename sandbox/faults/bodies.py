"""Faults of how an answer travels: too large, byte by byte, or lost on its way.

What it says is right. To add a kind, add it to `ACTIONS`.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from typing import Any

from flask import Response, request

from sandbox.api.envelope import dump
from sandbox.context import Sandbox
from sandbox.server import CUT, PACE

from .answers import envelope_of
from .registry import Fault

DEFAULT_BYTES = 64 * 2**20
DRIP_SECONDS = 1.0
# A field that no contract knows: what comes of it is the reader's own doing.
PADDING = "padding"
_MARK = "@@padding@@"
_BLOCK = b" " * 2**16
_GZIP = 16 + zlib.MAX_WBITS


def apply(world: Sandbox, response: Response) -> Response:
    for fault in world.faults.meeting(request, ACTIONS):
        if fault.kind in NEEDS_AN_ENVELOPE and envelope_of(response) is None:
            continue
        if world.faults.fire(fault):
            response = ACTIONS[fault.kind](fault, world, response)
    return response


def _after(_fault: Fault, _world: Sandbox, response: Response) -> Response:
    """Carried out, then the connection is cut."""
    request.environ[CUT] = True
    return response


def _drip(fault: Fault, world: Sandbox, response: Response) -> Response:
    """A byte every `seconds`, until the fault is taken away."""
    seconds = DRIP_SECONDS if fault.seconds is None else fault.seconds
    request.environ[PACE] = lambda: world.faults.hang(seconds)
    return response


def _oversized(fault: Fault, _world: Sandbox, response: Response) -> Response:
    """The right answer, with as many `bytes` in an unknown field."""
    return _with_body(response, list(_chunks(fault, response)))


def _oversized_gzip(fault: Fault, _world: Sandbox, response: Response) -> Response:
    """A thousandth of that on the wire, whether the caller takes gzip or not."""
    packer = zlib.compressobj(level=1, wbits=_GZIP)
    chunks = [packer.compress(chunk) for chunk in _chunks(fault, response)]
    packed = _with_body(response, [*chunks, packer.flush()])
    packed.headers["Content-Encoding"] = "gzip"
    return packed


def _chunks(fault: Fault, response: Response) -> Iterator[bytes]:
    """The answer in two halves; between them the unknown field's text, the same block again."""
    envelope = envelope_of(response) or {}
    _innermost(envelope)[PADDING] = _MARK
    head, _, tail = dump(envelope).encode().partition(_MARK.encode())
    blocks, rest = divmod(fault.bytes or DEFAULT_BYTES, len(_BLOCK))
    yield head
    for _ in range(blocks):
        yield _BLOCK
    yield _BLOCK[:rest]
    yield tail


def _innermost(envelope: dict[str, Any]) -> dict[str, Any]:
    """The payment, the first one of a batch or a page, or the envelope if there is none."""
    response = envelope.get("response")
    if isinstance(response, dict):
        response = response.get("list") or response
    if isinstance(response, list) and response:
        response = response[0]
    return response if isinstance(response, dict) else envelope


def _with_body(response: Response, chunks: list[bytes]) -> Response:
    return Response(chunks, response.status, mimetype=response.mimetype)


ACTIONS: dict[str, Callable[[Fault, Sandbox, Response], Response]] = {
    "oversized": _oversized,
    "oversized_gzip": _oversized_gzip,
    "drip": _drip,
    "after": _after,
}
NEEDS_AN_ENVELOPE = ("oversized", "oversized_gzip")

"""/_sandbox: the levers of the sandbox itself, all but those of single payments."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, request

from sandbox.context import Sandbox, sandbox
from sandbox.faults.parsing import FaultError, parse
from sandbox.settings import CONTENT_TYPES, SettingError
from sandbox.state import webhook_log
from sandbox.state.webhooks import Delivery, encode

from . import input as take
from .input import InputError

WAIT_SECONDS = 60.0

blueprint = Blueprint("control", __name__, url_prefix="/_sandbox")


@blueprint.get("/health")
def health() -> Response:
    with sandbox().store.read() as db:
        payments = db.execute("SELECT count(*) FROM payments").fetchone()[0]
    return take.answer({"status": "ok", "payments": payments})


@blueprint.post("/reset")
def reset() -> Response:
    given = take.json_object({"keep_settings"})
    sandbox().reset(take.flag(given, "keep_settings", False))
    return take.answer({"status": "ok"})


@blueprint.get("/settings")
def settings() -> Response:
    return take.answer(sandbox().settings.as_json())


@blueprint.post("/settings")
def change_settings() -> Response:
    try:
        sandbox().settings.update(take.json_object())
    except SettingError as error:
        raise InputError(error.field, str(error)) from None
    return settings()


@blueprint.get("/faults")
def list_faults() -> Response:
    return take.answer([fault.as_json() for fault in sandbox().faults.all()])


@blueprint.post("/faults")
def add_fault() -> Response:
    try:
        fault = parse(take.any_json())
    except FaultError as error:
        raise InputError(error.field, str(error)) from None
    return take.answer(sandbox().faults.add(fault).as_json(), 201)


@blueprint.delete("/faults")
def remove_faults() -> Response:
    return take.answer({"removed": sandbox().faults.remove()})


@blueprint.delete("/faults/<int:fault_id>")
def remove_fault(fault_id: int) -> Response:
    return take.answer({"removed": sandbox().faults.remove(fault_id)})


@blueprint.get("/webhooks")
def list_webhooks() -> Response:
    try:
        limit = int(request.args.get("limit", 1000))
    except ValueError:
        raise InputError("limit", "must be a whole number") from None
    with sandbox().store.read() as db:
        return take.answer(webhook_log.listed(db, request.args.get("imp_uid"), limit))


@blueprint.post("/webhooks")
def forge_webhook() -> Response:
    """Anybody can post to a webhook URL: any body, past the lost, doubled and late switches."""
    world = sandbox()
    given = take.json_object({"url", "body", "content_type", "wait"})
    delivery = _forged(world, given)
    world.webhooks.submit([delivery])
    if take.flag(given, "wait", True):
        delivery.done.wait(WAIT_SECONDS)
    with world.store.read() as db:
        row = db.execute("SELECT * FROM webhooks WHERE id = ?", (delivery.log_id,)).fetchone()
    return take.answer(webhook_log.as_json(row), 201)


def _forged(world: Sandbox, given: dict[str, Any]) -> Delivery:
    url = given.get("url") or world.settings.webhook_url
    if not isinstance(url, str) or not url.startswith(("http://", "https://")):
        raise InputError("url", "must be an http(s) URL; no webhook_url is set either")
    content_type = given.get("content_type") or world.settings.webhook_content_type
    if not isinstance(content_type, str):
        raise InputError("content_type", f"must be text such as {CONTENT_TYPES[0]}")
    body = encode(given.get("body", {}), content_type)
    return Delivery("forged", url, body, content_type, retried=False)


@blueprint.post("/webhooks/flush")
def flush_webhooks() -> Response:
    timeout = take.number(take.json_object({"timeout"}), "timeout")
    webhooks = sandbox().webhooks
    is_empty = webhooks.flush(WAIT_SECONDS if timeout is None else timeout)
    return take.answer({"empty": is_empty, "waiting": webhooks.waiting()}, 200 if is_empty else 504)


@blueprint.get("/clock")
def clock() -> Response:
    now = sandbox().clock.now()
    return take.answer({"now": now, "timestamp": int(now), "offset": sandbox().clock.offset})


@blueprint.post("/clock")
def set_clock() -> Response:
    given, world = take.json_object({"now", "offset", "advance", "reset"}), sandbox()
    if len(given) != 1:
        raise InputError("body", "must hold one of now, offset, advance, reset")
    name = next(iter(given))
    value = 0.0 if name == "reset" else take.number(given, name)
    if value is None:
        raise InputError(name, "must be a number")
    move = {"now": world.clock.set_now, "advance": world.clock.advance}
    move.get(name, world.clock.set_offset)(value)
    return clock()


@blueprint.get("/calls")
def calls() -> Response:
    return take.answer(sandbox().calls.as_json())


@blueprint.delete("/calls")
def forget_calls() -> Response:
    sandbox().calls.clear()
    return take.answer({"status": "ok"})

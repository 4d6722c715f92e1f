"""The Flask app: the parts put together, and what is true for every call.

Gateway paths always answer in the envelope, control paths in {error, field}, pages in HTML.
To add an endpoint of the gateway, write its module in api/ and name it in `GATEWAY`.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from sandbox.api import auth, balance, cancel, codes, envelope, lookups, prepare, receipts, vbanks
from sandbox.api.envelope import RefusalError
from sandbox.api.paths import is_gateway
from sandbox.attempts import NotPossibleError
from sandbox.context import EXTENSION, Sandbox, sandbox
from sandbox.control import endpoints as control
from sandbox.control import input as control_input
from sandbox.control import payments as control_payments
from sandbox.control.input import InputError
from sandbox.faults import answers, bodies, calls, lists
from sandbox.server import CUT
from sandbox.web import console, switches, window

GATEWAY = (auth, prepare, lookups, cancel, vbanks, receipts, balance, codes)
# Not the contract's: it is silent about paths and methods that do not exist.
NAMES = {404: "존재하지 않는 API입니다.", 405: "허용되지 않는 HTTP METHOD입니다."}
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';"
    " img-src 'self' data:; form-action 'self'; base-uri 'none'"
)


def create_app(world: Sandbox) -> Flask:
    app = Flask(
        "sandbox",
        static_url_path="/_static",
        static_folder="web/static",
        template_folder="web/templates",
    )
    app.extensions[EXTENSION] = world
    app.url_map.merge_slashes = False
    # Flask would answer OPTIONS itself, without an envelope.
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = False
    app.before_request(_before)
    app.after_request(_after)
    for module in (*GATEWAY, control, control_payments, window, console, switches):
        app.register_blueprint(module.blueprint)
    app.register_error_handler(RefusalError, envelope.refusal)
    app.register_error_handler(InputError, control_input.refusal)
    app.register_error_handler(NotPossibleError, _not_possible)
    app.register_error_handler(LookupError, _unknown_payment)
    app.register_error_handler(HTTPException, _http_error)
    return app


def _before() -> Response | None:
    """Runs before the path is looked at: 401 comes before 404 and 405."""
    if request.path.startswith("/_sandbox"):
        return None
    world = sandbox()
    response = calls.apply(world)
    if response is None and is_gateway(request.path):
        auth.require_token()
        lists.apply(world)
    return response


def _after(response: Response) -> Response:
    world = sandbox()
    if not request.path.startswith("/_sandbox") and not request.environ.get(CUT):
        response = bodies.apply(world, answers.apply(world, response))
    response.date = datetime.fromtimestamp(world.clock.timestamp(), UTC)
    if is_gateway(request.path):
        rule = request.url_rule.rule if request.url_rule else "unknown"
        status = 0 if request.environ.get(CUT) else response.status_code
        world.calls.add(world.clock.now(), request.method, _template(rule), request.path, status)
    elif response.mimetype == "text/html":
        response.headers["Content-Security-Policy"] = PAGE_POLICY
    return response


@cache
def _template(rule: str) -> str:
    return rule.replace("<", "{").replace(">", "}")


def _not_possible(error: NotPossibleError) -> Response:
    return control_input.answer({"error": str(error), "field": None}, 409)


def _unknown_payment(error: LookupError) -> Response:
    if type(error) is not LookupError:  # a KeyError here is a bug, not an unknown payment
        raise error
    return control_input.answer({"error": "unknown payment", "field": "imp_uid"}, 404)


def _http_error(error: HTTPException) -> Response | HTTPException:
    status = error.code or 500
    if is_gateway(request.path):
        return envelope.refusal(RefusalError(status, NAMES.get(status, error.name)))
    if request.path.startswith("/_sandbox"):
        return control_input.answer({"error": error.name, "field": None}, status)
    return error

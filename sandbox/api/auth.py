"""POST /users/getToken and the check of the token on every other gateway call (contract 1).

app.py makes the check before a path is looked at: without a token nobody learns what exists.
"""

from __future__ import annotations

from flask import Blueprint, Response, request

from sandbox.context import sandbox

from .envelope import RefusalError, ok, parameters, text

UNAUTHORIZED = "Unauthorized"
WRONG_KEYS = "인증에 실패하였습니다. API키와 secret을 확인하세요."

blueprint = Blueprint("users", __name__)


def presented_token() -> str:
    """Contract 1.2: bare, Bearer, or the legacy header; Authorization wins."""
    authorization = request.headers.get("Authorization")
    if authorization is None:
        return request.headers.get("X-ImpTokenHeader", "").strip()
    scheme, _, rest = authorization.strip().partition(" ")
    return rest.strip() if scheme.lower() == "bearer" else authorization.strip()


def require_token() -> None:
    """Nothing but getToken itself goes without one."""
    if not is_asking_for_token() and not sandbox().tokens.accepts(presented_token()):
        raise RefusalError(401, UNAUTHORIZED)


def is_asking_for_token() -> bool:
    return request.endpoint == f"{blueprint.name}.{get_token.__name__}"


@blueprint.post("/users/getToken")
def get_token() -> Response:
    world, given = sandbox(), parameters()
    key, secret = text(given.get("imp_key")), text(given.get("imp_secret"))
    if not key or not secret:
        raise RefusalError(400, "imp_key, imp_secret 파라메터가 누락되었습니다.")
    if not world.credentials.match(key, secret):
        raise RefusalError(401, WRONG_KEYS)
    token = world.tokens.issue(world.settings.token_extension)
    return ok(
        {
            "access_token": token.value,
            "now": world.clock.timestamp(),
            "expired_at": token.expired_at,
        }
    )

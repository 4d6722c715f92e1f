"""Which URLs are asked for: every pattern of the resolver, with arguments that cover the states.

An argument that is the key of a row is filled with rows of the model that the URL is about, chosen
so that each value of each column with few values, and each column with and without a value, is
there. Other arguments have their values in `VALUES`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.apps import apps
from django.db.models import Model
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.urls.resolvers import RegexPattern

from .viewers import CUSTOMER

# Rows that are read for a choice; how many a page gets at least, if there are so many, and how many
# a URL that is the same for all rows.
_READ, _MANY, _FEW = 3_000, 8, 3
_ARGUMENT = re.compile(r"<(?:\w+:)?(\w+)>")
_ADMIN = re.compile(r"admin/(\w+)/(\w+)/")
_KEYS = frozenset({"pk", "id", "object_id"})
# Models of keys where the URL does not name them.
_MODELS = {
    "admin:payments_payment_delete_view": "payments.SavedView",
    "account_end_session": "usersessions.UserSession",
    "mfa_remove_webauthn": "mfa.Authenticator",
    "mfa_edit_webauthn": "mfa.Authenticator",
}
# By name of the URL: the arguments of each call.
VALUES: dict[str, list[dict[str, str]]] = {
    "admin:view_on_site": [{"content_type_id": "1", "object_id": "1"}],
    "admin:app_list": [{"app_label": name} for name in ("payments", "accounts", "auth", "account")],
    "account_confirm_email": [{"key": "MQ:1abc:def"}],
    "account_reset_password_from_key": [{"uidb36": "1", "key": "abc-def"}],
}
NOWHERE = ("/nowhere/", "/admin/nowhere/", "/payments/no-such-order/", "/products/no-such-thing/")


@dataclass(frozen=True, slots=True)
class Route:
    """A pattern of the resolver: its name with namespaces, and the path with its arguments."""

    name: str
    path: str
    is_regex: bool = False


def routes() -> list[Route]:
    """All of them, by path: the order of registration is nothing that anybody sees."""
    return sorted(_routes(get_resolver(), "", ()), key=lambda route: (route.path, route.name))


def _routes(resolver: URLResolver, before: str, spaces: tuple[str, ...]) -> Iterator[Route]:
    for pattern in resolver.url_patterns:
        path = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            inner = (*spaces, pattern.namespace) if pattern.namespace else spaces
            yield from _routes(pattern, path, inner)
        elif isinstance(pattern, URLPattern):
            name = ":".join([*spaces, pattern.name or ""])
            yield Route(name, path, isinstance(pattern.pattern, RegexPattern))


def urls(route: Route) -> list[str]:
    """Every URL of it that is asked for."""
    if route.name in VALUES:
        return [reverse(route.name, kwargs=values) for values in VALUES[route.name]]
    names = _ARGUMENT.findall(route.path)
    if route.is_regex and route.name == "admin:":
        return []  # Django's own catch-all, which `NOWHERE` meets
    if not names:
        return [f"/{route.path}"]
    if len(names) > 1 or route.is_regex:
        raise LookupError(f"{route.name} takes {names}: give it values in plan.VALUES")
    return [f"/{_ARGUMENT.sub(value, route.path)}" for value in _arguments(route, names[0])]


def _arguments(route: Route, name: str) -> list[str]:
    if name == "slug":
        return [row.slug for row in samples("payments.Product")]
    if name == "merchant_uid":
        return [row.merchant_uid for row in _orders()]
    admin = _ADMIN.match(route.path)
    label = _MODELS.get(route.name) or (f"{admin[1]}.{admin[2]}" if admin else "")
    if name not in _KEYS or not label:
        raise LookupError(f"{route.name} takes <{name}>: give it values in plan.VALUES")
    rows = samples(label)
    shows_state = route.name.endswith(("_change", "_progress", "_results", "_take_in", "_customer"))
    keys = [str(row.pk) for row in (rows if shows_state else rows[:_FEW])]
    return [*keys, "999999", *(["nothing"] if name == "object_id" else [])]


def _orders() -> list[Any]:
    """The customer's own in every state, and one of somebody else."""
    rows = samples("payments.Payment", user__email=CUSTOMER)
    others = apps.get_model("payments", "Payment").objects.exclude(user__email=CUSTOMER)
    return [*rows, others.earliest("pk")]


@cache
def samples(label: str, **narrowed: Any) -> list[Any]:
    """Rows of a model that between them are in every state that any row is in."""
    rows = apps.get_model(label)._default_manager.filter(**narrowed).order_by("pk")[:_READ]
    seen: set[tuple[str, object]] = set()
    chosen: list[Any] = []
    others: list[Any] = []
    for row in rows:
        states = set(_states(row))
        (others if states <= seen else chosen).append(row)
        seen |= states
    return chosen + others[: max(0, _MANY - len(chosen))]


def _states(row: Model) -> Iterator[tuple[str, object]]:
    for column in row._meta.concrete_fields:
        value = getattr(row, column.attname)
        few = column.choices or column.get_internal_type() == "BooleanField"
        yield column.name, value if few else bool(value)

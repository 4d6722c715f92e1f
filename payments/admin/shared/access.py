"""Who may open an address of the staff's, and by which method: declared at the view itself.

A view is a function of (model_admin, request, ...) under `@staff_view(...)`; its screen lists it in
`get_urls` through `ReadOnlyAdmin.screens`. A permission is named as Django's actions name it:
"verify" asks `model_admin.has_verify_permission(request)`. Nothing is open by default: a view
without a permission can't be declared.
"""

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase, HttpResponseNotAllowed

P = ParamSpec("P")
# The first argument is the screen, a ModelAdmin; views name the class that they are for.
StaffView = Callable[Concatenate[Any, HttpRequest, P], HttpResponseBase]


def staff(request: HttpRequest) -> AbstractBaseUser:
    """Who is asking; the admin lets nobody in who is not signed in."""
    assert request.user.is_authenticated
    return request.user


def require(allowed: bool) -> None:
    """Stop here (403) unless allowed: for what depends on more than the view."""
    if not allowed:
        raise PermissionDenied


def staff_view(
    *permissions: str, methods: Sequence[str] = ("GET", "HEAD", "POST")
) -> Callable[[StaffView[P]], StaffView[P]]:
    """Let in who has all of `permissions` (else 403), by one of `methods` (else 405)."""
    if not permissions:
        raise TypeError("name the permission that this view needs")

    def declare(view: StaffView[P]) -> StaffView[P]:
        @wraps(view)
        def checked(
            model_admin: Any, request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs
        ) -> HttpResponseBase:
            for name in permissions:
                require(getattr(model_admin, f"has_{name}_permission")(request))
            if request.method not in methods:
                return HttpResponseNotAllowed(methods)
            return view(model_admin, request, *args, **kwargs)

        return checked

    return declare

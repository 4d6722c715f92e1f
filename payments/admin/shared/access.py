"""Who may open an address of the staff's, and by which method: declared at the view itself.

A view is a function of (model_admin, request, ...) under `@staff_view(...)`; its screen lists it in
`get_urls` through `ReadOnlyAdmin.screens`. A permission is named as Django's actions name it:
"verify" asks `model_admin.has_verify_permission(request)`. Nothing is open by default: a view
without a permission can't be declared.

A button's address that is opened (sign-in leads back to it when the session was over at the press)
shows the page that the button stands on: the page of its row, without one the screen's list. A
button that stands elsewhere names that place: `stands_on`.
"""

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import PermissionDenied
from django.http import (
    HttpRequest,
    HttpResponseBase,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
)

from .links import list_url, page_url

LOOKING = ("GET", "HEAD")
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


def own_page(model_admin: Any, request: HttpRequest, pk: int | None = None, **kwargs: Any) -> str:
    """The page of the row that the address names, or the screen's list."""
    model = str(model_admin.opts.model_name)
    return list_url(request, model) if pk is None else page_url(request, pk, model)


def own_list(model_admin: Any, request: HttpRequest, **kwargs: Any) -> str:
    """The screen's list, whatever the address names."""
    return list_url(request, str(model_admin.opts.model_name))


def staff_view(
    *permissions: str,
    methods: Sequence[str] = (*LOOKING, "POST"),
    stands_on: Callable[..., str] = own_page,
) -> Callable[[StaffView[P]], StaffView[P]]:
    """Let in who has all of `permissions` (else 403), by one of `methods`.

    Looking at what only takes a POST leads to the page that it `stands_on`; any other method: 405.
    """
    if not permissions:
        raise TypeError("name the permission that this view needs")

    def declare(view: StaffView[P]) -> StaffView[P]:
        @wraps(view)
        def checked(
            model_admin: Any, request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs
        ) -> HttpResponseBase:
            for name in permissions:
                require(getattr(model_admin, f"has_{name}_permission")(request))
            if request.method in LOOKING and request.method not in methods:
                return HttpResponseRedirect(stands_on(model_admin, request, *args, **kwargs))
            if request.method not in methods:
                return HttpResponseNotAllowed(methods)
            return view(model_admin, request, *args, **kwargs)

        return checked

    return declare

"""The product's addresses, and pages that a link alone does not lead to.

    as/<who>/<address>    the page as this person sees it who has just shown every factor
    open/<who>/<address>  the same with every part unfolded
    ticked/<who>/<task>/  what the queue of discrepancies answers to a button of its bar
    seen/<who>/<address>  the same while personal data is shown
    code/<who>/           the question for a code in the middle of signing in: `app` has an app, the
                          address of `keys` is not confirmed
    new-password/         where the link in the mail about a forgotten password ends
    error/<status>/       an error page, with status 200: nothing is wrong with the test
    page/<template>       a template that stands alone

A session of its own is made for each, so that none of them touches the browser's.
"""

from collections.abc import Callable
from typing import Any

from allauth.account.forms import default_token_generator
from allauth.account.internal.flows.login import record_authentication
from allauth.account.utils import user_pk_to_url_str
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpRequest
from django.http.response import HttpResponse
from django.shortcuts import render
from django.test import Client
from django.urls import path, resolve
from django.utils import timezone
from django.views import csrf, defaults

from accounts.models import User
from backoffice.urls import urlpatterns as product
from payments.models import Discrepancy
from tests.accounts.factors import sign_in

ERRORS: dict[int, Callable[[HttpRequest], HttpResponse]] = {
    400: lambda request: defaults.bad_request(request, ValueError()),
    403: lambda request: defaults.permission_denied(request, PermissionError()),
    # Django's own number for a refused token is 403 as well.
    419: csrf.csrf_failure,
    429: lambda request: render(request, "429.html"),
    500: defaults.server_error,
}
FIT = {"provider": {"name": "Naver"}, "process": "login"}


def served(request: HttpRequest, address: str, who: Any, session: dict[str, Any]) -> HttpResponse:
    """What the product answers to this person in a session of this content."""
    own, request.session = request.session, SessionStore()
    request.session.update(session)
    request.user = who
    request.path = request.path_info = address
    if who.is_authenticated:
        for method in ("password", "mfa"):
            record_authentication(request, who, method, reauthenticated=True)
    request.resolver_match = match = resolve(address)
    response = match.func(request, *match.args, **match.kwargs)
    if hasattr(response, "render"):
        response.render()
    request.session = own
    return response  # type: ignore[no-any-return]


def as_somebody(request: HttpRequest, who: str, address: str, **session: str) -> HttpResponse:
    return served(request, f"/{address}", User.objects.get(username=who), session)


def unmasked(request: HttpRequest, who: str, address: str) -> HttpResponse:
    now, why = timezone.now().isoformat(), "환불 문의 확인"
    return as_somebody(request, who, address, personal_data_since=now, personal_data_reason=why)


def unfolded(request: HttpRequest, who: str, address: str) -> HttpResponse:
    response = as_somebody(request, who, address)
    response.content = response.content.replace(b"<details", b"<details open")
    return response


def ticked(request: HttpRequest, who: str, task: str) -> HttpResponse:
    """Without a reason it asks for one; with an owner it says what came of each."""
    client, rows = Client(), Discrepancy.objects.filter(is_open=True)
    client.force_login(User.objects.get(username=who))
    body = {
        "action": task,
        "index": 0,
        "_selected_action": [row.pk for row in rows],
        "seen": [f"{row.pk}:{row.version}" for row in rows],
    }
    response = client.post("/admin/payments/discrepancy/", body)
    assert response.status_code == 200
    return HttpResponse(response.content)


def asked_for_code(request: HttpRequest, who: str) -> HttpResponse:
    client = Client()
    address = sign_in(client, User.objects.get(username=who))["Location"]
    return served(request, address.partition("?")[0], AnonymousUser(), dict(client.session.items()))


def new_password(request: HttpRequest) -> HttpResponse:
    person = User.objects.get(username="app")
    address = f"/accounts/password/reset/key/{user_pk_to_url_str(person)}-set-password/"
    session = {"_password_reset_key": default_token_generator.make_token(person)}
    return served(request, address, AnonymousUser(), session)


def error(request: HttpRequest, status: int) -> HttpResponse:
    response = ERRORS[status](request)
    response.status_code = 200
    return response


def page(request: HttpRequest, template: str) -> HttpResponse:
    return render(request, template, FIT)


urlpatterns = [
    path("as/<str:who>/<path:address>", as_somebody),
    path("seen/<str:who>/<path:address>", unmasked),
    path("open/<str:who>/<path:address>", unfolded),
    path("ticked/<str:who>/<str:task>/", ticked),
    path("code/<str:who>/", asked_for_code),
    path("new-password/", new_password),
    path("error/<int:status>/", error),
    path("page/<path:template>", page),
    *product,
]

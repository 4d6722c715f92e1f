"""One viewer's browser: each request is answered as if no other had ever been made.

The database is rolled back after each, cookies are what they were after signing in. A POST is
followed to the page that it leads to, in the same transaction, so that its messages are seen.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from copy import deepcopy
from typing import Any
from urllib.parse import urljoin

from allauth.mfa.totp.internal.auth import (
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.apps import apps
from django.conf import settings
from django.core import mail
from django.db import OperationalError, connection, transaction
from django.test import Client
from django.urls import reverse

from . import still
from .cases import Call
from .normal import HEADERS_LEFT_OUT, normal
from .settings import logged
from .viewers import PASSWORD, SECRET, Viewer

LONGEST_WAY = 4
MOVED = frozenset({301, 302, 303, 307})


class Browser:
    """Signed in as its viewer. `reached` counts answers by (name of the URL, status).

    A POST that leads on to another page than a sign-in counts as "done".
    """

    def __init__(self, viewer: Viewer, gateway: str) -> None:
        self.viewer = viewer
        self.reached: Counter[tuple[str, str]] = Counter()
        self._client = Client(raise_request_exception=False)
        self._strict = Client(raise_request_exception=False, enforce_csrf_checks=True)
        settings.STAFF_MFA_REQUIRED = viewer.must_use_factor
        settings.IAMPORT_API_URL = gateway
        still.begin()
        self._sign_in()
        self._cookies = deepcopy(self._client.cookies)

    def _sign_in(self) -> None:
        client, viewer = self._client, self.viewer
        client.cookies[settings.LANGUAGE_COOKIE_NAME] = viewer.language
        if not viewer.email:
            return
        people: Any = apps.get_model("accounts", "User").objects
        people.filter(email=viewer.email).update(
            language=viewer.language, time_zone=viewer.time_zone
        )
        if viewer.signs_in:
            self._use_the_form()
        else:
            client.force_login(people.get(email=viewer.email))
        if viewer.is_unmasked:
            client.post(reverse("admin:payments_payment_unmask"), {"reason": "ticket 1234"})

    def _use_the_form(self) -> None:
        """Sign in as people do, and again, as before a change to one's account."""
        password, post = {"password": PASSWORD}, self._client.post
        answer = post(reverse("account_login"), {"login": self.viewer.email} | password)
        if answer["Location"] == reverse("mfa_authenticate"):
            code = format_hotp_value(hotp_value(SECRET, next(yield_hotp_counters_from_time())))
            post(reverse("mfa_authenticate"), {"code": code})
        post(reverse("account_reauthenticate"), password)

    def visit(self, call: Call) -> tuple[str, str]:
        """(the answer as it is compared, the body of the last page if that is HTML)."""
        with _undone():
            still.begin()
            logged.clear()
            answers = list(self._answers(call))
            mails = [f"\n\nMail: {sent.subject}\n{sent.body}" for sent in mail.outbox]
            lines = [f"\n\nLogged: {line}" for line in logged]
        last = answers[-1][1] if "text/html" in answers[-1][0] else ""
        text = "\n\n".join(f"{head}\n\n{body}" for head, body in answers)
        return normal("".join([f"{call}\n\n", text, *mails, *lines])), last

    def _answers(self, call: Call) -> Iterator[tuple[str, str]]:
        client = self._strict if call.checks_csrf else self._client
        client.cookies = deepcopy(self._cookies)
        with _broken_database() if call.breaks_database else nullcontext():
            for _time in range(call.times):
                answer = client.generic(
                    call.method, call.url, call.body, call.content_type, headers=call.headers
                )
        self._count(call, answer)
        yield _head(answer), _body(answer)
        url = call.url
        for _step in range(LONGEST_WAY):
            url = urljoin(url, answer.headers.get("Location", ""))
            if call.method == "GET" or answer.status_code not in MOVED or "//" in url:
                return
            answer = client.get(url)
            yield _head(answer), _body(answer)

    def _count(self, call: Call, answer: Any) -> None:
        match = answer.wsgi_request.resolver_match
        is_done = call.method == "POST" and "next=" not in answer.headers.get("Location", "")
        if match is not None:
            status = "done" if is_done and answer.status_code in MOVED else str(answer.status_code)
            self.reached[match.view_name, status] += 1


@contextmanager
def _undone() -> Iterator[None]:
    block: Any = transaction.atomic()
    # As Django's own TestCase says it: a transaction of the product may begin in here.
    block._from_testcase = True
    with block:
        try:
            yield
        finally:
            transaction.set_rollback(True)


@contextmanager
def _broken_database() -> Iterator[None]:
    """A database that answers nothing, so that the product says that it is at fault."""

    def refuse(*args: Any) -> None:
        raise OperationalError("the database is broken")

    with connection.execute_wrapper(refuse):
        yield


def _head(answer: Any) -> str:
    """Status, headers but for what changes by its nature, names of cookies."""
    headers = {n: v for n, v in answer.headers.items() if n not in HEADERS_LEFT_OUT}
    lines = [f"{name}: {value}" for name, value in sorted(headers.items())]
    cookies = " ".join(sorted(answer.cookies))
    return "\n".join([str(answer.status_code), *lines, f"Cookies: {cookies}"])


def _body(answer: Any) -> str:
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return bytes(content).decode("utf-8", "backslashreplace")

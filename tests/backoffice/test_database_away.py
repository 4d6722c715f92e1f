"""While the database is away every page says so in our frame, every script gets JSON, both 503."""

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest
from django.db import InterfaceError, OperationalError, ProgrammingError, connection
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.test import Client

from accounts.models import User
from backoffice import logs
from backoffice.database_away import RETRY_AFTER, is_away
from payments.checkout import pages
from payments.models import WebhookDelivery
from tests.backoffice.troubled import read_only, unable_to_grow, write_much

REFUSED = 'connection to server at "127.0.0.1", port 5432 failed: Connection refused\n\tIs it up?'
PAGES = ("/", "/payments/", "/admin/", "/admin/payments/payment/", "/accounts/login/", "/nowhere/")


@contextmanager
def database_away(after: int = 0) -> Iterator[None]:
    """Nobody answers any more, from the query number `after` on."""
    queries = 0

    def count(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        nonlocal queries
        queries += 1
        if queries > after:
            raise OperationalError(REFUSED)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(count):
        yield


@pytest.fixture
def client(operator: User) -> Client:
    """Staff at work. What a middleware raises is an answer, as on a server."""
    User.objects.filter(pk=operator.pk).update(language="en")
    client = Client(raise_request_exception=False)
    client.force_login(operator)
    return client


@pytest.mark.parametrize("path", PAGES)
def test_a_page_says_what_to_do_next_in_our_frame(client: Client, path: str) -> None:
    client.cookies["django_language"] = "en"
    with database_away():
        page = client.get(path)
    assert (page.status_code, page["Retry-After"]) == (503, str(RETRY_AFTER))
    assert page["Cache-Control"] == "no-store"
    assert "default-src" in page["Content-Security-Policy"]
    text = page.content.decode()
    assert "Back in a moment" in text
    assert "site.css" in text
    assert ("before you repeat anything" in text) is path.startswith("/admin/")
    assert f'href="{path}"' in text
    assert "5432" not in text


@pytest.mark.parametrize("queries", range(12))
def test_it_may_go_away_at_any_query_of_a_page(client: Client, queries: int) -> None:
    with database_away(after=queries):
        page = client.get("/admin/payments/payment/")
    assert page.status_code in ({503} if queries < 6 else {200, 503})


def test_it_may_go_away_while_a_template_is_rendered(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Offers:
        """Read by the page's template."""

        def __iter__(self) -> Iterator[Any]:
            raise InterfaceError("connection already closed")

    def late(request: HttpRequest, template: str, context: object) -> TemplateResponse:
        return TemplateResponse(request, template, {"offers": Offers()})

    monkeypatch.setattr(pages, "render", late)
    assert client.get("/").status_code == 503


def test_korean_unless_the_reader_chose_otherwise(db: None) -> None:
    stranger = Client(raise_request_exception=False)
    with database_away():
        page = stranger.get("/")
    assert page.status_code == 503
    assert '<html lang="ko">' in page.content.decode()
    assert "Back in a moment" not in page.content.decode()


JSON = "application/json"


@pytest.mark.parametrize(
    ("method", "path", "content_type", "headers"),
    [
        ("GET", "/payments/", "text/plain", {"Accept": JSON}),
        ("GET", "/admin/payments/payment/totals/", "text/plain", {"HX-Request": "true"}),
        ("POST", "/checkout/start/", JSON, {}),
        ("POST", "/checkout/complete/", JSON, {}),
    ],
)
def test_whoever_asks_for_json_gets_json(
    client: Client, method: str, path: str, content_type: str, headers: dict[str, str]
) -> None:
    with database_away():
        answer = client.generic(method, path, b"{}", content_type=content_type, headers=headers)
    assert (answer.status_code, answer["Retry-After"]) == (503, str(RETRY_AFTER))
    error = json.loads(answer.content)["error"]
    assert (error["code"], error["field"]) == ("unavailable", None)
    assert error["message"]


@pytest.mark.parametrize("content_type", [JSON, "application/x-www-form-urlencoded"])
def test_a_webhook_is_refused_so_that_nothing_is_lost_silently(
    client: Client, content_type: str
) -> None:
    with database_away():
        answer = client.post("/webhooks/iamport/", b"imp_uid=imp_1", content_type=content_type)
    assert answer.status_code == 503
    assert not WebhookDelivery.objects.exists()


# A database that answers and refuses every write: a follower, or its disk is full.
Trouble = Callable[[], AbstractContextManager[None]]
UNSAVEABLE = [read_only] if connection.vendor == "postgresql" else [read_only, unable_to_grow]


@pytest.mark.parametrize("trouble", UNSAVEABLE)
@pytest.mark.parametrize("accept", ["text/html", JSON])
def test_a_page_that_can_not_save_is_503_and_does_not_speak_of_seconds(
    client: Client, monkeypatch: pytest.MonkeyPatch, accept: str, trouble: Trouble
) -> None:
    client.cookies["django_language"] = "en"
    with trouble():
        assert client.get("/").status_code == 200
        monkeypatch.setattr("payments.selectors.checkout.products_on_sale", write_much)
        page = client.get("/", headers={"Accept": accept})
    assert (page.status_code, page["Retry-After"]) == (503, str(RETRY_AFTER))
    text = page.content.decode()
    assert "save" in text
    assert "a few minutes" in text
    assert "seconds" not in text
    if accept == JSON:
        assert json.loads(text)["error"]["code"] == "unavailable"


def test_staff_read_that_nothing_can_be_saved(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("payments.selectors.dashboard.last_events", write_much)
    with read_only():
        page = client.get("/admin/")
    assert page.status_code == 503
    assert "its disk is full, or it only follows another server" in page.content.decode()


@pytest.mark.parametrize(
    "error", [ProgrammingError("no such table"), ZeroDivisionError(), ValueError("x")]
)
def test_other_errors_stay_errors(
    client: Client, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def broken() -> None:
        raise error

    monkeypatch.setattr("payments.selectors.checkout.products_on_sale", broken)
    assert client.get("/").status_code == 500


class _Driver(Exception):
    """What a driver's error tells of itself."""

    def __init__(self, **facts: str | None) -> None:
        super().__init__("x")
        vars(self).update(facts)


@pytest.mark.parametrize(
    ("facts", "away"),
    [
        ({"sqlstate": None}, True),
        ({"sqlstate": "08006"}, True),
        ({"sqlstate": "57P01"}, True),
        ({"sqlstate": "57P03"}, True),
        ({"sqlstate": "53300"}, True),
        ({"sqlstate": "53100"}, True),
        ({"sqlstate": "25006"}, True),
        ({"sqlstate": "55P03"}, False),
        ({"sqlstate": "57014"}, False),
        ({"sqlite_errorname": "SQLITE_CANTOPEN"}, True),
        ({"sqlite_errorname": "SQLITE_IOERR_READ"}, True),
        ({"sqlite_errorname": "SQLITE_FULL"}, True),
        ({"sqlite_errorname": "SQLITE_READONLY_DIRECTORY"}, True),
        ({"sqlite_errorname": "SQLITE_ERROR"}, False),
        ({"sqlite_errorname": "SQLITE_BUSY"}, False),
    ],
)
def test_away_is_told_from_trouble_with_what_was_asked(
    facts: dict[str, str | None], away: bool
) -> None:
    for kind in (OperationalError, InterfaceError):
        error = kind("x")
        error.__cause__ = _Driver(**facts)
        assert is_away(error) is away
    assert not is_away(_Driver(**facts))


def logged(caplog: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    """Django's lines, as far as they are written."""
    one_line = logs.RefusedInOneLine()
    return [
        record
        for record in caplog.records
        if record.name.startswith("django.") and one_line.filter(record)
    ]


@pytest.mark.parametrize("after", [0, 2])
def test_it_is_logged_in_a_line_each_without_a_traceback(
    client: Client, caplog: pytest.LogCaptureFixture, after: int
) -> None:
    with database_away(after=after):
        client.get("/admin/payments/payment/")
    [record] = logged(caplog)
    assert record.getMessage().startswith("The database is away: /admin/payments/payment/ (conn")
    assert "\n" not in record.getMessage()
    assert record.exc_info is None


@pytest.mark.parametrize(
    ("path", "status"),
    {
        "/nowhere/": 404,
        "/admin/payments/product/add/": 403,
        "/admin/payments/payment/?user__password__startswith=a": 400,
    }.items(),
)
def test_a_refused_page_is_a_line_in_the_log(
    client: Client, caplog: pytest.LogCaptureFixture, path: str, status: int
) -> None:
    assert client.get(path).status_code == status
    records = logged(caplog)
    assert records
    assert all(record.exc_info is None for record in records)


def test_a_form_without_its_token_is_a_line_in_the_log(
    client: Client, operator: User, caplog: pytest.LogCaptureFixture
) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(operator)
    assert strict.post("/admin/payments/payment/", {}).status_code == 403
    assert [record.exc_info for record in logged(caplog)] == [None]

"""What a request says reaches views as text that a database takes and a page may show."""

import unicodedata
from typing import Any

import pytest
from django.core.exceptions import BadRequest
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from backoffice.readable_text import Application, ReadableTextMiddleware, safe_content_type

FORM = "application/x-www-form-urlencoded"
NFD = unicodedata.normalize("NFD", "홍길동")


def seen(path: str, data: bytes | None = None, content_type: str = FORM, **extra: Any) -> Any:
    """The request as a view sees it."""
    requests: list[HttpRequest] = []

    def view(request: HttpRequest) -> HttpResponse:
        requests.append(request)
        return HttpResponse()

    method = "GET" if data is None else "POST"
    safe = safe_content_type(content_type)
    asked = RequestFactory().generic(method, path, data or b"", content_type=safe, **extra)
    ReadableTextMiddleware(view)(asked)
    return requests[0]


def test_what_can_not_be_there_is_replaced_and_not_dropped() -> None:
    request = seen("/a%00b/?id=1%00&x%00=%E2%80%AEgpj", HTTP_COOKIE="name=a\x00b")
    assert request.path == request.path_info == "/a\ufffdb/"
    assert request.GET.dict() == {"id": "1\ufffd", "x\ufffd": "gpj"}
    assert request.COOKIES == {"name": "a\ufffdb"}


def test_what_was_fine_is_the_very_same_object() -> None:
    asked = RequestFactory().get("/?q=홍길동&id=1&id=2")
    params = asked.GET
    ReadableTextMiddleware(lambda request: HttpResponse())(asked)
    assert asked.GET is params


def test_people_and_macs_spell_names_alike_but_a_password_is_what_was_typed() -> None:
    request = seen(f"/?q={NFD}", f"name={NFD}&old_password={NFD}&note=a%00".encode())
    assert request.GET["q"] == request.POST["name"] == "홍길동"
    assert request.POST["old_password"] == NFD
    assert request.POST["note"] == "a\ufffd"
    with pytest.raises(AttributeError):
        request.POST["note"] = "x"


@pytest.mark.parametrize(
    "charset", ["base64", "undefined", "utf-7", "rot13", "nonsense", "utf8", "a\x00b", ""]
)
def test_the_query_is_utf_8_whatever_a_body_claims_to_be(charset: str) -> None:
    request = seen("/?q=%ED%99%8D", b"{}", f"application/json; charset={charset}")
    assert request.GET["q"] == "홍"
    assert request.body == b"{}"


def test_a_form_in_another_encoding_is_refused_when_it_is_read_and_no_sooner() -> None:
    request = seen("/", b"q=%B0%A1", f"{FORM}; charset=euc-kr")
    with pytest.raises(BadRequest):
        request.POST  # noqa: B018  (reading it is the point)
    assert seen("/", b"q=%EA%B0%80", f"{FORM}; charset=UTF8").POST["q"] == "가"


def test_a_body_that_is_for_its_view_alone_is_left_unread() -> None:
    request = seen("/", b"\x00" * 10, "multipart/form-data; boundary=b; charset=euc-kr")
    assert request.read() == b"\x00" * 10


@pytest.mark.parametrize(
    "charset", ["base64", "undefined", "punycode", "idna", "\x00", "x" * 9_000]
)
def test_the_application_reads_a_query_beside_any_content_type(
    monkeypatch: pytest.MonkeyPatch, charset: str
) -> None:
    asked: list[WSGIRequest] = []

    def handled(self: WSGIHandler, environ: dict[str, Any], start_response: object) -> None:
        asked.append(WSGIRequest(environ))

    monkeypatch.setattr(WSGIHandler, "__call__", handled)
    environ = RequestFactory().get("/?q=%ED%99%8D&x=%FF").environ
    Application()(environ | {"CONTENT_TYPE": f"text/plain; charset={charset}"}, None)
    ReadableTextMiddleware(lambda request: HttpResponse())(asked[0])
    assert asked[0].GET.dict() == {"q": "홍", "x": "\ufffd"}

"""A page loses the signs that turn it about, and nothing else."""

import pytest
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.test import RequestFactory

from backoffice.shown_text import ShownTextMiddleware
from payments.core.text import clean


def shown(response: HttpResponseBase) -> HttpResponseBase:
    return ShownTextMiddleware(lambda request: response)(RequestFactory().get("/"))


EVERY_SIGN = "".join(map(chr, [*range(0x3000), *range(0xAC00, 0xAD00), 0x1F469, 0xFEFF]))


def test_what_goes_is_what_goes_from_any_text() -> None:
    response = shown(HttpResponse(EVERY_SIGN))
    assert isinstance(response, HttpResponse)
    assert response.content.decode() == clean(EVERY_SIGN)


def test_its_length_is_that_of_what_is_left() -> None:
    response = HttpResponse("a\u202eb", headers={"Content-Length": "5"})
    assert shown(response).headers["Content-Length"] == "2"


@pytest.mark.parametrize("kind", ["text/csv", "application/json", "image/png"])
def test_what_is_no_page_is_left_alone(kind: str) -> None:
    response = shown(HttpResponse("a\u202eb".encode(), content_type=kind))
    assert isinstance(response, HttpResponse)
    assert response.content == "a\u202eb".encode()


def test_what_streams_goes_on_streaming() -> None:
    assert shown(StreamingHttpResponse(["a\u202e"])).streaming

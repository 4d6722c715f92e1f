"""What time it is at the gateway, as the client hears it."""

from contextlib import suppress
from datetime import UTC, datetime
from email.utils import format_datetime

import pytest

from payments.iamport import IamportError, TimeSource
from payments.iamport.clock import of_header
from tests.payments.iamport.conftest import MakeClient
from tests.payments.iamport.scripted import (
    Answer,
    Gateway,
    cut,
    envelope,
    html,
    payment,
    plain,
    token,
)

NOON = datetime(2026, 4, 1, 3, tzinfo=UTC)
UNIX = int(NOON.timestamp())
DATE = "Wed, 01 Apr 2026 03:00:00 GMT"
PATH = "/payments/imp_1"

Heard = list[tuple[TimeSource, float]]


@pytest.fixture
def heard() -> Heard:
    return []


@pytest.mark.parametrize(
    "answer",
    [
        envelope(payment(), Date=DATE),
        envelope(None, code=-1, status=404, Date=DATE),
        plain(500, Date=DATE),
        html(502),
    ],
)
def test_every_answer_tells_it(
    answer: Answer, heard: Heard, gateway: Gateway, make_client: MakeClient
) -> None:
    gateway.on("GET", PATH, answer)
    client = make_client(on_time=lambda *time: heard.append(time), max_retries=0)
    with suppress(IamportError):
        client.payment("imp_1")
    # The scripted server's own header stands beside it, and before.
    dates = [unix for source, unix in heard if source is TimeSource.DATE]
    assert len(dates) == 2


def test_the_token_tells_it_as_well(
    heard: Heard, gateway: Gateway, make_client: MakeClient
) -> None:
    gateway.on("POST", "/users/getToken", token(now=UNIX))
    make_client(on_time=lambda *time: heard.append(time)).ask_time()
    assert (TimeSource.TOKEN, UNIX) in heard


def test_no_answer_tells_nothing(heard: Heard, gateway: Gateway, make_client: MakeClient) -> None:
    gateway.on("POST", "/users/getToken", cut)
    client = make_client(on_time=lambda *time: heard.append(time), max_retries=0)
    with pytest.raises(IamportError):
        client.ask_time()
    assert heard == []


@pytest.mark.usefixtures("server_zone")
@pytest.mark.parametrize(
    "text",
    [DATE, format_datetime(NOON), "Wed, 01 Apr 2026 12:00:00 +0900", DATE.removesuffix(" GMT")],
)
def test_a_date_is_read_whatever_the_servers_zone(text: str) -> None:
    assert of_header(text) == UNIX


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "now",
        "Wed, 99 Apr 2026 03:00:00 GMT",
        "Thu, 01 Jan 1970 00:00:00 GMT",
        "9" * 999,
    ],
)
def test_what_is_no_time_is_not_heard(text: str | None) -> None:
    assert of_header(text) is None

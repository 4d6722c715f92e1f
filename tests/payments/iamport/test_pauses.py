"""How long the client waits before it asks again."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from payments.iamport import IamportClient, Unavailable
from payments.iamport.transport import LONGEST_PAUSE
from tests.payments.iamport.scripted import Gateway, envelope, html, payment, plain

from .conftest import MakeClient

ONE = "/payments/imp_448280090638"


def test_pauses_double_with_jitter(
    gateway: Gateway, make_client: MakeClient, sleeps: list[float]
) -> None:
    gateway.on("GET", ONE, html(503))
    with pytest.raises(Unavailable):
        make_client(max_retries=4, backoff=0.2).payment("imp_448280090638")
    for pause, full in zip(sleeps, (0.2, 0.4, 0.8, 1.6), strict=True):
        assert full / 2 <= pause <= full


def test_pauses_are_capped(gateway: Gateway, make_client: MakeClient, sleeps: list[float]) -> None:
    gateway.on("GET", ONE, html(503))
    with pytest.raises(Unavailable):
        make_client(max_retries=3, backoff=1000.0).payment("imp_448280090638")
    assert max(sleeps) <= LONGEST_PAUSE


def test_no_retries_means_none(gateway: Gateway, make_client: MakeClient) -> None:
    gateway.on("GET", ONE, html(503))
    with pytest.raises(Unavailable):
        make_client(max_retries=0).payment("imp_448280090638")
    assert len(gateway.calls("GET", ONE)) == 1


@pytest.mark.parametrize(
    ("header", "low", "high"),
    [
        ("2", 2.0, 2.2),
        ("0", 0.0, 0.2),
        ("3600", LONGEST_PAUSE, LONGEST_PAUSE + 0.2),
        ("soon", 0.1, 0.2),
        ("", 0.1, 0.2),
        ("-5", 0.0, 0.2),
        (format_datetime(datetime(2000, 1, 1, tzinfo=UTC), usegmt=True), 0.0, 0.2),
    ],
)
def test_retry_after_is_honoured_up_to_a_cap(
    gateway: Gateway,
    make_client: MakeClient,
    sleeps: list[float],
    header: str,
    low: float,
    high: float,
) -> None:
    gateway.on("GET", ONE, plain(429, b"", Retry_After=header), envelope(payment()))
    make_client(backoff=0.2).payment("imp_448280090638")
    assert low <= sleeps[0] <= high


def test_retry_after_may_be_a_date(
    gateway: Gateway, client: IamportClient, sleeps: list[float]
) -> None:
    later = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)
    gateway.on("GET", ONE, plain(503, b"", Retry_After=later), envelope(payment()))
    client.payment("imp_448280090638")
    assert LONGEST_PAUSE <= sleeps[0] <= LONGEST_PAUSE + 0.2

"""The client behind the seam: what a web process and background work do while the gateway fails."""

import pytest

from payments import gateway
from payments.gateway.breaker import SILENCES
from payments.iamport import Busy, NotFound, Unavailable
from tests.gateway import SandboxGateway

pytestmark = pytest.mark.django_db
UNKNOWN = "imp_000000000000"


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch, sandbox: SandboxGateway) -> SandboxGateway:
    """This process serves pages, and the gateway does not answer."""
    monkeypatch.setattr(gateway, "_serves_pages", True)
    sandbox.fault("status", status=500)
    return sandbox


def look_up() -> None:
    with pytest.raises(Unavailable):
        gateway.client().payment(UNKNOWN)


def test_a_web_process_stops_calling_a_silent_gateway(web: SandboxGateway) -> None:
    for _ in range(SILENCES):
        look_up()
    web.heal()
    with pytest.raises(Busy) as refusal:
        gateway.client().payment(UNKNOWN)
    assert not refusal.value.sent
    with gateway.slot() as may_call:
        assert not may_call


def test_background_work_goes_on_calling(
    web: SandboxGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gateway, "_serves_pages", False)
    for _ in range(SILENCES):
        look_up()
    web.heal()
    with pytest.raises(NotFound):
        gateway.client().payment(UNKNOWN)

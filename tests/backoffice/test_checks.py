"""Each deployment check, by its id."""

from typing import Any

import pytest
from django.core.checks import run_checks

REAL = {
    "IAMPORT_KEY": "1234567890123456",
    "IAMPORT_SECRET": "0123456789abcdef",
    "IAMPORT_API_URL": "https://api.iamport.kr",
    "IAMPORT_ACCEPT_TEST_PAYMENTS": False,
    "DEBUG": False,
}


def ids(settings: Any, **changes: Any) -> set[str]:
    for name, value in (REAL | changes).items():
        setattr(settings, name, value)
    messages = run_checks(include_deployment_checks=True)
    return {
        message.id for message in messages if message.id and message.id.startswith("backoffice.")
    }


def test_a_real_account_passes(settings: Any) -> None:
    assert ids(settings) == set()


@pytest.mark.parametrize(
    "changes",
    [
        {"IAMPORT_KEY": "sandbox_key"},
        {"IAMPORT_API_URL": "http://api.iamport.kr"},
        {"IAMPORT_API_URL": "https://localhost:8001"},
        {"IAMPORT_API_URL": "https://127.0.0.1"},
    ],
)
def test_e001_a_stand_in_in_production_fails(settings: Any, changes: dict[str, Any]) -> None:
    assert ids(settings, **changes) == {"backoffice.E001"}


def test_e002_test_payments_in_production_fail(settings: Any) -> None:
    assert ids(settings, IAMPORT_ACCEPT_TEST_PAYMENTS=True) == {"backoffice.E002"}


def test_e003_a_key_without_its_secret_fails(settings: Any) -> None:
    assert ids(settings, IAMPORT_SECRET="sandbox_secret") == {"backoffice.E003"}


def test_a_demo_may_use_the_stand_in(settings: Any) -> None:
    assert ids(settings, DEBUG=True, IAMPORT_KEY="sandbox_key") == set()


def test_e004_a_window_without_a_pg_fails(settings: Any) -> None:
    assert ids(settings, IAMPORT_PG=" ") == {"backoffice.E004"}

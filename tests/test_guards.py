"""The guards of the suite catch what they are for."""

import socket

import pytest
import requests
from django.db import connection, transaction

from tests.gateway import SandboxGateway


@pytest.mark.django_db
def test_a_network_call_inside_a_transaction_fails_the_test(
    sandbox: SandboxGateway, no_network_call_inside_a_transaction: list[str]
) -> None:
    with transaction.atomic(), pytest.raises(AssertionError, match="inside a transaction"):
        requests.get(sandbox.url, timeout=5)
    assert no_network_call_inside_a_transaction == [f"GET {sandbox.url}/"]
    # The mistake was made on purpose: this test at least may pass.
    no_network_call_inside_a_transaction.clear()


@pytest.mark.django_db
def test_outside_of_one_it_may_call(sandbox: SandboxGateway) -> None:
    with transaction.atomic():
        connection.ensure_connection()
    assert requests.get(f"{sandbox.url}/_sandbox/health", timeout=5).ok


def test_no_connection_leaves_this_machine() -> None:
    with socket.socket() as probe, pytest.raises(AssertionError, match="tried to reach"):
        probe.connect(("192.0.2.1", 80))

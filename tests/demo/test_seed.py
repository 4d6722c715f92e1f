"""The demo's data comes through the gateway, and holds what it promises."""

from collections import Counter
from typing import Any

import pytest

from demo import dataset, seed
from payments.models import Payment
from payments.services.ledger_audit import audit
from payments.services.verification.verify import verify
from payments.states import Source
from tests.gateway import SandboxGateway


@pytest.mark.django_db
def test_a_small_demo_is_true_to_the_gateway(sandbox: SandboxGateway, settings: Any) -> None:
    settings.DEBUG = True
    seed.main(["--count", "40"])
    assert Payment.objects.count() == 40
    assert list(audit()) == []
    statuses = Counter(Payment.objects.values_list("status", flat=True))
    assert statuses["paid"] > 20
    assert Payment.objects.filter(verification="mismatched").count() == 3

    # What was planted untold is found by asking once more.
    before = dict(Payment.objects.values_list("pk", "status"))
    for payment in Payment.objects.all():
        verify(payment=payment, source=Source.COMMAND)
    changed = [
        pk for pk, status in Payment.objects.values_list("pk", "status") if before[pk] != status
    ]
    untold = [story for story in dataset.PLANTED if "untold" in story or "refund_later" in story]
    assert len(changed) == len(untold)


@pytest.mark.django_db
def test_a_second_start_keeps_its_data(sandbox: SandboxGateway, settings: Any) -> None:
    settings.DEBUG = True
    seed.main(["--count", "10"])
    seed.main(["--count", "10"])
    assert Payment.objects.count() == 10


@pytest.mark.django_db
def test_known_passwords_have_no_place_in_production(sandbox: SandboxGateway) -> None:
    with pytest.raises(SystemExit, match="DEBUG"):
        seed.main([])

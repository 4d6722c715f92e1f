"""`manage.py rebuild_roll_ups` mends what `audit_ledger` finds in the sums."""

from io import StringIO

import pytest
from django.core.management import call_command

from accounts.models import User
from payments.core.db import transactions
from payments.models import MovementRollUp, Product
from payments.services.roll_ups.fold import fold
from tests.payments import builders


def test_wrong_sums_are_named_by_the_audit_and_added_up_anew(
    customer: User, product: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transactions, "have_ended", lambda before: True)
    builders.paid(customer, product)
    fold(seconds=60)
    MovementRollUp.objects.update(amount=1)
    out = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("audit_ledger", stdout=out)
    assert ended.value.code == 1
    assert (
        "sum of movements that its rows do not come to: 2026-04-01 approval card" in out.getvalue()
    )
    call_command("rebuild_roll_ups", stdout=StringIO())
    call_command("audit_ledger", stdout=StringIO())
    assert MovementRollUp.objects.get().amount == 99_000

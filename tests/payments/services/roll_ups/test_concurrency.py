"""What is committed late under a smaller id than was seen already is never passed by the mark."""

import pytest
from django.db import connection
from django.db.models import Q

from accounts.models import User
from payments.core.db import transactions
from payments.models import Movement, MovementRollUp, Payment, Product, RolledUp, RollUpMark
from payments.selectors.roll_ups import roll_ups
from payments.services.roll_ups.audit import audit_roll_ups
from payments.services.roll_ups.fold import fold
from tests.payments import builders
from tests.payments.parallel import still_open

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]


def _net() -> int:
    return sum(row["amount"] for row in roll_ups().movements("day", where=Q()))


def _mark() -> int:
    return RollUpMark.objects.get(name=RolledUp.MOVEMENTS).folded_to


@pytest.mark.parametrize("dies", [False, True])
def test_a_smaller_id_that_is_committed_later_is_not_lost(
    customer: User, product: Product, monkeypatch: pytest.MonkeyPatch, *, dies: bool
) -> None:
    order = builders.ordered(customer, product)
    with still_open(
        lambda _locked: builders.paid(customer, product, amount=700), order.pk, dies=dies
    ):
        # Its number is larger than the other's, it ends first, and its movement has a larger id.
        newer = builders.paid(customer, product, amount=30)
        for _turn in range(3):
            fold(seconds=60)
        assert _mark() == 0, "the other one is open"
        assert _net() == 30
    expected = 30 if dies else 730
    assert _net() == expected
    # Transactions of other databases of this server may be open: for the test they are not.
    monkeypatch.setattr(transactions, "have_ended", lambda before: True)
    fold(seconds=60)
    assert _mark() == Movement.objects.latest("pk").pk == newer.movements.get().pk
    assert sum(MovementRollUp.objects.values_list("amount", flat=True)) == expected
    assert _net() == expected
    assert list(audit_roll_ups()) == []


def test_what_began_before_and_what_began_after_are_told_apart(
    customer: User, product: Product
) -> None:
    """The newest transaction that has *ended* is no bound: an open one may have a larger number."""
    first, second = (builders.ordered(customer, product) for _ in range(2))
    with (
        still_open(lambda _locked: builders.paid(customer, product), first.pk),
        still_open(lambda _locked: builders.paid(customer, product), second.pk),
    ):
        before = transactions.next_number()
        assert not transactions.have_ended(before)


def test_a_payment_waits_for_no_turn_of_the_job(customer: User, product: Product) -> None:
    """The job holds its mark and its sums; whoever writes payments touches neither."""
    builders.paid(customer, product)
    fold(seconds=60)
    order = builders.ordered(customer, product)

    def fold_and_hold(_locked: Payment) -> None:
        RollUpMark.objects.update(folded_to=0)
        MovementRollUp.objects.update(amount=1)

    with still_open(fold_and_hold, order.pk):
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '2s'")
        try:
            assert builders.refunded(customer, product, refund=5).pk
            assert _net() == 99_000 + 98_995
        finally:
            with connection.cursor() as cursor:
                cursor.execute("SET lock_timeout = 0")


def test_a_backup_on_a_server_with_smaller_numbers_is_folded_on(
    customer: User, product: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    builders.paid(customer, product)
    numbers = {"next_mark": 1, "settled_after": 2**62}
    RollUpMark.objects.update_or_create(name=RolledUp.MOVEMENTS, defaults=numbers)
    fold(seconds=60)
    assert RollUpMark.objects.get(name=RolledUp.MOVEMENTS).settled_after < 2**62

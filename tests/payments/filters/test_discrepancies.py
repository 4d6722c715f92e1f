"""What discrepancies can be narrowed by, without a screen."""

from datetime import timedelta
from typing import Any

import pytest
from django.http import QueryDict
from django.utils import timezone, translation

from accounts.models import User
from payments.filters.discrepancies import Age, DiscrepancyFilter
from payments.filters.labels import filter_terms
from payments.models import Bucket, Discrepancy, Payment
from payments.services.discrepancies import queue
from tests.payments import builders
from tests.payments.books import filed, kept, missing_here, told


def filterset(query: str, me: User) -> DiscrepancyFilter:
    return DiscrepancyFilter(QueryDict(query), me=me)


def listed(query: str, me: User) -> set[str]:
    rows = filterset(query, me).narrowed(Discrepancy.objects.all())
    return set(rows.values_list("merchant_uid", flat=True))


@pytest.fixture
def book(finance: User, operator: User) -> None:
    """Four discrepancies: mine, the operator's, nobody's and one that is closed."""
    for number, owner in ((1, finance), (2, operator), (3, None), (4, None)):
        discrepancy = missing_here(f"imp_{number}", f"order-{number}")
        if owner:
            queue.assign(discrepancy=discrepancy, actor=owner, owner=owner, expected_version=1)
        if number == 4:
            kept(None, told(imp_uid="imp_4", merchant_uid="order-4"))


@pytest.mark.usefixtures("book")
@pytest.mark.parametrize(
    ("query", "numbers"),
    {
        "": "123",
        "state=closed": "4",
        "state=all": "1234",
        "owner=me": "1",
        "owner=nobody": "3",
        "owner=nobody&state=all": "34",
        "person={operator}": "2",
        "bucket=missing_here,amount": "123",
        "bucket=amount&bucket=status": "",
        "owner=somebody": "",
        "person={operator}&owner=me": "",
    }.items(),
)
def test_it_narrows_by_state_owner_and_bucket(
    finance: User, operator: User, query: str, numbers: str
) -> None:
    expected = {f"order-{number}" for number in numbers}
    assert listed(query.format(operator=operator.pk), finance) == expected


@pytest.mark.parametrize("age", [age for age in Age if age.value.isdigit()])
def test_an_age_is_as_many_days_as_its_name_says(finance: User, age: Age) -> None:
    with translation.override("en"):
        name = str(age.label)
    days = int(age.value)
    assert name == ("Older than a day" if days == 1 else f"Older than {days} days")
    discrepancy = Discrepancy.objects.filter(pk=missing_here("imp_1", "order-1").pk)
    discrepancy.update(found_at=timezone.now() - timedelta(days=days, seconds=1))
    assert listed(f"age={age.value}", finance) == {"order-1"}
    discrepancy.update(found_at=timezone.now() - timedelta(days=days, seconds=-9))
    assert listed(f"age={age.value}", finance) == set()


def test_today_is_the_korean_day(finance: User, time_machine: Any) -> None:
    time_machine.move_to(builders.NOON.replace(hour=15, minute=30))  # half past midnight in Korea
    discrepancy = Discrepancy.objects.filter(pk=missing_here("imp_1", "order-1").pk)
    assert listed("age=today", finance) == {"order-1"}
    discrepancy.update(found_at=timezone.now() - timedelta(hours=1))
    assert listed("age=today", finance) == set()


def test_what_is_at_stake_is_asked_for_from_and_to(finance: User) -> None:
    for number, amount in enumerate((1_000, 5_000, 9_000), start=1):
        missing_here(f"imp_{number}", f"order-{number}", amount)
    assert listed("amount_min=5000", finance) == {"order-2", "order-3"}
    assert listed("amount_min=1,000&amount_max=5,000", finance) == {"order-1", "order-2"}
    with translation.override("en"):
        [(_label, problem)] = filterset("amount_min=2&amount_max=1", finance).problems
        [term] = filter_terms(filterset("amount_min=5000", finance))
    assert problem == "This amount is below the smallest one."
    assert (term.label, term.display) == ("At stake", "₩5,000~")


def test_a_person_and_mine_contradict_each_other(finance: User, operator: User) -> None:
    with translation.override("en"):
        [(label, problem)] = filterset(f"person={operator.pk}&owner=me", finance).problems
    assert label == "a person"
    assert problem.startswith("Choose a person, or “mine” or “nobody's”")


def test_one_that_differs_in_several_things_is_found_by_each(
    finance: User, payment: Payment
) -> None:
    filed(payment, Bucket.AMOUNT, Bucket.STATUS)
    for query in ("bucket=amount", "bucket=status", "bucket=amount,status"):
        assert list(filterset(query, finance).narrowed(Discrepancy.objects.all())) == [
            Discrepancy.objects.get()
        ]
    assert listed("bucket=refund", finance) == set()


def test_what_it_was_about_before_does_not_count(finance: User, payment: Payment) -> None:
    filed(payment, Bucket.AMOUNT)
    filed(payment, Bucket.STATUS)
    assert listed("bucket=amount", finance) == set()
    assert listed("bucket=status", finance) == {payment.merchant_uid}


@pytest.mark.parametrize("bucket", Bucket)
def test_every_bucket_can_be_asked_for(finance: User, bucket: Bucket) -> None:
    assert filterset(f"bucket={bucket.value}", finance).is_valid()

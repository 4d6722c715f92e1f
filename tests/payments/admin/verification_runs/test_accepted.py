"""A difference that a run found and people have accepted reads so in its rows and its file."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from payments.models import (
    Discrepancy,
    ItemOutcome,
    Payment,
    Product,
    VerificationRun,
)
from payments.services.verification_runs import control
from payments.states import Verification
from tests.payments import builders
from tests.payments.admin.conftest import rows_of, text_of

from .pages import page, settle

ACCEPTED = '<span class="badge note">Difference accepted</span>'


@pytest.fixture
def payments(customer: User, product: Product) -> list[Payment]:
    """Four that do not agree, each flagged."""
    return [
        builders.found(builders.paid(customer, product), Verification.MISMATCHED) for _ in range(4)
    ]


@pytest.fixture
def run(payments: list[Payment], operator: User) -> VerificationRun:
    """A run that found them so."""
    run = control.start(
        payments=Payment.objects.all(), query="", actor=operator, enqueue=lambda pk: None
    )
    settle(run, ItemOutcome.DIFFERS, 4, findings="amount")
    return run


def test_its_row_says_so_until_it_is_open_again(
    client: Client, run: VerificationRun, payments: list[Payment], operator: User
) -> None:
    address = f"{page(run)}?outcome=differs"
    assert ACCEPTED not in text_of(client.get(address))
    builders.accepted(payments[0], by=operator)
    assert text_of(client.get(address)).count(ACCEPTED) == 1
    Discrepancy.objects.filter(payment=payments[0]).update(is_open=True)
    assert ACCEPTED not in text_of(client.get(address))


def test_what_agrees_by_now_was_not_accepted(
    client: Client, run: VerificationRun, payments: list[Payment], operator: User
) -> None:
    builders.accepted(payments[0], by=operator)
    builders.found(payments[0], Verification.MATCHED)
    assert ACCEPTED not in text_of(client.get(f"{page(run)}?outcome=differs"))


def test_a_payment_that_the_run_found_agreeing_is_not_called_accepted(
    client: Client, run: VerificationRun, payments: list[Payment], operator: User
) -> None:
    run.items.update(outcome=ItemOutcome.AGREES)
    builders.accepted(payments[0], by=operator)
    assert ACCEPTED not in text_of(client.get(f"{page(run)}?outcome=agrees"))


def test_it_takes_as_many_queries_however_many_were_accepted(
    client: Client, run: VerificationRun, payments: list[Payment], operator: User
) -> None:
    numbers = []
    for accepted in (payments[:1], payments[1:]):
        for payment in accepted:
            builders.accepted(payment, by=operator)
        with CaptureQueriesContext(connection) as captured:
            client.get(f"{page(run)}?outcome=differs")
        numbers.append(len(captured))
    assert numbers[0] == numbers[1]


def test_the_file_says_what_the_payment_reads_now(
    exporter: Client, run: VerificationRun, payments: list[Payment], operator: User
) -> None:
    builders.accepted(payments[0], by=operator)
    rows = rows_of(exporter.post(page(run, "export"), {"reason": "4월 대사"}))
    now = {row["Order number"]: row["Verification now"] for row in rows}
    said = ["accepted", *["mismatched"] * 3]
    assert now == dict(zip([one.merchant_uid for one in payments], said, strict=True))

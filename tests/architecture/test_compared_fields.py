"""What is compared stands in one table, and whoever compares reads it."""

import ast
from collections.abc import Iterator
from typing import Any

import pytest

from payments.compared_fields import BUCKET_OF, BY_NAME, ROWS, Group, Rule
from payments.comparing import COLUMNS, kept_values, our_values, their_values
from payments.iamport import read_payment
from payments.iamport.fields import ASIDE, FACTS
from payments.models import Bucket, Payment
from payments.models.payment import PROJECTION
from payments.states import Finding
from tests.architecture.code import Code, parsed, read

# Who compares the two sides, or shows how they compare.
READERS = (
    "payments.selectors.payments.detail",
    "payments.selectors.discrepancies",
    "payments.services.discrepancies.rules",
    "payments.services.discrepancies.cases",
    "payments.services.verification.compare",
    "payments.services.verification.conclude",
    "payments.services.verification.looks",
    "payments.services.verification_runs.batch",
    "payments.services.import_payment",
    "payments.services.reconciliation.streams",
    "payments.services.reconciliation.recheck",
    "payments.services.reconciliation.classify",
    "payments.admin.payments.comparison",
    "payments.admin.discrepancies.detail",
)
NAMES = {row.name for row in ROWS} | {row.theirs for row in ROWS}
# So many names of the table beside each other are a list of what is compared.
FEW = 4
# What has a button that copies it, and under which time a list files a payment.
NO_COMPARISON = {"_COPIED", "_STREAMS"}


def second_lists(code: Code) -> Iterator[str]:
    """Constants that hold several fields' names, in a module that is to read the table."""
    for module in READERS:
        for node in code[module].body if module in code else []:
            if isinstance(node, ast.Assign | ast.AnnAssign) and _name(node) not in NO_COMPARISON:
                names = {one.value for one in ast.walk(node) if isinstance(one, ast.Constant)}
                if len(names & NAMES) >= FEW:
                    yield f"{module}:{node.lineno} lists {sorted(map(str, names & NAMES))}"


def _name(node: ast.Assign | ast.AnnAssign) -> str:
    return ast.unparse(node.targets[0] if isinstance(node, ast.Assign) else node.target)


def test_nobody_who_compares_has_a_list_of_his_own() -> None:
    assert list(second_lists(read())) == []


def test_a_list_of_his_own_is_caught() -> None:
    source = "FIELDS = ('amount', 'status', 'currency', 'paid_at')"
    assert list(second_lists(parsed({READERS[0]: source})))


def test_every_module_that_is_looked_through_is_there() -> None:
    assert set(READERS) <= set(read())


@pytest.mark.parametrize("finding", Finding)
def test_a_finding_is_about_fields_of_one_bucket(finding: Finding) -> None:
    buckets = {row.finds[finding] for row in ROWS if finding in row.finds}
    assert len(buckets) == 1
    # An answer about another order or payment than was asked for is judged against its own.
    of_another = {Finding.MERCHANT_UID, Finding.IMP_UID}
    assert (finding in BUCKET_OF) is (finding not in of_another)


@pytest.mark.parametrize("bucket", Bucket)
def test_a_bucket_is_shown_by_fields(bucket: Bucket) -> None:
    assert [row for row in ROWS if bucket in row.figures_of]


@pytest.mark.parametrize("column", FACTS)
def test_a_fact_that_answers_fill_is_compared(column: str) -> None:
    row = BY_NAME[column]
    assert row.theirs == FACTS[column]
    assert row.rule in {Rule.FILL, Rule.FOLLOW}


@pytest.mark.parametrize("column", ASIDE)
def test_who_somebody_is_is_shown_and_makes_no_difference(column: str) -> None:
    assert BY_NAME[column].rule is Rule.SHOW


def test_every_column_that_an_answer_can_set_is_in_it() -> None:
    ours_alone = {
        *("user_id", "product_id", "verification", "verified_at", "late_approval"),
        "personal_erased_at",
    }
    assert set(PROJECTION) - ours_alone <= set(BY_NAME)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_row_says_what_follows(row: Any) -> None:
    is_column = row.name in {field.name for field in Payment._meta.fields}
    assert is_column or row.label
    assert str(row.words)
    assert (row.bucket is not None) or row.rule in {Rule.FOLLOW, Rule.SHOW}


def test_what_a_million_rows_are_compared_by_is_of_the_table() -> None:
    assert set(COLUMNS) <= set(BY_NAME)


def test_a_name_is_there_once_and_its_group_in_one_place() -> None:
    assert len(BY_NAME) == len(ROWS)
    groups = [row.group for row in ROWS]
    assert sorted(groups, key=list(Group).index) == groups


def test_all_ways_to_read_an_answer_come_to_the_same() -> None:
    raw = {
        "imp_uid": "imp_1",
        "merchant_uid": "order-1",
        "status": "cancelled",
        "amount": 1_000,
        "cancel_amount": 300,
        "currency": "KRW",
        "sandbox": False,
        "paid_at": 1_775_012_400,
        "card_name": "현대카드",
        "card_number": "433028******9694",
        "card_quota": 0,
        "escrow": False,
        "vbank_date": 1_775_112_400,
        "receipt_url": "javascript:alert(1)",
        "buyer_email": "gildong@example.com",
        "cancel_history": [{"amount": 300, "cancelled_at": 1_775_012_500, "pg_tid": "C-1"}],
        "cancelled_at": 1_775_012_500,
    }
    assert their_values(read_payment(raw)) == kept_values(raw)
    assert their_values(read_payment(raw)).keys() - our_values(Payment()).keys() == {"refund_ids"}

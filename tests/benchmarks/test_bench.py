"""The product beside a stock twin: every case is in the section, and none is silently missing.

How long anything took is no business of the suite's.
"""

import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from django.db import connection

from accounts.models import User
from benchmarks.bench import pages, report
from benchmarks.bench.books import STAFF, Book, write_payments
from benchmarks.bench.cases import CASES, Case
from benchmarks.folding import fold_everything
from payments.core.db import transactions
from payments.models import Movement, Payment
from payments.services.roll_ups.audit import audit_roll_ups
from tests.conftest import ROOT

LAST_DAY = date(2026, 9, 30)
WRITTEN_BY_PEOPLE = "# What the benchmarks showed\n\nBy hand.\n"


# A minute of two cores; what differs on PostgreSQL is tested below.
@pytest.mark.any_database
def test_a_run_writes_every_case_and_every_figure(tmp_path: Path) -> None:
    results = tmp_path / "RESULTS.md"
    results.write_text(WRITTEN_BY_PEOPLE)
    options = ["--rows", "200", "--rounds", "1", "--seconds", "1", "--into", str(results)]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", *options],
        cwd=ROOT,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "backoffice.settings"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2_000:]
    text = results.read_text()
    assert text.startswith(WRITTEN_BY_PEOPLE.strip())
    rows = [line.strip("|").split("|") for line in text.splitlines() if line.startswith("|")]
    names = [row[0].strip() for row in rows]
    assert [name for name in names if name in {case.name for case in CASES}] == [
        case.name for case in CASES
    ]
    # Both exports, one line of inserts; twice the staff.
    assert names.count("200") == 5
    assert [row for row in rows if not all(cell.strip() for cell in row)] == []
    assert "nan" not in text
    assert "200 payments" in text


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("case", "why"),
    [
        (Case(name="no such page", product=lambda facts: "/admin/nothing/"), "404"),
        (
            Case(
                name="another page",
                product=lambda facts: "/admin/payments/payment/",
                proof=lambda facts: "is not in it",
            ),
            "'is not in it' not in it",
        ),
    ],
)
def test_a_broken_case_says_which_it_is(case: Case, why: str) -> None:
    write_payments(size=60, last_day=LAST_DAY)
    User.objects.create_superuser(STAFF, f"{STAFF}@example.com", "")
    database = str(connection.settings_dict["NAME"])
    book = Book(database=database, size=60, day=LAST_DAY, rows={}, seconds=0)
    with pytest.raises(SystemExit, match=rf"“{case.name}” of 60, product: .*{why}"):
        list(pages.measured([book], [case], 1))


def test_what_people_wrote_stays_and_the_section_is_replaced(tmp_path: Path) -> None:
    results = tmp_path / "RESULTS.md"
    begin, end = report._marks()
    results.write_text(f"{WRITTEN_BY_PEOPLE}\n{begin}\nof before\n{end}\n\nBelow.\n")
    for _run in range(2):
        report.write(results, f"{begin}\nof now\n{end}")
        assert results.read_text() == f"{WRITTEN_BY_PEOPLE}\n{begin}\nof now\n{end}\n\nBelow.\n"


def test_a_first_section_comes_after_what_people_wrote(tmp_path: Path) -> None:
    results = tmp_path / "RESULTS.md"
    results.write_text(WRITTEN_BY_PEOPLE)
    begin, end = report._marks()
    report.write(results, f"{begin}\nof now\n{end}")
    assert results.read_text() == f"{WRITTEN_BY_PEOPLE}\n{begin}\nof now\n{end}\n"


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_older_payments_are_in_lists_and_in_sums_without_events_of_their_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Of other databases on this server: nobody else writes into this one.
    monkeypatch.setattr(transactions, "have_ended", lambda before: True)
    write_payments(size=900, last_day=LAST_DAY, chained=300)
    fold_everything()
    assert list(audit_roll_ups()) == []
    assert sorted(Payment.objects.values_list("pk", flat=True)) == list(range(1, 901))
    days = list(Payment.objects.order_by("pk").values_list("requested_at", flat=True))
    assert days == sorted(days)
    assert len({row.user_id for row in Payment.objects.filter(user__isnull=False)}) > 120
    for block in (range(1, 301), range(301, 601), range(601, 901)):
        movements = Movement.objects.filter(payment_id__gte=block[0], payment_id__lte=block[-1])
        assert movements.count() == Movement.objects.count() / 3
    assert Payment.objects.filter(events__isnull=True).exists()
    assert not Payment.objects.filter(pk__gt=600, events__isnull=True).exists()

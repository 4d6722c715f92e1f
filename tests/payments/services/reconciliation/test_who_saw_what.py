"""A run leads for good to exactly what it saw, whatever other runs see."""

from datetime import date
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.migrations.executor import MigrationExecutor

from accounts.models import User
from payments.models import Discrepancy, Payment, Product, ReconciliationRun
from payments.services import reconciliation
from payments.services.discrepancies import cases
from payments.services.reconciliation import claims
from tests.gateway import SandboxGateway
from tests.payments import builders
from tests.payments.books import begun, ended, filed, reconciled

NOON = builders.NOON
WHEN = {"found_at": NOON, "seen_at": NOON}


def seen(run: ReconciliationRun) -> list[str]:
    """The imp_uids of what it saw, as often as it is kept."""
    return sorted(run.seen.values_list("imp_uid", flat=True))


def killed_before_it_saved(monkeypatch: pytest.MonkeyPatch) -> ReconciliationRun:
    """A run whose worker died at its first stop: all is filed by then, and nothing is counted."""
    run, save = begun(), claims.save

    def killed(*, run: ReconciliationRun, fields: dict[str, object]) -> None:
        if "cursor" in fields:
            raise KeyboardInterrupt
        save(run=run, fields=fields)

    with monkeypatch.context() as patch:
        patch.setattr(claims, "save", killed)
        with pytest.raises(KeyboardInterrupt):
            reconciliation.work(run_id=run.pk, seconds=60)
    return run


class TestWhoSawWhat:
    def test_a_later_run_takes_nothing_from_an_earlier_one(
        self, book: list[Payment], sandbox: SandboxGateway
    ) -> None:
        both = sorted(str(book[n].imp_uid) for n in (1, 8))
        runs = [reconciled(), reconciled()]
        sandbox.control("PATCH", f"payments/{book[1].imp_uid}", {"amount": book[1].amount})
        runs.append(reconciled())
        assert [seen(run) for run in runs] == [both, both, [book[8].imp_uid]]
        assert [run.counts["amount"] for run in runs] == [2, 2, 1]

    def test_a_run_over_other_days_saw_none_of_it(self, book: list[Payment]) -> None:
        reconciled()
        assert seen(reconciled(date(2026, 5, 1))) == []

    def test_what_was_filed_without_a_run_was_seen_by_none(self, book: list[Payment]) -> None:
        discrepancy = filed(book[1])
        assert not discrepancy.seen_by.exists()
        run = reconciled()
        discrepancy.refresh_from_db()
        assert (discrepancy.run, list(discrepancy.seen_by.all())) == (None, [run])

    def test_a_killed_run_that_goes_on_saw_each_once(
        self, book: list[Payment], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        run = killed_before_it_saved(monkeypatch)
        both = sorted(str(book[n].imp_uid) for n in (1, 8))
        assert seen(run) == both
        run = ended(run)
        assert (seen(run), run.counts["amount"]) == (both, 2)

    def test_a_killed_run_that_is_stopped_says_as_many_as_it_leads_to(
        self, book: list[Payment], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        run = killed_before_it_saved(monkeypatch)
        reconciliation.stop(run=run)
        run.refresh_from_db()
        assert (run.status, run.counts["amount"], len(seen(run))) == ("stopped", 2, 2)

    def test_what_is_filed_while_somebody_stops_it_is_counted(
        self, book: list[Payment], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        run, keep = begun(), cases.keep

        def stopped(**arguments: Any) -> Discrepancy | None:
            if run.is_open:
                reconciliation.stop(run=run)
            return keep(**arguments)

        monkeypatch.setattr(cases, "keep", stopped)
        assert reconciliation.work(run_id=run.pk, seconds=60) is None
        run.refresh_from_db()
        assert (run.status, run.counts["amount"], len(seen(run))) == ("stopped", 2, 2)

    @pytest.mark.parametrize("sql", ["DELETE FROM {}", "UPDATE {} SET discrepancy_id = 1"])
    def test_nobody_changes_what_a_run_saw(self, book: list[Payment], sql: str) -> None:
        run = reconciled()
        table = Discrepancy.seen_by.through._meta.db_table
        with (
            pytest.raises(DatabaseError, match="append-only"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(sql.format(table))
        assert len(seen(run)) == 2


@pytest.mark.django_db(transaction=True)
def test_what_was_known_before_of_runs_was_kept_while_there_was_a_row_for_each_bucket(
    customer: User, product: Product
) -> None:
    first, last = begun().pk, begun().pk
    payment = builders.refund_gone(customer, product, refund=9_000, is_open=False)
    try:
        apps = migrated("0003_background_work")
        rows = [
            apps.get_model("payments", "Discrepancy").objects.create(
                bucket=bucket, imp_uid="imp_1", payment_id=payment.pk, **WHEN, **runs
            )
            for bucket, runs in (
                ("amount", {"run_id": first, "last_run_id": last}),
                ("status", {"run_id": last, "last_run_id": last}),
                ("refund", {}),
            )
        ]
        old = migrated("0019_sums_by_more").get_model("payments", "Discrepancy").objects
        kept = [set(old.get(pk=row.pk).seen_by.values_list("pk", flat=True)) for row in rows]
    finally:
        new = MigrationExecutor(connection)
        new.migrate(new.loader.graph.leaf_nodes())
    assert kept == [{first, last}, {last}, set()]
    # There is one for each attempt now: the old ones are gone, and who was flagged still is.
    case = Discrepancy.objects.get()
    assert (case.payment, case.is_open, case.buckets) == (payment, True, ["refund"])
    assert not case.seen_by.exists()


def migrated(to: str) -> Any:
    """The models as they were then."""
    executor = MigrationExecutor(connection)
    return executor.migrate([("payments", to)]).apps

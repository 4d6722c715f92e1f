"""Asking for a reconciliation, pausing it, stopping it."""

from collections.abc import Callable
from datetime import date

import pytest
from django.utils import translation

from accounts.models import User
from payments.errors import Conflict
from payments.models import Payment, ReconciliationRun, RunStatus
from payments.services import reconciliation
from payments.services.reconciliation.control import LONGEST, DaysRefused
from tests.payments.books import APRIL_FIRST, begun, ended


class TestAsking:
    @pytest.mark.parametrize(
        ("first", "last", "field", "words"),
        [
            (date(2026, 4, 2), date(2026, 4, 1), "last_day", "The first day is after the last"),
            (date(2026, 4, 1), date(2999, 4, 1), "last_day", "Days that have not begun can't"),
            (date(2025, 4, 1), date(2026, 4, 2), "first_day", f"At most {LONGEST} days at once."),
        ],
    )
    def test_days_that_make_no_sense_are_refused_with_words(
        self, db: None, first: date, last: date, field: str, words: str
    ) -> None:
        with translation.override("en"), pytest.raises(DaysRefused, match=words) as refused:
            begun(first, last)
        assert refused.value.field == field
        assert not ReconciliationRun.objects.exists()

    def test_it_queues_the_work_and_keeps_the_name(self, finance: User) -> None:
        queued: list[int] = []
        run = reconciliation.start(
            first_day=APRIL_FIRST, last_day=APRIL_FIRST, actor=finance, enqueue=queued.append
        )
        assert queued == [run.pk]
        assert (run.requested_by, run.requested_name) == (finance, str(finance))
        assert run.status == RunStatus.WAITING

    def test_a_paused_run_does_nothing_until_it_is_resumed(self, april_payment: Payment) -> None:
        run = begun()
        queued: list[int] = []
        reconciliation.pause(run=run)
        assert reconciliation.work(run_id=run.pk, seconds=60) is None
        reconciliation.resume(run=run, enqueue=queued.append)
        assert queued == [run.pk]
        assert ended(run).counts["agree"] == 1

    def test_a_stopped_run_has_ended(self, april_payment: Payment) -> None:
        run = begun()
        reconciliation.stop(run=run)
        assert reconciliation.work(run_id=run.pk, seconds=60) is None
        run.refresh_from_db()
        assert (run.status, run.counts) == ("stopped", {})
        with pytest.raises(Conflict):
            reconciliation.pause(run=run)

    def test_a_pause_in_the_middle_is_heard_at_the_next_stop(
        self, april_payment: Payment, when_listed: Callable[[Callable[[], object]], None]
    ) -> None:
        run = begun()
        when_listed(lambda: reconciliation.pause(run=ReconciliationRun.objects.get(pk=run.pk)))
        assert reconciliation.work(run_id=run.pk, seconds=60) is None
        run.refresh_from_db()
        assert (run.status, run.cursor, run.claim) == ("paused", None, "")

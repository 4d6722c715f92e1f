"""What could not be asked is unknown, never missing; what changes meanwhile is no difference."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest

from accounts.models import User
from payments.iamport import Batch, IamportClient
from payments.models import Discrepancy, Payment, Product, ReconciliationRun, RunStatus
from payments.services import reconciliation
from payments.services.discrepancies import cases
from payments.services.verification.verify import verify
from payments.states import Source
from tests.gateway import SandboxGateway
from tests.payments import builders
from tests.payments.books import LISTS, LOOKUPS, begun, ended, mirror, open_by_bucket, reconciled

NOON = builders.NOON


class TestChangesWhileItRuns:
    @pytest.fixture
    def _changes_during_the_pass(
        self,
        when_listed: Callable[[Callable[[], object]], None],
        april_payment: Payment,
        sandbox: SandboxGateway,
    ) -> None:
        """When the list has been read, the payment is refunded, and we are told at once."""

        def refunded() -> None:
            sandbox.cancel(str(april_payment.imp_uid))
            verify(payment=april_payment, source=Source.WEBHOOK)

        when_listed(refunded)

    @pytest.mark.usefixtures("_changes_during_the_pass")
    def test_a_refund_that_both_sides_know_is_not_filed(self, april_payment: Payment) -> None:
        run = reconciled()
        assert open_by_bucket() == {}
        assert run.status == RunStatus.DONE

    def test_a_refund_that_we_hear_of_later_is_not_filed_by_this_run(
        self,
        april_payment: Payment,
        sandbox: SandboxGateway,
    ) -> None:
        run = begun()
        ReconciliationRun.objects.update(started_at=run.requested_at - timedelta(seconds=5))
        sandbox.cancel(str(april_payment.imp_uid))
        assert ended(run).counts["changed"] == 1
        assert open_by_bucket() == {}
        # The next one says it, if it is still so.
        reconciled()
        assert open_by_bucket() == {"refund": {april_payment.imp_uid}}

    def test_ours_that_changes_while_the_gateway_is_asked_is_looked_at_again(
        self, april_payment: Payment, sandbox: SandboxGateway, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        sandbox.cancel(str(april_payment.imp_uid))
        ask = IamportClient.payments

        def slow(client: IamportClient, *, imp_uids: Sequence[str]) -> Batch:
            answer = ask(client, imp_uids=imp_uids)
            verify(payment=april_payment, source=Source.WEBHOOK)
            return answer

        monkeypatch.setattr(IamportClient, "payments", slow)
        run = reconciled()
        assert open_by_bucket() == {}
        assert run.counts["changed"] == 1


class TestTrouble:
    """What could not be asked is unknown, never missing; and the run comes to its end."""

    @pytest.fixture
    def book(self, customer: User, product: Product, sandbox: SandboxGateway) -> list[Payment]:
        """Six payments, of which the gateway does not know the last."""
        payments = [
            builders.paid(customer, product, at=NOON + timedelta(minutes=n)) for n in range(6)
        ]
        mirror(sandbox, payments[:5])
        return payments

    @pytest.mark.parametrize(
        "fault",
        [
            {"kind": "html", "times": 3},
            {"kind": "html", "status": 200, "times": 3},
            {"kind": "status", "status": 500, "times": 3},
            {"kind": "status", "status": 429, "times": 3},
            {"kind": "malformed", "times": 3},
            {"kind": "cut", "times": 3},
            {"kind": "token", "times": 3},
            {"kind": "ip_denied", "times": 3},
        ],
        ids=str,
    )
    @pytest.mark.parametrize("where", [LISTS, LOOKUPS], ids=["lists", "look-ups"])
    def test_it_waits_goes_on_and_ends_right(
        self,
        book: list[Payment],
        sandbox: SandboxGateway,
        fault: dict[str, Any],
        where: dict[str, str],
    ) -> None:
        sandbox.fault(match=where, **fault)
        run = reconciled()
        assert run.status == RunStatus.DONE
        assert open_by_bucket() == {"missing_there": {book[5].imp_uid}}
        assert (run.counts["agree"], run.counts["unknown"], run.unknown) == (5, 0, [])
        assert run.counts["ours"] == 6

    def test_the_pauses_grow_and_the_trouble_is_kept(
        self, book: list[Payment], sandbox: SandboxGateway
    ) -> None:
        sandbox.fault("status", status=500, match=LISTS)
        run = begun()
        pauses: list[float] = []
        for _turn in range(4):
            pause = reconciliation.work(run_id=run.pk, seconds=60)
            assert pause is not None
            pauses.append(pause)
            # While it has to wait, it is not taken up.
            waiting = reconciliation.work(run_id=run.pk, seconds=60)
            assert waiting is not None
            assert 0 < waiting <= pauses[-1]
            ReconciliationRun.objects.update(not_before=None)
        assert pauses == [1, 2, 4, 8]
        run.refresh_from_db()
        assert (run.silences, run.claim) == (4, "")
        assert "500" in run.last_error
        sandbox.heal()
        run = ended(run)
        assert (run.silences, run.last_error) == (0, "")

    def test_what_is_never_answered_is_unknown_and_not_missing(
        self, book: list[Payment], sandbox: SandboxGateway
    ) -> None:
        sandbox.fault("status", status=500, match=LOOKUPS)
        run = reconciled()
        assert run.status == RunStatus.DONE
        assert open_by_bucket() == {}
        assert (run.counts["unknown"], run.unknown) == (1, [book[5].imp_uid])
        sandbox.heal()
        assert reconciled().counts["unknown"] == 0
        assert open_by_bucket() == {"missing_there": {book[5].imp_uid}}

    def test_what_was_unknown_is_asked_for_once_more_at_the_end(
        self, book: list[Payment], sandbox: SandboxGateway
    ) -> None:
        # Eight silences until it is let be, and one answer when all is done.
        sandbox.fault("status", status=500, match=LOOKUPS, times=8)
        run = reconciled()
        assert (run.counts["unknown"], run.unknown) == (0, [])
        assert open_by_bucket() == {"missing_there": {book[5].imp_uid}}

    def test_one_row_that_cannot_be_read_stays_unknown_alone(
        self, book: list[Payment], sandbox: SandboxGateway
    ) -> None:
        sandbox.control("PATCH", f"payments/{book[2].imp_uid}", {"amount": "99,000"})
        run = reconciled()
        assert run.unknown == [book[2].imp_uid]
        assert (run.counts["agree"], run.counts["unknown"]) == (4, 1)
        assert open_by_bucket() == {"missing_there": {book[5].imp_uid}}

    def test_a_mistake_of_ours_is_kept_and_tried_again_with_pauses(
        self, book: list[Payment], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        run = begun()
        with monkeypatch.context() as patch:
            patch.setattr(IamportClient, "by_status", lambda *_words, **_options: 1 / 0)
            assert reconciliation.work(run_id=run.pk, seconds=60) == 1
        run.refresh_from_db()
        assert "ZeroDivisionError" in run.last_error
        ReconciliationRun.objects.update(not_before=None)
        assert ended(run).counts["agree"] == 5

    def test_a_difference_that_cannot_be_filed_does_not_stop_the_rest(
        self, book: list[Payment], sandbox: SandboxGateway, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        keep = cases.keep
        sandbox.control("PATCH", f"payments/{book[0].imp_uid}", {"amount": 1})

        def poisoned(**arguments: Any) -> Discrepancy | None:
            if arguments["look"].imp_uid == book[0].imp_uid:
                raise RuntimeError("poison")
            return keep(**arguments)

        monkeypatch.setattr(cases, "keep", poisoned)
        run = reconciled()
        assert run.unknown == [book[0].imp_uid]
        assert open_by_bucket() == {"missing_there": {book[5].imp_uid}}

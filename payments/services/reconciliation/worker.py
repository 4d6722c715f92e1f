"""A worker's part of a reconciliation: one pass over both sides, then what is open once more.

The pass stops now and then at a second up to which everything is settled, and saves it as the run's
cursor with the figures. A worker that is killed has only lost what came after: the next one goes on
from there, and filing the same difference again adds nothing. While the gateway gives no answer the
run waits; what a recheck could not find out in the end is "unknown", never "missing".
"""

import logging
import time
from collections.abc import Iterator, Mapping
from functools import partial
from itertools import islice

from django.db import transaction

from payments import conf, gateway
from payments.core.db.away import is_away
from payments.core.db.clock import database_now
from payments.iamport import IDS_PER_CALL, GatewayPayment, IamportError, Unreadable
from payments.models import Discrepancy, ReconciliationRun, RunStatus
from payments.services.discrepancies.rules import differences
from payments.services.runs import ATTEMPTS

from . import claims
from .balance import Balance
from .claims import Interrupted
from .classify import classify, file_differences, reconsider
from .counters import Counters, count_again
from .recheck import Snapshot, Unmatched, recheck
from .streams import Filed, Second, ours_between, paired

logger = logging.getLogger(__name__)

# The pass stops after so many payments or seconds at the latest: what a crash costs, and how soon
# a pause is heard.
STOP_EVERY = 5_000
STOP_AFTER = 2.0


def work(*, run_id: int, seconds: float) -> float | None:
    """Go on with a run for about so many seconds.

    Returns after how many seconds it is worth going on (0: at once), None if there is nothing to
    do here: it is done, paused, stopped, or in another worker's hands.
    """
    run = claims.take(run_id=run_id)
    if run is None:
        return claims.rest(run_id=run_id)
    try:
        return None if _Turn(run, time.monotonic() + seconds).go_on() else 0.0
    except Interrupted:
        count_again(run=run)
        return None
    except IamportError as error:
        return claims.wait(run=run, why=gateway.noted(error))
    except Exception as error:
        if is_away(error):
            raise
        # A mistake of ours: kept where people see it, and tried again as rarely as without answer.
        logger.exception("a reconciliation could not go on", extra={"run": run_id})
        return claims.wait(run=run, why=repr(error))
    finally:
        claims.release(run=run)


class _Turn:
    """One worker's turn at a run that it has claimed."""

    def __init__(self, run: ReconciliationRun, deadline: float) -> None:
        self._run = run
        self._deadline = deadline
        self._counters = Counters(run)
        self._balance = Balance(run)
        self._accepts_test = conf.gateway().accepts_test_payments
        self._unmatched: dict[str, Unmatched] = {}
        self._since_stop = 0
        self._stopped_at = time.monotonic()
        # Asked for with each stop, not for each row. An older one can only call a time that agrees
        # too late, and whatever differs is looked at once more.
        self._now = database_now()

    def go_on(self) -> bool:
        """Whether the run is through."""
        first, last = self._run.bounds
        start = first if self._run.cursor is None else self._run.cursor + 1
        if start <= last:
            if not self._compare_all(start, last):
                return False
            self._stop_at(last)
        self._settle_lines()
        self._ask_once_more_about_the_unknown()
        self._recheck_open_discrepancies()
        self._end()
        return True

    def _compare_all(self, start: int, last: int) -> bool:
        """Whether both sides were read to their end; the turn may be over before."""
        has_compared = False
        for second in self._seconds(start, last):
            if has_compared and self._is_time_to_stop():
                self._stop_at(second.at - 1)
                if time.monotonic() > self._deadline:
                    return False
            has_compared = True
            if len(self._unmatched) >= IDS_PER_CALL:
                self._settle()
            self._compare(second)
        return True

    def _seconds(self, start: int, last: int) -> Iterator[Second]:
        theirs = gateway.client().by_status("all", from_=start, to=last, unreadable=self._set_aside)
        return paired(ours=ours_between(from_=start, to=last), theirs=theirs)

    def _set_aside(self, row: Unreadable) -> None:
        """Looked at once more by its id; one without an id stays unknown, named by its place."""
        logger.warning("a listed payment can't be read", extra={"reason": row.why})
        self._keep_unmatched(row.name, None, None)

    def _compare(self, second: Second) -> None:
        self._counters.add("ours", len(second.ours))
        self._counters.add("theirs", len(second.theirs))
        self._since_stop += len(second.ours) + len(second.theirs)
        for imp_uid in second.ours.keys() | second.theirs.keys():
            mine, answer = second.ours.get(imp_uid), second.theirs.get(imp_uid)
            if answer is not None:
                self._balance.tell(answer)
            if mine is not None and answer is not None and self._agree(mine, answer):
                self._counters.add("agree")
            else:
                self._keep_unmatched(imp_uid, mine, answer)

    def _agree(self, mine: Filed, answer: GatewayPayment) -> bool:
        return not mine.is_elsewhere and not differences(
            ours=mine.ours,
            theirs=answer,
            accepts_test_payments=self._accepts_test,
            now=self._now,
        )

    def _keep_unmatched(
        self, imp_uid: str, mine: Filed | None, answer: GatewayPayment | None
    ) -> None:
        # It may be among them already, met under another time.
        before = self._unmatched.get(imp_uid, Unmatched(is_ours=False))
        listed = answer or before.listed
        self._unmatched[imp_uid] = Unmatched(listed, before.is_ours or mine is not None)

    def _is_time_to_stop(self) -> bool:
        return (
            len(self._unmatched) >= IDS_PER_CALL
            or self._since_stop >= STOP_EVERY
            or time.monotonic() > min(self._deadline, self._stopped_at + STOP_AFTER)
        )

    def _stop_at(self, second: int) -> None:
        """Settle everything up to this second, then save the cursor and the figures at once."""
        self._settle()
        self._balance.stop_at(second)
        self._save({"cursor": second, "silences": 0, "not_before": None, "last_error": ""})
        self._run.silences = 0
        self._since_stop, self._stopped_at = 0, time.monotonic()
        self._now = database_now()

    def _settle(self) -> None:
        self._clear_up(self._unmatched)
        self._unmatched.clear()

    def _save(self, fields: dict[str, object]) -> None:
        figures = self._counters.saved() | self._balance.fields()
        with transaction.atomic():
            claims.save(run=self._run, fields=figures | fields)
            self._balance.write()

    def _clear_up(self, unmatched: Mapping[str, Unmatched]) -> None:
        for some in _calls(unmatched):
            snapshots = self._recheck(some)
            classify(run=self._run, counters=self._counters, unmatched=some, snapshots=snapshots)
            for imp_uid, item in some.items():
                told = self._told_by_id_alone(item, snapshots[imp_uid])
                if told is not None:
                    self._balance.tell(told)

    def _told_by_id_alone(
        self, item: Unmatched, snapshot: Snapshot | None
    ) -> GatewayPayment | None:
        """The answer about a payment that the list of these days does not bring."""
        answer = snapshot.answer if snapshot else None
        if answer is None or item.is_counted or item.listed is not None:
            return None
        first, last = self._run.bounds
        is_listed = item.is_ours and first <= answer.filed_at <= last
        return None if is_listed else answer

    def _recheck(self, unmatched: Mapping[str, Unmatched]) -> dict[str, Snapshot | None]:
        """Fresh from both sides. After so many failures in a row they are let be: unknown."""
        if not unmatched:
            return {}
        heartbeat = partial(claims.heartbeat, run=self._run)
        try:
            snapshots = recheck(unmatched=unmatched, before_call=heartbeat)
        except IamportError:
            self._count_failures(self._run.silent_looks + 1)
            if self._run.silent_looks < ATTEMPTS:
                raise
            return dict.fromkeys(unmatched, None)
        self._count_failures(0)
        return snapshots

    def _count_failures(self, number: int) -> None:
        """How many rechecks in a row the gateway left without an answer."""
        self._run.silent_looks = number
        claims.save(run=self._run, fields={"silent_looks": number})

    def _settle_lines(self) -> None:
        """What differs in won, attempt by attempt: of whom the lists brought nothing, by id."""
        for lines in self._balance.left():
            snapshots = self._recheck({line.imp_uid: Unmatched() for line in lines})
            file_differences(run=self._run, snapshots=snapshots)
            self._balance.settle(lines, snapshots)
            self._save({})

    def _ask_once_more_about_the_unknown(self) -> None:
        self._clear_up(dict.fromkeys(self._counters.take_unknown(), Unmatched(is_counted=True)))

    def _recheck_open_discrepancies(self) -> None:
        """Every open discrepancy, of whichever days: what agrees by now closes by itself."""
        for some in _open_discrepancies():
            snapshots = self._recheck({row.imp_uid: Unmatched() for row in some})
            closed = reconsider(run=self._run, discrepancies=some, snapshots=snapshots)
            self._counters.add("closed", closed)

    def _end(self) -> None:
        self._save({"status": RunStatus.DONE, "finished_at": database_now(), "not_before": None})


def _calls(unmatched: Mapping[str, Unmatched]) -> Iterator[dict[str, Unmatched]]:
    """In parts of one call each."""
    items = iter(unmatched.items())
    while some := dict(islice(items, IDS_PER_CALL)):
        yield some


def _open_discrepancies() -> Iterator[list[Discrepancy]]:
    """In parts of one call each, by key: closing some does not shift the rest."""
    rows = Discrepancy.objects.filter(is_open=True).prefetch_related("lines").order_by("pk")
    pk = 0
    while some := list(rows.filter(pk__gt=pk)[:IDS_PER_CALL]):
        yield some
        pk = some[-1].pk

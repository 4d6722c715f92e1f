"""Both sides of a shop's book: what is written here, told to the stand-in gateway as it stands.

`mirror` tells the gateway of payments made with `builders`, so that both sides agree; what is to
differ is named by id.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from payments.compared_fields import DETAILS
from payments.iamport import GatewayPayment, read_payment
from payments.iamport.fields import BY_NAME
from payments.models import Bucket, Discrepancy, Payment, ReconciliationRun, RunStatus
from payments.services import reconciliation
from payments.services.discrepancies import cases
from payments.services.discrepancies.cases import Look
from payments.services.reconciliation.balance import OTHERS
from payments.services.reconciliation.counters import VERDICTS
from tests.gateway import SandboxGateway
from tests.payments.builders import NOON

APRIL_FIRST = NOON.date()
# Faults of a gateway's lists; a pattern that is met as a whole: its batch by ids alone.
LISTS = {"path": "/payments/status*"}
LOOKUPS = {"path": "/payment[s]"}
NO_CHANGES: Mapping[int, Mapping[str, Any]] = {}


def gateway_row(payment: Payment, **changes: Any) -> dict[str, Any]:
    """A payment of ours as the control API takes it."""
    facts: dict[str, Any] = {
        "imp_uid": payment.imp_uid,
        "merchant_uid": payment.merchant_uid,
        "amount": payment.amount,
        "name": payment.name,
        "outcome": payment.status,
        "started_at": int(payment.requested_at.timestamp()),
        "webhook": False,
        "ignore_prepare": True,
    }
    for name in ("paid_at", "failed_at", "cancelled_at"):
        if (moment := getattr(payment, name)) is not None:
            facts[name] = int(moment.timestamp())
    if payment.cancelled_amount:
        facts["cancel_amount"] = payment.cancelled_amount
    fields = _details(payment) | changes.get("fields", {})
    told = facts | changes | {"fields": fields}
    return {name: value for name, value in told.items() if value is not None}


def _details(payment: Payment) -> dict[str, Any]:
    """What its approval told, as far as it is known here."""
    values = {row.theirs: getattr(payment, row.name) for row in DETAILS if row.theirs in BY_NAME}
    return {name: value for name, value in values.items() if value}


def mirror(
    sandbox: SandboxGateway,
    payments: Iterable[Payment],
    changes: Mapping[int, Mapping[str, Any]] = NO_CHANGES,
) -> None:
    """Tell the gateway of these, with `changes` for some, by id."""
    rows = [gateway_row(payment, **changes.get(payment.pk, {})) for payment in payments]
    sandbox.control("POST", "payments?answer=count", rows)


def ended(run: ReconciliationRun, *, seconds: float = 60.0) -> ReconciliationRun:
    """Work on a run until there is nothing left to do, without sitting through its pauses."""
    for _turn in range(1_000):
        pause = reconciliation.work(run_id=run.pk, seconds=seconds)
        if pause is None:
            run.refresh_from_db()
            if run.status == RunStatus.DONE:
                assert_it_adds_up(run)
                assert_its_lines_add_up(run)
            return run
        ReconciliationRun.objects.filter(pk=run.pk).update(not_before=None)
    raise AssertionError("the run does not come to an end")


def assert_it_adds_up(run: ReconciliationRun) -> None:
    """Both sides of a run that is done come to the same payments, each with one verdict."""
    counts = run.counts
    verdicts = sum(counts[verdict] for verdict in VERDICTS)
    assert counts["ours"] + counts["only_there"] == verdicts, counts
    assert counts["theirs"] + counts["only_here"] == verdicts, counts


def assert_its_lines_add_up(run: ReconciliationRun) -> None:
    """The lines of a run that is done are what its sums differ by, day by day and kind by kind."""
    differences: dict[tuple[str, str], tuple[int, int]] = {}
    for line in run.lines.all():
        assert line.is_settled
        assert (line.here, line.here_count) != (line.there, line.there_count)
        key = line.day.isoformat(), line.kind
        count, won = differences.get(key, (0, 0))
        counts = line.here_count - line.there_count
        differences[key] = count + counts, won + line.difference
    sums = {
        (day, kind): (numbers[0] - numbers[2], numbers[1] - numbers[3])
        for day, kinds in (run.money or {}).items()
        for kind, numbers in kinds.items()
        if kind != OTHERS
    }
    assert {key: sums.get(key, (0, 0)) for key in differences | sums} == {
        key: differences.get(key, (0, 0)) for key in differences | sums
    }


def reconciled(first: Any = APRIL_FIRST, last: Any = None, **options: Any) -> ReconciliationRun:
    """A run over these days, from beginning to end."""
    return ended(begun(first, last), **options)


def begun(first: Any = APRIL_FIRST, last: Any = None, command: str = "") -> ReconciliationRun:
    """A run over these days that nobody has worked on; the schedule's, or a command's."""
    return reconciliation.start(
        first_day=first,
        last_day=last or first,
        actor=None,
        command=command,
        enqueue=lambda _run_id: None,
    )


def told(**facts: Any) -> GatewayPayment:
    """What the gateway would say of an attempt."""
    second = int(NOON.timestamp())
    defaults: dict[str, Any] = {
        "imp_uid": "imp_1",
        "merchant_uid": "order-1",
        "amount": 1_000,
        "cancel_amount": 0,
        "currency": "KRW",
        "status": "paid",
        "sandbox": False,
        "paid_at": second,
        "started_at": second,
    }
    return read_payment(defaults | facts)


def filed(payment: Payment, *buckets: Bucket, **theirs: Any) -> Discrepancy:
    """A discrepancy of this payment, where the gateway says something else."""
    imp_uid = payment.imp_uid or f"imp_of_{payment.pk}"
    told_of_it = {
        "imp_uid": imp_uid,
        "merchant_uid": payment.merchant_uid,
        "amount": payment.amount,
        "status": payment.status,
        "cancel_amount": payment.cancelled_amount,
        "currency": payment.currency,
    }
    answer = told(**(told_of_it | (theirs or {"amount": payment.amount + 1_000})))
    return kept(payment, answer, *(buckets or (Bucket.AMOUNT,)))


def missing_here(imp_uid: str, merchant_uid: str, amount: int = 5_000) -> Discrepancy:
    """What only the gateway has."""
    answer = told(imp_uid=imp_uid, merchant_uid=merchant_uid, amount=amount)
    return kept(None, answer, Bucket.MISSING_HERE)


def kept(payment: Payment | None, answer: GatewayPayment | None, *buckets: Bucket) -> Discrepancy:
    """What these two sides as they are now lead to; () where they agree."""
    imp_uid = answer.imp_uid if answer else payment.imp_uid if payment else ""
    ours = Payment.objects.get(pk=payment.pk) if payment else None
    look = Look(imp_uid=str(imp_uid), payment=ours, answer=answer, buckets=buckets)
    row = cases.keep(look=look)
    assert row is not None
    return row


def open_by_bucket() -> dict[str, set[str]]:
    """The imp_uids of what is open, by bucket."""
    by_bucket: dict[str, set[str]] = {}
    for row in Discrepancy.objects.filter(is_open=True):
        for bucket in row.buckets:
            by_bucket.setdefault(bucket, set()).add(row.imp_uid)
    return by_bucket

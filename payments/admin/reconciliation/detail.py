"""The page of one reconciliation, in plain values: how far it is, what it found, which ids.

What the numbers mean is defined in `services.reconciliation`; the words are in
`reconciliation_words`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from payments.admin.shared.discrepancy_display import BUCKET_LOOKS
from payments.admin.shared.display import moment
from payments.admin.verification_runs.detail import EVERY, EVERY_WHILE_PAUSED
from payments.admin.verification_runs.display import asker, duration, run_badge
from payments.core.money import with_separators
from payments.models import Bucket, Payment, ReconciliationRun, RunStatus
from payments.selectors.reconciliation import Stage, differences_of, figure, ours_called, stage

from .display import FIGURES, sentence, sums

# The bar is so many parts wide.
WIDTH = 1_000
# More ids than this are shown on demand; a run keeps a thousand of each kind.
FIRST_IDS = 60
ALL = "ids"


@dataclass(frozen=True, slots=True)
class BucketCount:
    """How many differences of one bucket, and the list of them."""

    name: str
    label: str
    look: str
    number: str
    address: str


@dataclass(frozen=True, slots=True)
class Named:
    """A payment by its id; `order` and `address` where it is one of ours."""

    imp_uid: str
    order: str
    address: str


@dataclass(frozen=True, slots=True)
class Ids:
    """The ids of one kind: those shown, and how many there are."""

    name: str
    title: str
    words: str
    rows: list[Named]
    total: str
    has_more: bool
    is_capped: bool


def head(run: ReconciliationRun) -> dict[str, object]:
    """What does not change while it works."""
    return {
        "title": str(run),
        "subtitle": None,
        "badge": run_badge(run),
        "asker": asker(run),
        "asked": moment(run.requested_at),
    }


def live(run: ReconciliationRun, now: datetime) -> dict[str, object]:
    """What does: the part of the page that is fetched again and again."""
    percent = int(run.progress * 100)
    found = differences_of(run)
    return {
        "run": run,
        "every": _every(run),
        "sentence": sentence(run, now=now),
        "trouble": run.last_error if run.silences and run.is_open else "",
        "percent": percent,
        "width": int(run.progress * WIDTH),
        "facts": _facts(run, now),
        "figures": list(_figures(run)),
        "sums": sums(run),
        "buckets": [bucket_count(run, bucket, number) for bucket, number in found.items()],
        "differences": with_separators(sum(found.values())),
        "news": _news(run, now, percent),
    }


def _every(run: ReconciliationRun) -> str:
    """How often a browser asks again; "" once nothing can change any more."""
    if run.is_open:
        return EVERY
    return EVERY_WHILE_PAUSED if run.status == RunStatus.PAUSED else ""


def _facts(run: ReconciliationRun, now: datetime) -> list[tuple[str, SafeString | str]]:
    facts: list[tuple[str, SafeString | str]] = [(_("Started"), moment(run.started_at))]
    if run.started_at is not None:
        taken = ((run.finished_at or now) - run.started_at).total_seconds()
        facts.append((_("Took") if run.finished_at else _("At it for"), duration(taken)))
    return facts


def _figures(run: ReconciliationRun) -> Iterator[tuple[str, str | Promise, str, str | Promise]]:
    """(name, word, number, what it means); those that are rare only where there are any."""
    for name, word, meaning in FIGURES:
        number = figure(run, name)
        if number or name in {"ours", "theirs", "agree"}:
            yield name, word, with_separators(number), meaning


def bucket_count(run: ReconciliationRun, bucket: Bucket, number: int) -> BucketCount:
    """One bucket of what it found, with the list of them."""
    query = urlencode({"state": "all", "run": str(run.pk), "bucket": str(bucket.value)})
    return BucketCount(
        name=bucket.value,
        label=str(bucket.label),
        look=BUCKET_LOOKS[bucket],
        number=with_separators(number),
        address=f"{reverse('admin:payments_discrepancy_changelist')}?{query}",
    )


def _news(run: ReconciliationRun, now: datetime, percent: int) -> str:
    """For ears: only what is worth interrupting for, so it changes every tenth of the way."""
    if stage(run, now=now) is Stage.FOR_GATEWAY:
        return _("The gateway does not answer.")
    words = _("%(percent)s%% compared, %(number)s discrepancies.")
    number = with_separators(sum(differences_of(run).values()))
    return words % {"percent": percent // 10 * 10, "number": number}


def ids(run: ReconciliationRun, request: HttpRequest) -> list[Ids]:
    """What moved and what stayed unknown, by id."""
    kinds = (
        (
            "moved",
            run.moved,
            _("Moved to another time"),
            _("They agree. A refund or another change has moved them in the gateway's list."),
        ),
        (
            "unknown",
            run.unknown,
            _("No answer from the gateway"),
            _("They are not compared, and not counted as missing. The next run asks again."),
        ),
    )
    everything = request.GET.get(ALL)
    shown = {name: told if everything == name else told[:FIRST_IDS] for name, told, *_ in kinds}
    may_open = request.user.has_perm("payments.view_payment")
    known = ours_called(one for told in shown.values() for one in told) if may_open else {}
    return [
        Ids(
            name=name,
            title=title,
            words=words,
            rows=[_named(one, known) for one in shown[name]],
            total=with_separators(figure(run, name)),
            has_more=len(told) > len(shown[name]),
            is_capped=figure(run, name) > len(told),
        )
        for name, told, title, words in kinds
        if told
    ]


def _named(imp_uid: str, known: Mapping[str, Payment]) -> Named:
    payment = known.get(imp_uid)
    if payment is None:
        return Named(imp_uid, "", "")
    address = reverse("admin:payments_payment_change", args=[payment.pk])
    return Named(imp_uid, str(payment), address)

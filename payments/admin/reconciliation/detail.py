"""The page of one reconciliation, in plain values: how far it is, what it found, which ids.

What the numbers mean is defined in `services.reconciliation.counters`; the sentences are in
`display`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from payments.admin.shared import runs
from payments.admin.shared.discrepancy_display import BUCKET_LOOKS
from payments.admin.shared.display import duration, moment
from payments.admin.shared.runs import BAR_WIDTH, news
from payments.core.money import with_separators
from payments.models import Bucket, Payment, ReconciliationRun
from payments.selectors.reconciliation import (
    differences_of,
    figure,
    ours_called,
    reconciliation_state,
)

from .display import FIGURES, sentence, sums

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
    url: str


@dataclass(frozen=True, slots=True)
class PaymentId:
    """A payment by its id; `order` and `url` where it is one of ours."""

    imp_uid: str
    order: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Ids:
    """The ids of one kind: those shown, and how many there are."""

    name: str
    title: str
    meaning: str
    rows: list[PaymentId]
    total: str
    has_more: bool
    is_capped: bool


def live(run: ReconciliationRun, now: datetime) -> dict[str, Any]:
    """What changes while it works: the part of the page that is fetched again and again."""
    differences, part = differences_of(run), run.progress
    state = reconciliation_state(run, now=now)
    return {
        **runs.live(run, part=part),
        "sentence": sentence(run, state, now),
        "width": int(part * BAR_WIDTH),
        "facts": _facts(run, now),
        "figures": list(_figures(run)),
        "sums": sums(run),
        "buckets": [_bucket_count(run, *each) for each in differences.items()],
        "differences": with_separators(sum(differences.values())),
        "news": news(
            state,
            _("%(percent)s%% compared, %(number)s discrepancies."),
            part=part,
            number=sum(differences.values()),
        ),
    }


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


def _bucket_count(run: ReconciliationRun, bucket: Bucket, number: int) -> BucketCount:
    """One bucket of what it found, with the list of them."""
    query = urlencode({"state": "all", "run": str(run.pk), "bucket": str(bucket.value)})
    return BucketCount(
        name=bucket.value,
        label=str(bucket.label),
        look=BUCKET_LOOKS[bucket],
        number=with_separators(number),
        url=f"{reverse('admin:payments_discrepancy_changelist')}?{query}",
    )


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
    rows = {
        name: imp_uids if everything == name else imp_uids[:FIRST_IDS]
        for name, imp_uids, *_words in kinds
    }
    may_open = request.user.has_perm("payments.view_payment")
    ours = ours_called(chain.from_iterable(rows.values())) if may_open else {}
    return [
        Ids(
            name=name,
            title=title,
            meaning=meaning,
            rows=[_payment_id(imp_uid, ours) for imp_uid in rows[name]],
            total=with_separators(figure(run, name)),
            has_more=len(imp_uids) > len(rows[name]),
            is_capped=figure(run, name) > len(imp_uids),
        )
        for name, imp_uids, title, meaning in kinds
        if imp_uids
    ]


def _payment_id(imp_uid: str, ours: Mapping[str, Payment]) -> PaymentId:
    payment = ours.get(imp_uid)
    if payment is None:
        return PaymentId(imp_uid)
    url = reverse("admin:payments_payment_change", args=[payment.pk])
    return PaymentId(imp_uid, str(payment), url)

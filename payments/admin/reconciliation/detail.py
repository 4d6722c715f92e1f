"""The page of one reconciliation: how far it is, both sides in won, what it found, which ids.

What the numbers mean is defined in `services.reconciliation.counters`; the sentences are in
`display`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any

from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from payments.admin.shared import runs
from payments.admin.shared.discrepancy_display import BUCKET_LOOKS
from payments.admin.shared.runs import BAR_WIDTH, news
from payments.admin.shared.won_table import won_context
from payments.models import Payment, ReconciliationRun
from payments.selectors.reconciliation import (
    differences_of,
    discrepancies_of,
    figure,
    ours_called,
    reconciliation_state,
    won_of_run,
)

from .display import FIGURES, sentence, sums

# More ids than this are shown on demand; a run keeps a thousand of each kind.
FIRST_IDS = 60
ALL = "ids"
# What is kept by id: a field of the run, its title and what it means.
_IDS = {
    "moved": (
        gettext_lazy("Moved to another time"),
        gettext_lazy(
            "They agree. A refund or another change has moved them in the gateway's list."
        ),
    ),
    "unknown": (
        gettext_lazy("No answer from the gateway"),
        gettext_lazy("They are not compared, and not counted as missing. The next run asks again."),
    ),
}


@dataclass(frozen=True, slots=True)
class Ids:
    """The ids of one kind: those shown, with the payment if it is ours; how many there are.

    `kept` of all are kept by id.
    """

    name: str
    title: str | Promise
    meaning: str | Promise
    rows: list[tuple[str, Payment | None]]
    kept: int
    total: int


def live(run: ReconciliationRun, now: datetime) -> dict[str, Any]:
    """What changes while it works: the part of the page that is fetched again and again."""
    by_bucket, part = differences_of(run), run.progress
    differences = discrepancies_of(run)
    state = reconciliation_state(run, now=now)
    words = _("%(percent)s%% compared, %(number)s discrepancies.")
    return {
        **runs.live(run, part=part),
        **won_context(won_of_run(run)),
        "sentence": sentence(run, state, now),
        "width": int(part * BAR_WIDTH),
        "figures": list(_figures(run)),
        "sums": sums(run),
        "buckets": [(bucket, BUCKET_LOOKS[bucket], number) for bucket, number in by_bucket.items()],
        "differences": differences,
        "news": news(state, words, part=part, number=differences),
    }


def _figures(run: ReconciliationRun) -> Iterator[tuple[str, str | Promise, int, str | Promise]]:
    """(name, word, number, what it means); those that are rare only where there are any."""
    for name, word, meaning in FIGURES:
        number = figure(run, name)
        if number or name in {"ours", "theirs", "agree"}:
            yield name, word, number, meaning


def ids(run: ReconciliationRun, request: HttpRequest) -> list[Ids]:
    """What moved and what stayed unknown, by id."""
    kept: dict[str, list[str]] = {name: getattr(run, name) for name in _IDS}
    everything = request.GET.get(ALL)
    imp_uids = {
        name: ids if name == everything else ids[:FIRST_IDS] for name, ids in kept.items() if ids
    }
    may_open = request.user.has_perm("payments.view_payment")
    ours = ours_called(chain.from_iterable(imp_uids.values())) if may_open else {}
    return [
        Ids(
            name,
            *_IDS[name],
            rows=[(imp_uid, ours.get(imp_uid)) for imp_uid in shown],
            kept=len(kept[name]),
            total=figure(run, name),
        )
        for name, shown in imp_uids.items()
    ]

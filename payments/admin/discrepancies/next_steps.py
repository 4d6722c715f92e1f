"""What to do now about a discrepancy, and where: a table by what differs.

To add a bucket: its line here. A step says what is to be done, in which the ids may be named
(`Asker.names`; `%(theirs)s` is the order number at the gateway), and the way
there, if a page leads to it. A new way: its name in `Way`, its line in `_THERE` and its button in
the template.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from payments import conf
from payments.admin.shared.links import FILTERS, filters_of, payment_list
from payments.filters.base import SEARCH
from payments.models import Bucket, ClosingReason, Discrepancy
from payments.selectors.discrepancies import figures


class Way(StrEnum):
    """Where a step is done."""

    REVERIFY = "reverify"
    IMPORT = "import"
    CONSOLE = "console"
    PAYMENT = "payment"
    ORDERS = "orders"


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do."""

    words: Promise
    way: Way | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """A step as this person may do it: the address where, or in words whom to ask."""

    words: str
    way: Way | None = None
    url: str = ""
    ask: str = ""


_CLOSES = Step(
    gettext_lazy("Then re-verify. If both sides agree again, this closes by itself."), Way.REVERIFY
)
_FOLLOWS = Step(
    gettext_lazy("Re-verify: what PortOne says is taken over, and this closes by itself."),
    Way.REVERIFY,
)
STEPS: dict[Bucket, tuple[Step, ...]] = {
    Bucket.MISSING_HERE: (
        Step(
            gettext_lazy(
                "PortOne has this payment and no order here does. If it was made in this "
                "shop, take it in as a payment."
            ),
            Way.IMPORT,
        ),
        Step(
            gettext_lazy(
                "If the customer is to get the money back, cancel %(imp_uid)s in PortOne's "
                "console. If it is another shop's, say so when you close it."
            ),
            Way.CONSOLE,
        ),
    ),
    Bucket.MISSING_THERE: (
        Step(
            gettext_lazy("Re-verify: some payments show at PortOne a little later."), Way.REVERIFY
        ),
        Step(
            gettext_lazy(
                "If PortOne still knows no such payment, ask PortOne's support about "
                "%(imp_uid)s, order number %(merchant_uid)s."
            )
        ),
    ),
    Bucket.AMOUNT: (
        Step(gettext_lazy("Look up on the PG's sheet which amount was approved.")),
        Step(
            gettext_lazy(
                "If the customer paid a wrong amount, cancel %(imp_uid)s in PortOne's "
                "console. If PortOne shows a wrong one, ask PortOne's support."
            ),
            Way.CONSOLE,
        ),
        _CLOSES,
    ),
    Bucket.STATUS: (
        _FOLLOWS,
        Step(gettext_lazy("If it still differs then, ask PortOne's support about %(imp_uid)s.")),
    ),
    Bucket.REFUND: (
        _FOLLOWS,
        Step(
            gettext_lazy(
                "If PortOne shows less refunded than we do, an approver confirms that on the "
                "payment's page."
            ),
            Way.PAYMENT,
        ),
    ),
    Bucket.CURRENCY: (
        Step(
            gettext_lazy(
                "Orders here are in won. Cancel %(imp_uid)s in PortOne's console and let the "
                "customer pay again in won."
            ),
            Way.CONSOLE,
        ),
        _CLOSES,
    ),
    Bucket.ORDER_NUMBER: (
        Step(gettext_lazy("Find out which order was paid: PortOne names %(theirs)s."), Way.ORDERS),
        Step(
            gettext_lazy(
                "If PortOne's number is wrong, ask PortOne's support; if ours is, tell your "
                "developers both numbers."
            )
        ),
        _CLOSES,
    ),
    Bucket.DOUBLE_APPROVAL: (
        Step(
            gettext_lazy("The order was paid twice. Cancel %(imp_uid)s in PortOne's console."),
            Way.CONSOLE,
        ),
        _CLOSES,
    ),
    Bucket.TEST_PAYMENT: (
        Step(
            gettext_lazy(
                "No money moved. See in PortOne's console, among the channels, why customers "
                "reach a test channel."
            ),
            Way.CONSOLE,
        ),
        Step(gettext_lazy("Close it with the reason “%(accepted)s”.")),
    ),
    Bucket.PAID_AT: (
        Step(gettext_lazy("Look up on the PG's sheet on which day it was paid.")),
        Step(
            gettext_lazy(
                "If PortOne shows a wrong one, ask PortOne's support about %(imp_uid)s. If ours is "
                "wrong, close it with what you found out."
            )
        ),
        _CLOSES,
    ),
    Bucket.DETAILS: (
        Step(
            gettext_lazy(
                "Compare what is marked with the PG's sheet: settlement is matched by these "
                "details, and here they stay as the approval told them."
            )
        ),
        Step(
            gettext_lazy(
                "If PortOne shows a wrong detail, ask PortOne's support about %(imp_uid)s. If ours "
                "is wrong, close it with what you found out."
            )
        ),
        _CLOSES,
    ),
    Bucket.LATE_APPROVAL: (
        Step(
            gettext_lazy(
                "The order had failed here and was paid all the same. If it is honoured, close it "
                "with the reason “%(accepted)s”."
            )
        ),
        Step(
            gettext_lazy(
                "If the customer gets the money back, cancel %(imp_uid)s in PortOne's console."
            ),
            Way.CONSOLE,
        ),
        _CLOSES,
    ),
    Bucket.CONTRADICTION: (
        Step(
            gettext_lazy(
                "PortOne's answer contradicts itself, so nothing of it is taken over. Ask "
                "PortOne's support about %(imp_uid)s, order number %(merchant_uid)s."
            )
        ),
        _CLOSES,
    ),
}


@dataclass(frozen=True, slots=True)
class Asker:
    """Who looks at which discrepancy, and what they may do."""

    request: HttpRequest
    discrepancy: Discrepancy
    may_verify: bool
    # Whether it can be taken in, or why not (`detail.import_button`).
    importing: Mapping[str, object]

    @property
    def names(self) -> dict[str, str]:
        """What the words name."""
        theirs = figures(self.discrepancy.theirs) or {}
        return {
            "imp_uid": self.discrepancy.imp_uid,
            "merchant_uid": self.discrepancy.merchant_uid,
            "theirs": str(theirs.get("merchant_uid") or self.discrepancy.merchant_uid),
            "accepted": str(ClosingReason.ACCEPTED.label),
        }


def steps_context(asker: Asker) -> dict[str, object]:
    """What to do now, by bucket; nothing where it is closed.

    What differs in several has each step once: the page has one button to re-verify.
    """
    shown: set[Step | Way] = set()
    buckets = asker.discrepancy.buckets if asker.discrepancy.is_open else []
    steps = [(bucket, list(_lines(bucket, asker, shown))) for bucket in buckets]
    return {"next_steps": steps, "reverify_is_a_step": Way.REVERIFY in shown}


def _lines(bucket: Bucket, asker: Asker, shown: set[Step | Way]) -> Iterator[Line]:
    for step in STEPS[bucket]:
        if step in shown:
            continue
        shown.add(step)
        words = str(step.words) % asker.names
        if step.way is None or step.way in shown:
            yield Line(words)
        else:
            shown.add(step.way)
            yield Line(words, step.way, *_THERE[step.way](asker))


# Where it is done, or whom to ask; neither where no page leads there.
There = tuple[str, str]


def _reverify(asker: Asker) -> There:
    if not asker.discrepancy.payment_id:
        return "", ""
    if not asker.may_verify:
        return "", _("An operator can re-verify it. Ask one.")
    return reverse("admin:payments_discrepancy_verify", args=[asker.discrepancy.pk]), ""


def _import(asker: Asker) -> There:
    if not asker.importing.get("may_import"):
        why = asker.importing.get("why_no_import")
        return "", str(why or _("An approver can take it in as a payment. Ask one."))
    url = reverse("admin:payments_discrepancy_take_in", args=[asker.discrepancy.pk])
    filters = filters_of(asker.request)
    return url + (f"?{urlencode({FILTERS: filters})}" if filters else ""), ""


def _payment(asker: Asker) -> There:
    pk = asker.discrepancy.payment_id
    if not pk or not asker.request.user.has_perm("payments.view_payment"):
        return "", ""
    return reverse("admin:payments_payment_change", args=[pk]), ""


def _orders(asker: Asker) -> There:
    may_see = asker.request.user.has_perm("payments.view_payment")
    return payment_list(urlencode({SEARCH: asker.names["theirs"]})) if may_see else "", ""


_THERE: dict[Way, Callable[[Asker], There]] = {
    Way.REVERIFY: _reverify,
    Way.IMPORT: _import,
    Way.CONSOLE: lambda asker: (conf.console_url(), ""),
    Way.PAYMENT: _payment,
    Way.ORDERS: _orders,
}

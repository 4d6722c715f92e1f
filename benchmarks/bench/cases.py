"""What is measured of pages: each case with its address in the product and in the stock twin.

To measure another page: a `Case` in `CASES`. Its `proof` is text without which the answer is not
the page that was meant.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Self

from django.urls import reverse
from django.utils.http import urlencode

from benchmarks.bench.books import Book
from payments.admin.shared.links import payment_list, payment_list_of_days, row_page
from payments.core.db.paginator import COUNTED_AT_MOST
from payments.core.periods import Period
from payments.models import Payment
from payments.states import PaymentStatus

ROWS, STOCK_ROWS = 50, 100
# The panel of customers among those of the list's filters.
_CUSTOMER_PANEL = 4
_A_ROW = 'class="action-select"'


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What addresses are made of: a payment of the middle, whose it is, a whole month."""

    size: int
    pk: int
    merchant_uid: str
    # Of the e-mail: without its first sign, which no index begins with.
    part: str
    first: date
    last: date

    @classmethod
    def of(cls, book: Book) -> Self:
        """Those of the book that is in use."""
        paid = Payment.objects.filter(status=PaymentStatus.PAID, user__isnull=False)
        newest = Payment.objects.order_by("-pk").values_list("pk", flat=True)[0]
        middle = newest - min(book.size, 10_000) // 2
        payment = paid.filter(pk__lte=middle).select_related("user").order_by("-pk")[0]
        assert payment.user
        last = book.day.replace(day=1) - timedelta(days=1)
        return cls(
            size=book.size,
            pk=payment.pk,
            merchant_uid=payment.merchant_uid,
            part=payment.user.email.partition("@")[0][1:] + "@",
            first=last.replace(day=1),
            last=last,
        )


Address = Callable[[Facts], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One page. `unmasked`: of the product, while personal data is shown, with a reason."""

    name: str
    product: Address
    stock: Address | None = None
    proof: Callable[[Facts], str] = lambda facts: _A_ROW
    unmasked: bool = False


def stock_list(query: str = "", *, model: str = "stockpayment") -> str:
    """A list of the twin's."""
    return reverse(f"stock:stock_{model}_changelist") + (f"?{query}" if query else "")


def _last_page(facts: Facts) -> str:
    if facts.size > COUNTED_AT_MOST:
        return payment_list("before=end")
    return payment_list(f"p={-(-facts.size // ROWS)}")


def _page_100(facts: Facts, rows: int) -> str:
    """Of a book that is too small for one, the last."""
    return f"p={min(100, -(-facts.size // rows))}"


def _searched(text: str) -> str:
    return urlencode({"q": text})


def _month(facts: Facts) -> str:
    return f"{facts.first:%Y-%m}"


CASES = (
    Case(
        name="first page",
        product=lambda facts: payment_list(),
        stock=lambda facts: stock_list(),
    ),
    Case(
        name="first page with the filter by user",
        product=lambda facts: payment_list(f"_filters={_CUSTOMER_PANEL}"),
        stock=lambda facts: stock_list(model="stockpaymentbyuser"),
    ),
    Case(
        name="page 100",
        product=lambda facts: payment_list(_page_100(facts, ROWS)),
        stock=lambda facts: stock_list(_page_100(facts, STOCK_ROWS)),
    ),
    Case(
        name="last page",
        product=_last_page,
        stock=lambda facts: stock_list(f"p={-(-facts.size // STOCK_ROWS)}"),
    ),
    Case(
        name="status = paid",
        product=lambda facts: payment_list("status=paid"),
        stock=lambda facts: stock_list("status__exact=paid"),
    ),
    Case(
        name="one month",
        product=lambda facts: payment_list_of_days(facts.first, facts.last),
        stock=lambda facts: stock_list(
            f"paid_at__year={facts.first.year}&paid_at__month={facts.first.month}"
        ),
    ),
    Case(
        name="sorted by amount",
        product=lambda facts: payment_list("o=-4"),
        stock=lambda facts: stock_list("o=-4"),
    ),
    Case(
        name="exact merchant_uid (ours leads on to the payment)",
        product=lambda facts: payment_list(_searched(facts.merchant_uid)),
        stock=lambda facts: stock_list(_searched(facts.merchant_uid)),
        proof=lambda facts: facts.merchant_uid,
    ),
    Case(
        name="exact merchant_uid, as a list",
        product=lambda facts: payment_list(f"{_searched(facts.merchant_uid)}&_list=1"),
        stock=lambda facts: stock_list(_searched(facts.merchant_uid)),
    ),
    Case(
        name="part of an e-mail",
        product=lambda facts: payment_list(_searched(facts.part)),
        stock=lambda facts: stock_list(_searched(facts.part)),
        unmasked=True,
    ),
    Case(
        name="payment page",
        product=lambda facts: row_page(facts.pk),
        stock=lambda facts: reverse("stock:stock_stockpayment_change", args=[facts.pk]),
        proof=lambda facts: facts.merchant_uid,
    ),
    Case(
        name="dashboard, 7 days",
        product=lambda facts: f"{reverse('admin:index')}?period={Period.WEEK}",
        proof=lambda facts: 'class="dash"',
    ),
    Case(
        name="dashboard, a quarter",
        product=lambda facts: f"{reverse('admin:index')}?period={Period.QUARTER}",
        proof=lambda facts: 'class="dash"',
    ),
    Case(
        name="totals of everything",
        product=lambda facts: reverse("admin:payments_payment_totals"),
        proof=lambda facts: 'class="figures"',
    ),
    Case(
        name="a month's statement",
        product=lambda facts: (
            f"{reverse('admin:payments_dailyclose_monthly')}?month={_month(facts)}"
        ),
        proof=_month,
    ),
    Case(
        name="page that starts a run over everything",
        product=lambda facts: reverse("admin:payments_payment_start_run"),
        proof=lambda facts: f"{facts.size:,}",
    ),
    Case(
        name="search among users",
        product=lambda facts: f"{_people('admin')}?{_searched(facts.part)}",
        stock=lambda facts: f"{_people('stock')}?{_searched(facts.part)}",
    ),
)


def _people(site: str) -> str:
    return reverse(f"{site}:accounts_user_changelist")

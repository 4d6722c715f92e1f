"""Statements of a Korean day or month: a page to print, and the same as a file.

Both take what they say from `statement_page`, so they can't differ. Whoever sees closes sees the
page; the file is an export: it takes that right, and a reason, which is recorded before it leaves.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from payments import conf
from payments.admin.shared import personal_data
from payments.admin.shared.access import staff, staff_view
from payments.admin.shared.csv_file import streamed
from payments.admin.shared.readonly import ReadOnlyAdmin
from payments.admin.shared.won_table import won_context
from payments.core.days import read_day
from payments.core.kst import day_of, stamp
from payments.errors import NotAllowed
from payments.models import AccessKind
from payments.selectors.daily_close.closes import ONE_DAY, newest
from payments.services.access_log import MAX_REASON, MIN_REASON, record_access

from . import statement_page
from .display import breakdown
from .statement_page import Statement


@dataclass(frozen=True, slots=True)
class Kind:
    """A day or a month: how it is named in a URL, read from it, and put together."""

    name: str
    parameter: str
    input_type: str
    read: Callable[[str], date | None]
    build: Callable[[date], Statement]


def _read_month(text: str) -> date | None:
    return read_day(f"{text}-01")


DAILY = Kind("daily", "day", "date", read_day, statement_page.of_day)
MONTHLY = Kind("monthly", "month", "month", _read_month, statement_page.of_month)
TEMPLATE = "admin/payments/dailyclose/statement.html"


@staff_view("view", methods=["GET", "HEAD"])
def statement(model_admin: ReadOnlyAdmin, request: HttpRequest, *, kind: Kind) -> HttpResponseBase:
    """The statement on screen, to be printed."""
    wanted = kind.build(_wanted(kind, request.GET.get(kind.parameter)))
    return model_admin.render_page(
        request,
        TEMPLATE,
        title=wanted.title,
        statement=wanted,
        kind=kind,
        shop=conf.shop_name(),
        printed_at=stamp(timezone.now()),
        file_url=reverse(f"admin:payments_dailyclose_{kind.name}_csv"),
        reason_min=MIN_REASON,
        reason_max=MAX_REASON,
        **breakdown(wanted.figures),
        **won_context(wanted.won),
    )


def _on_screen(model_admin: ReadOnlyAdmin, request: HttpRequest, *, kind: Kind) -> str:
    return reverse(f"admin:payments_dailyclose_{kind.name}")


@staff_view("view", "export", methods=["POST"], stands_on=_on_screen)
def statement_file(
    model_admin: ReadOnlyAdmin, request: HttpRequest, *, kind: Kind
) -> HttpResponseBase:
    """The same rows as a CSV: recorded first, then streamed."""
    wanted = kind.build(_wanted(kind, request.POST.get(kind.parameter)))
    try:
        access = record_access(
            actor=staff(request),
            kind=AccessKind.EXPORTED,
            reason=request.POST.get("reason", ""),
            unmasked=False,
            query=f"{kind.name} statement {wanted.value}",
            rows=wanted.number_of_entries,
            remote_address=personal_data.remote_address(request),
        )
    except NotAllowed as refusal:
        messages.error(request, str(refusal))
        url = reverse(f"admin:payments_dailyclose_{kind.name}")
        return HttpResponseRedirect(f"{url}?{kind.parameter}={wanted.value}")
    header, rows = wanted.file.header, wanted.file.rows
    return streamed(name=wanted.file_name, header=header, rows=rows, access=access)


def _wanted(kind: Kind, text: str | None) -> date:
    """The day of the URL; without one, the last that was closed, else yesterday."""
    if not text:
        last = newest()
        return last.day if last else day_of(timezone.now()) - ONE_DAY
    day = kind.read(text)
    if day is None:
        raise Http404(_("There is no such day."))
    return day

"""Statements of a Korean day or month: a page to print, and the same as a file.

Both take what they say from `statement_parts`, so they can't differ. Whoever sees closes sees the
page; the file is an export: it takes that right, and a reason, which is recorded before it leaves.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from django.contrib import messages
from django.http import (
    Http404,
    HttpRequest,
    HttpResponseBase,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
)
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from payments import conf
from payments.admin.shared import personal_data
from payments.admin.shared.access import require, staff
from payments.admin.shared.csv_file import streamed
from payments.admin.shared.readonly import ReadOnlyAdmin
from payments.core.kst import day_of, stamp
from payments.errors import NotAllowed
from payments.models import AccessKind
from payments.selectors.daily_close.closes import ONE_DAY, newest
from payments.services.access_log import MAX_REASON, MIN_REASON, record_access

from . import statement_page
from .close_day import read_day
from .statement_page import Statement


@dataclass(frozen=True, slots=True)
class Kind:
    """A day or a month: how it is named in an address, read from it, and put together."""

    name: str
    parameter: str
    read: Callable[[str], date | None]
    build: Callable[[date], Statement]


def _read_month(text: str) -> date | None:
    return read_day(f"{text}-01")


DAILY = Kind("daily", "day", read_day, statement_page.of_day)
MONTHLY = Kind("monthly", "month", _read_month, statement_page.of_month)
TEMPLATE = "admin/payments/dailyclose/statement.html"


def page(model_admin: ReadOnlyAdmin, request: HttpRequest, kind: Kind) -> HttpResponseBase:
    """The statement on screen, to be printed."""
    require(model_admin.has_view_permission(request))
    if request.method not in {"GET", "HEAD"}:
        return HttpResponseNotAllowed(["GET", "HEAD"])
    found = kind.build(_wanted(kind, request.GET.get(kind.parameter)))
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "title": found.title,
        "statement": found,
        "kind": kind.name,
        "shop": conf.shop_name(),
        "printed_at": stamp(timezone.now()),
        "printed_by": str(staff(request)),
        "parameter": kind.parameter,
        "input_type": "month" if kind is MONTHLY else "date",
        "file_address": reverse(f"admin:payments_dailyclose_{kind.name}_csv"),
        "may_export": _may_export(request),
        "reason_min": MIN_REASON,
        "reason_max": MAX_REASON,
    }
    return TemplateResponse(request, TEMPLATE, context)


def download(model_admin: ReadOnlyAdmin, request: HttpRequest, kind: Kind) -> HttpResponseBase:
    """The same rows as a CSV: recorded first, then streamed."""
    require(model_admin.has_view_permission(request) and _may_export(request))
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    found = kind.build(_wanted(kind, request.POST.get(kind.parameter)))
    try:
        access = record_access(
            actor=staff(request),
            kind=AccessKind.EXPORTED,
            reason=request.POST.get("reason", ""),
            unmasked=False,
            query=f"{kind.name} statement {found.value}",
            rows=found.number_of_payments,
            remote_address=personal_data.remote_address(request),
        )
    except NotAllowed as refusal:
        messages.error(request, str(refusal))
        address = reverse(f"admin:payments_dailyclose_{kind.name}")
        return HttpResponseRedirect(f"{address}?{kind.parameter}={found.value}")
    file = found.file
    return streamed(name=found.file_name, header=file.header, rows=file.rows, access=access)


def _may_export(request: HttpRequest) -> bool:
    return request.user.has_perm("payments.export_payment")


def _wanted(kind: Kind, text: str | None) -> date:
    """The day of the address; without one, the last that was closed, else yesterday."""
    if not text:
        last = newest()
        return last.day if last else day_of(timezone.now()) - ONE_DAY
    day = kind.read(text)
    if day is None:
        raise Http404(_("There is no such day."))
    return day

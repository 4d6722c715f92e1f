"""The page between "Mark failed…" and the deed: the records, what speaks against them, the reason.

A GET shows, a POST does it. Each record carries the version that the person saw, so that one which
has changed in the meantime is refused by name. The rules are in `services.failing`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.contrib import messages
from django.contrib.auth.models import AbstractBaseUser
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from payments.errors import Conflict, GatewayUnavailable, NotAllowed
from payments.models import Payment
from payments.services import failing
from payments.states import FailReason, PaymentStatus

from .actions import MAX_FAILED, each, require, staff
from .forms import MarkFailedForm
from .navigation import filters_of, list_address
from .outcomes import Ending, Outcome, report
from .widgets import amount_cell, moment, status_badge

if TYPE_CHECKING:
    from .payment_permissions import PaymentPermissions

TEMPLATE = "admin/payments/payment/confirm_action.html"
# As posted or linked: a payment's id, and the version that was seen (None: not seen yet).
Picked = Mapping[int, int | None]


@dataclass(frozen=True, slots=True)
class Record:
    """One picked payment on the page. `obstacle` says why it is left out, None if it is not."""

    payment: Payment
    version: int
    obstacle: str | Promise | None

    @property
    def cells(self) -> list[str]:
        """The payment in a table's row."""
        payment = self.payment
        return [
            str(payment.user),
            payment.name,
            amount_cell(payment),
            status_badge(payment),
            moment(payment.requested_at),
        ]


def mark_failed_view(model_admin: "PaymentPermissions", request: HttpRequest) -> HttpResponse:
    """Show the records and ask for the reason (GET), or mark them failed (POST)."""
    require(model_admin.has_mark_failed_permission(request))
    if request.method != "POST":
        return _page(model_admin, request, _records(_linked(request)), MarkFailedForm())
    records = _records(_posted(request))
    form = MarkFailedForm(request.POST)
    if not form.is_valid():
        return _page(model_admin, request, records, form)
    if not records:
        messages.warning(request, _("No payment matches. Nothing was done."))
    else:
        report(request, _mark(records, staff(request), form))
    return HttpResponseRedirect(list_address(request))


def _linked(request: HttpRequest) -> Picked:
    return {pk: None for text in request.GET.getlist("id") if (pk := _number(text))}


def _posted(request: HttpRequest) -> Picked:
    pairs = (text.partition(":") for text in request.POST.getlist("record"))
    return {pk: _number(version) for text, _colon, version in pairs if (pk := _number(text))}


def _number(text: str) -> int:
    """The number, 0 for anything that is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


def _records(picked: Picked) -> list[Record]:
    ids = list(picked)[:MAX_FAILED]
    payments = Payment.objects.filter(pk__in=ids).select_related("user").order_by("-pk")
    return [_record(payment, picked[payment.pk]) for payment in payments]


def _record(payment: Payment, seen: int | None) -> Record:
    version = payment.version if seen is None else seen
    if version != payment.version:
        return Record(payment, version, Conflict.message)
    if payment.status != PaymentStatus.READY:
        return Record(payment, version, failing.NOT_OPEN)
    return Record(payment, version, None)


def _mark(records: list[Record], actor: AbstractBaseUser, form: MarkFailedForm) -> list[Outcome]:
    by_id = {record.payment.pk: record for record in records}
    reason, note = FailReason(form.cleaned_data["reason"]), form.cleaned_data["note"]

    def mark(payment: Payment) -> Outcome:
        return _mark_one(by_id[payment.pk], actor, reason, note)

    return list(each((record.payment for record in records), mark))


def _mark_one(record: Record, actor: AbstractBaseUser, reason: FailReason, note: str) -> Outcome:
    payment = record.payment
    if record.obstacle:
        return Outcome(payment.merchant_uid, Ending.REFUSED, str(record.obstacle))
    try:
        failed = failing.mark_failed(
            payment=payment,
            actor=actor,
            reason=reason,
            note=note,
            expected_version=record.version,
        )
    except GatewayUnavailable as silence:
        return Outcome(payment.merchant_uid, Ending.UNKNOWN, str(silence))
    except (NotAllowed, Conflict) as refusal:
        return Outcome(payment.merchant_uid, Ending.REFUSED, _refusal(payment, refusal))
    words = _("Marked failed: %(reason)s") % {"reason": failed.fail_reason}
    return Outcome(payment.merchant_uid, Ending.CHANGED, words)


def _refusal(payment: Payment, refusal: NotAllowed | Conflict) -> str:
    """Why not, and what the payment has become by asking."""
    now = Payment.objects.get(pk=payment.pk)
    if now.status == payment.status:
        return str(refusal)
    return _("%(refusal)s It is now: %(status)s.") % {
        "refusal": refusal,
        "status": now.status_words,
    }


def _page(
    model_admin: "PaymentPermissions",
    request: HttpRequest,
    records: list[Record],
    form: MarkFailedForm,
) -> HttpResponse:
    context = {
        **model_admin.admin_site.each_context(request),
        "title": _("Mark failed"),
        "opts": model_admin.opts,
        "media": model_admin.media,
        "form": form,
        "eligible": [record for record in records if not record.obstacle],
        "skipped": [record for record in records if record.obstacle],
        "filters": filters_of(request),
        "list_address": list_address(request),
    }
    return TemplateResponse(request, TEMPLATE, context)

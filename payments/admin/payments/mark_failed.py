"""Before "Mark failed…" is done: the records, what speaks against them, and the reason.

A GET shows, a POST does it. Each record carries the version that the person saw, so that one which
has changed in the meantime is refused by name. Where the gateway does not answer, who may override
it gets a second page with those records alone; only its own button goes on without an answer. The
rules are in `services.open_orders.mark_failed`. To ask for one more thing, add a field to
`MarkFailedForm` and hand it on.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from django import forms
from django.contrib import messages
from django.contrib.auth.models import AbstractBaseUser
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from payments.admin.shared import personal_data
from payments.admin.shared.access import require, staff, staff_view
from payments.admin.shared.links import BACK, filters_of, list_url, page_url
from payments.admin.shared.readonly import ReadOnlyAdmin
from payments.admin.shared.ticked_payments import TICKED
from payments.admin.shared.verify_result import ActionResult, Outcome, report
from payments.core.text import filled, whole_number
from payments.errors import Conflict, GatewayUnavailable, NotAllowed
from payments.models import Payment
from payments.selectors.payments.customers import learn_confirmed
from payments.services.open_orders import mark_failed as service
from payments.services.open_orders.mark_failed import MAX_NOTE
from payments.states import FailReason, PaymentStatus

from .actions import MAX_FAILED, each
from .timeline import reason_label

TEMPLATE = "admin/payments/payment/confirm_action.html"
# Posted with the second confirmation, and as the way back to a payment's own page.
WITHOUT_ANSWER = "without_answer"
TO_PAGE = "page"
NO_OVERRIDE = gettext_lazy(
    "Without the gateway's answer, only a person with the right to override it may go on."
)
# As posted or linked: a payment's id, and the version that was seen (None: not seen yet).
Ticked = Mapping[int, int | None]


class MarkFailedForm(forms.Form):
    """Why these payments are marked failed: a code for counting, words for the record."""

    reason = forms.ChoiceField(
        label=gettext_lazy("reason"),
        choices=[("", "---------"), *FailReason.choices],
        initial="",
        error_messages={"required": gettext_lazy("Choose a reason.")},
    )
    note = forms.CharField(
        label=gettext_lazy("explanation"),
        max_length=MAX_NOTE,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=filled(
            gettext_lazy(
                "At most %(limit)s characters. It stays in the payment's history for good."
            ),
            limit=MAX_NOTE,
        ),
        error_messages={"required": gettext_lazy("Say what speaks for it: the record keeps it.")},
    )


class WithoutAnswerForm(MarkFailedForm):
    """The second confirmation, without the gateway's answer: the same reason, and a clear yes."""

    reason = forms.ChoiceField(choices=FailReason.choices, widget=forms.HiddenInput)
    note = forms.CharField(max_length=MAX_NOTE, widget=forms.HiddenInput)
    confirmed = forms.BooleanField(
        label=gettext_lazy("The gateway does not answer. Mark failed all the same."),
        help_text=gettext_lazy("Your name and the missing answer are recorded with the reason."),
    )


@dataclass(frozen=True, slots=True)
class Record:
    """One ticked payment on the page. `obstacle` says why it is left out, None if it is not."""

    payment: Payment
    version: int
    obstacle: str | Promise | None
    customer: str


def may_override(request: HttpRequest) -> bool:
    """Whether this person may go on without the gateway's answer."""
    return request.user.has_perm("payments.override_gateway_payment")


@staff_view("mark_failed")
def mark_failed(model_admin: ReadOnlyAdmin, request: HttpRequest) -> HttpResponseBase:
    """Show the records and ask for the reason (GET), or mark them failed (POST)."""
    if request.method != "POST":
        return _page(model_admin, request, _records(request, _linked(request)), MarkFailedForm())
    overriding = WITHOUT_ANSWER in request.POST
    require(not overriding or may_override(request))
    records = _records(request, _posted(request))
    form = WithoutAnswerForm(request.POST) if overriding else MarkFailedForm(request.POST)
    if not form.is_valid():
        return _page(model_admin, request, records, form)
    if not records:
        messages.warning(request, _("No payment matches. Nothing was done."))
        return HttpResponseRedirect(_way_back(request, records))
    results = _mark(records, staff(request), form, override_silence=overriding)
    report(request, results)
    return _after(model_admin, request, records, results, form)


def _after(
    model_admin: ReadOnlyAdmin,
    request: HttpRequest,
    records: list[Record],
    results: list[ActionResult],
    form: MarkFailedForm,
) -> HttpResponseBase:
    """Back to where one was; or, for who may go on without an answer, the second confirmation."""
    unanswered = {result.merchant_uid for result in results if result.outcome is Outcome.UNKNOWN}
    if not unanswered:
        return HttpResponseRedirect(_way_back(request, records))
    if not may_override(request):
        messages.info(request, NO_OVERRIDE)
        return HttpResponseRedirect(_way_back(request, records))
    remaining = [
        record.payment.pk for record in records if record.payment.merchant_uid in unanswered
    ]
    again = WithoutAnswerForm(initial=form.cleaned_data)
    # Read anew: asking has left its rows, so these are the versions that this page shows.
    return _page(model_admin, request, _records(request, dict.fromkeys(remaining)), again)


def _way_back(request: HttpRequest, records: list[Record]) -> str:
    """The list; or the payment's page, if the one payment was picked there."""
    back = request.POST.get(BACK) or request.GET.get(BACK)
    if back == TO_PAGE and len(records) == 1:
        return page_url(request, records[0].payment.pk)
    return list_url(request)


def _linked(request: HttpRequest) -> Ticked:
    return {pk: None for text in request.GET.getlist(TICKED) if (pk := whole_number(text))}


def _posted(request: HttpRequest) -> Ticked:
    """A version that is no number is 0, which no payment has: not None, as if none was seen."""
    pairs = (text.partition(":") for text in request.POST.getlist("record"))
    return {
        pk: whole_number(version) or 0
        for text, _colon, version in pairs
        if (pk := whole_number(text))
    }


def _records(request: HttpRequest, ticked: Ticked) -> list[Record]:
    ids = list(ticked)[:MAX_FAILED]
    unmasked = personal_data.on_record(request, query=urlencode([(TICKED, pk) for pk in ids]))
    payments = Payment.objects.filter(pk__in=ids).select_related("user").order_by("-pk")
    learn_confirmed(payment.user for payment in payments)
    return [
        _record(payment, ticked[payment.pk], personal_data.email(payment.user, unmasked=unmasked))
        for payment in payments
    ]


def _record(payment: Payment, seen: int | None, customer: str) -> Record:
    version = payment.version if seen is None else seen
    obstacle: str | Promise | None = None
    if version != payment.version:
        obstacle = Conflict.message
    elif payment.status != PaymentStatus.READY:
        obstacle = service.NOT_OPEN
    return Record(payment, version, obstacle, customer)


def _mark(
    records: list[Record],
    actor: AbstractBaseUser,
    form: MarkFailedForm,
    *,
    override_silence: bool,
) -> list[ActionResult]:
    by_id = {record.payment.pk: record for record in records}

    def mark(payment: Payment) -> ActionResult:
        record = by_id[payment.pk]
        if record.obstacle:
            return ActionResult(payment.merchant_uid, Outcome.REFUSED, str(record.obstacle))
        try:
            failed = service.mark_failed(
                payment=payment,
                actor=actor,
                reason=FailReason(form.cleaned_data["reason"]),
                note=form.cleaned_data["note"],
                expected_version=record.version,
                override_silence=override_silence,
            )
        except GatewayUnavailable as unavailable:
            return ActionResult(payment.merchant_uid, Outcome.UNKNOWN, str(unavailable))
        except (NotAllowed, Conflict) as refusal:
            return ActionResult(payment.merchant_uid, Outcome.REFUSED, _refusal(payment, refusal))
        message = _("Marked failed: %(reason)s") % {"reason": failed.fail_reason}
        return ActionResult(payment.merchant_uid, Outcome.CHANGED, message)

    return list(each((record.payment for record in records), mark))


def _refusal(payment: Payment, refusal: NotAllowed | Conflict) -> str:
    """Why not, and what the payment has become by asking."""
    now = Payment.objects.get(pk=payment.pk)
    if now.status == payment.status:
        return str(refusal)
    return _("%(refusal)s It is now: %(status)s.") % {
        "refusal": refusal,
        "status": now.status_label,
    }


def _page(
    model_admin: ReadOnlyAdmin,
    request: HttpRequest,
    records: list[Record],
    form: MarkFailedForm,
) -> HttpResponseBase:
    eligible = [record for record in records if not record.obstacle]
    return model_admin.render_page(
        request,
        TEMPLATE,
        title=_("Mark failed"),
        media=model_admin.media,
        form=form,
        without_answer=isinstance(form, WithoutAnswerForm),
        reason_label=reason_label(str(form["reason"].value() or "")),
        eligible=eligible,
        skipped=[record for record in records if record.obstacle],
        total=sum(record.payment.amount for record in eligible),
        back=request.POST.get(BACK) or request.GET.get(BACK) or "",
        filters=filters_of(request),
        list_url=list_url(request),
        way_back=_way_back(request, records),
    )

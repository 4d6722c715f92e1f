"""Webhooks processed again because a person asks for it: one from its page, or those ticked.

Few are done while the person waits, more become a background task; each is on record with who asked
and what came of it (`WebhookReplay`). To put a result in other words: `_summary`.
"""

from collections import Counter
from collections.abc import Sequence

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from payments import tasks
from payments.admin.shared.access import staff, staff_view
from payments.admin.shared.readonly import ReadOnlyAdmin
from payments.models import UNSETTLED, DeliveryOutcome, WebhookDelivery, WebhookReplay
from payments.services import webhooks

# So many are done while the person waits.
DONE_AT_ONCE = 20
MAX_ASKED = 10_000
# The list's parameter that shows what one request was about.
BATCH = "replays__batch"


@staff_view("replay", methods=["POST"])
def replay(model_admin: ReadOnlyAdmin, request: HttpRequest, pk: int) -> HttpResponseBase:
    """Process one again, and go back to its page."""
    delivery = get_object_or_404(WebhookDelivery.objects.select_related("payment"), pk=pk)
    if delivery.has_id:
        _report(request, webhooks.replay_now(deliveries=[delivery], actor=staff(request)))
    else:
        messages.warning(request, _("It names no payment to ask about. Nothing was done."))
    return HttpResponseRedirect(reverse("admin:payments_webhookdelivery_change", args=[pk]))


@admin.action(permissions=["replay"], description=gettext_lazy("Process again"))
@staff_view("replay", methods=["POST"])
def replay_selected(
    model_admin: ReadOnlyAdmin, request: HttpRequest, deliveries: QuerySet[WebhookDelivery]
) -> HttpResponseBase:
    """Process those that name a payment again: at once, or more of them in the background."""
    asked = deliveries.filter(imp_uid__startswith="imp").select_related("payment").order_by("pk")
    rows = list(asked[: MAX_ASKED + 1])
    if not rows:
        messages.warning(request, _("None of them names a payment to ask about."))
    elif len(rows) > MAX_ASKED:
        message = _("At most %(limit)s webhooks at once. Nothing was done; narrow the list first.")
        messages.error(request, message % {"limit": f"{MAX_ASKED:,}"})
    elif len(rows) > DONE_AT_ONCE:
        _queue(request, rows)
    else:
        _report(request, webhooks.replay_now(deliveries=rows, actor=staff(request)))
    return HttpResponseRedirect(request.get_full_path())


def _queue(request: HttpRequest, rows: Sequence[WebhookDelivery]) -> None:
    batch = webhooks.replay_later(
        deliveries=rows, actor=staff(request), enqueue=tasks.replay_webhooks.enqueue
    )
    message = _("%(count)s webhooks are processed again in the background.")
    _say(request, messages.SUCCESS, message % {"count": f"{len(rows):,}"}, batch)


def _report(request: HttpRequest, replays: Sequence[WebhookReplay]) -> None:
    is_fine = all(replay.done_at and replay.outcome not in UNSETTLED for replay in replays)
    level = messages.SUCCESS if is_fine else messages.WARNING
    _say(request, level, _summary(replays), replays[0].batch if len(replays) > 1 else "")


def _summary(replays: Sequence[WebhookReplay]) -> str:
    """The counts by what came of them: "3 webhooks: Applied 1, Nothing new 2"."""
    counts = Counter(replay.outcome for replay in replays if replay.done_at)
    parts = [
        _("%(ending)s %(count)s") % {"ending": outcome.label, "count": f"{counts[outcome]:,}"}
        for outcome in DeliveryOutcome
        if counts[outcome]
    ]
    if waiting := len(replays) - counts.total():
        parts.append(_("no answer, so left for later %(count)s") % {"count": waiting})
    number = len(replays)
    head = ngettext(
        "%(count)s webhook processed again", "%(count)s webhooks processed again", number
    )
    return f"{head % {'count': number}}: {', '.join(parts)}"


def _say(request: HttpRequest, level: int, message: str, batch: str) -> None:
    """A message; of several deliveries with a link to them as they are now."""
    if not batch:
        messages.add_message(request, level, message)
        return
    url = f"{reverse('admin:payments_webhookdelivery_changelist')}?{urlencode({BATCH: batch})}"
    link = format_html('{} <a href="{}">{}</a>', message, url, _("Show them"))
    messages.add_message(request, level, link)

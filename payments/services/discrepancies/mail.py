"""The mail that says what does not agree since the last one, to the e-mails that are configured.

Names amounts and order numbers, no person. At least once: a discrepancy counts as mailed only when
the mail was handed over, so a mail server that is down costs a delay, never a message.
"""

from collections.abc import Mapping, Sequence

from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from payments import conf
from payments.core.kst import stamp
from payments.core.money import with_separators
from payments.core.text import clean
from payments.models import Bucket, Discrepancy
from payments.selectors.discrepancies import foreign_amount_at_risk, totals

# More lines than this nobody reads in a mail; the figures are of all of them.
LINES = 50
# Where they are worked off, at the URL of this installation.
PATH = "/admin/payments/discrepancy/"
_AT_ONCE = 500


def send_news() -> int:
    """Mail what is open and was not mailed yet; how many that is, 0 without anybody to mail to."""
    schedule = conf.schedule()
    if not schedule.mail_to:
        return 0
    news = Discrepancy.objects.filter(is_open=True, mailed_at=None)
    ids = list(news.order_by("pk").values_list("pk", flat=True))
    if not ids:
        return 0
    rows = Discrepancy.objects.filter(pk__in=ids[:LINES]).prefetch_related("lines")
    listed, figures = list(rows.order_by("pk")), totals(news.filter(pk__lte=ids[-1])).by_bucket
    with translation.override(schedule.mail_language):
        subject, body = _message(len(ids), figures, listed, schedule.site_url)
        send_mail(subject, body, None, list(schedule.mail_to))
    _mark_mailed(ids)
    return len(ids)


def _mark_mailed(ids: Sequence[int]) -> None:
    for start in range(0, len(ids), _AT_ONCE):
        some = Discrepancy.objects.filter(pk__in=ids[start : start + _AT_ONCE])
        some.update(mailed_at=timezone.now())


def _message(
    number: int, figures: Mapping[str, int], listed: Sequence[Discrepancy], site_url: str
) -> tuple[str, str]:
    """Subject and text."""
    subject = ngettext(
        "%(number)s new difference with the gateway",
        "%(number)s new differences with the gateway",
        number,
    ) % {"number": number}
    context = {
        "subject": subject,
        "figures": [(bucket.label, figures[bucket]) for bucket in Bucket if bucket in figures],
        "lines": [_line(discrepancy) for discrepancy in listed],
        "left_out": number - len(listed),
        "where": f"{site_url}{PATH}",
    }
    body = render_to_string("payments/mail/discrepancies.txt", context)
    return f"[Backoffice] {subject}", body


def _line(discrepancy: Discrepancy) -> str:
    again = _("opened again")
    what = ", ".join(str(bucket.label) for bucket in discrepancy.buckets)
    parts = (
        f"{what} ({again})" if discrepancy.times_opened > 1 else what,
        foreign_amount_at_risk(discrepancy)
        or _("₩%(amount)s") % {"amount": with_separators(discrepancy.amount)},
        # A number that comes from the gateway may hold anything, a line break too.
        clean(" ".join(discrepancy.merchant_uid.split())),
        clean(discrepancy.imp_uid),
        stamp(discrepancy.found_at),
    )
    return " · ".join(parts)

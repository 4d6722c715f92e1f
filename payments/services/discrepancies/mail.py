"""The mail that says what does not agree since the last one, to the addresses that are configured.

Names amounts and order numbers, no person. At least once: a discrepancy counts as told only when
the mail was handed over, so a mail server that is down costs a delay, never a message.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from payments import conf
from payments.core.kst import stamp
from payments.core.money import with_separators
from payments.models import Bucket, Discrepancy
from payments.selectors.discrepancies import foreign_stake

# More lines than this nobody reads in a mail; the figures are of all of them.
LINES = 50
# Where they are worked off, at the address of this installation.
WHERE = "/admin/payments/discrepancy/"
_AT_ONCE = 500


def send_news() -> int:
    """Mail what is open and was not mailed yet; how many were told of, 0 without an address."""
    told = conf.schedule()
    if not told.mail_to:
        return 0
    news = Discrepancy.objects.filter(is_open=True, mailed_at=None)
    buckets = dict(news.order_by("pk").values_list("pk", "bucket"))
    ids = list(buckets)
    if not ids:
        return 0
    shown = list(Discrepancy.objects.filter(pk__in=ids[:LINES]).order_by("pk"))
    with translation.override(told.mail_language):
        subject, body = _words(Counter(buckets.values()), shown, told.site_url)
        send_mail(subject, body, None, list(told.mail_to))
    _mark_mailed(ids)
    return len(ids)


def _mark_mailed(ids: Sequence[int]) -> None:
    for start in range(0, len(ids), _AT_ONCE):
        some = Discrepancy.objects.filter(pk__in=ids[start : start + _AT_ONCE])
        some.update(mailed_at=timezone.now())


def _words(
    figures: Mapping[str, int], shown: Sequence[Discrepancy], site_url: str
) -> tuple[str, str]:
    number = sum(figures.values())
    subject = ngettext(
        "%(number)s new difference with the gateway",
        "%(number)s new differences with the gateway",
        number,
    ) % {"number": number}
    context = {
        "subject": subject,
        "figures": [(one.label, figures[one]) for one in Bucket if one in figures],
        "lines": [_line(discrepancy) for discrepancy in shown],
        "left_out": number - len(shown),
        "where": f"{site_url}{WHERE}",
    }
    body = render_to_string("payments/mail/discrepancies.txt", context)
    return f"[Backoffice] {subject}", body


def _line(discrepancy: Discrepancy) -> str:
    again = _("opened again")
    what = str(discrepancy.get_bucket_display())
    parts = (
        f"{what} ({again})" if discrepancy.times_opened > 1 else what,
        foreign_stake(discrepancy)
        or _("₩%(amount)s") % {"amount": with_separators(discrepancy.amount)},
        # A number that comes from the gateway may hold anything, a line break too.
        " ".join(discrepancy.merchant_uid.split()),
        discrepancy.imp_uid,
        stamp(discrepancy.found_at),
    )
    return " · ".join(parts)

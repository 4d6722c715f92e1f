"""Erasing what says who bought: for a customer who asks for it, and for good.

The buyer's name and telephone and the depositor's name stand on the payment and nowhere else; the
holder of a virtual account is under a hash in masked form alone, so it is brought to that form. The
act is a row of the ledger, and no later answer fills the three again. Erase another field: add it
to `models.payment.ASIDE`.
"""

from django.contrib.auth.models import AbstractBaseUser
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from payments import ledger
from payments.core.masking import mask
from payments.core.text import clean_lines
from payments.errors import NotAllowed
from payments.ledger import Entry
from payments.locks import locked_payment
from payments.models import Payment
from payments.models.payment import ASIDE
from payments.services.access_log import MAX_REASON, MIN_REASON
from payments.states import EventKind, Source

REASON_NEEDED = _("Say in a few words why it is erased: at least %(limit)s characters.")
ERASED_ALREADY = _("The personal data of this payment has been erased already.")


def erase(
    *,
    payment: Payment,
    actor: AbstractBaseUser,
    reason: str,
    source: Source = Source.ADMIN,
) -> Payment:
    """Erase it in the name of `actor`; `reason` stays in the payment's history.

    Raises NotAllowed without a reason, or if it has been erased already.
    """
    note = clean_lines(reason)[:MAX_REASON]
    if len(note) < MIN_REASON:
        raise NotAllowed(REASON_NEEDED % {"limit": MIN_REASON})
    with locked_payment(payment.pk) as locked:
        if locked.personal_erased_at:
            raise NotAllowed(ERASED_ALREADY)
        ledger.append(payment=locked, entry=_entry(locked, actor, note, source))
    return locked


def _entry(payment: Payment, actor: AbstractBaseUser, note: str, source: Source) -> Entry:
    holder = payment.vbank_holder
    changes = {"vbank_holder": mask(holder)} if holder else {}
    return Entry(
        kind=EventKind.ERASED,
        source=source,
        key=str(EventKind.ERASED),
        actor=actor,
        note=note,
        changes={"personal_erased_at": timezone.now(), **changes},
        aside=dict.fromkeys(ASIDE, ""),
    )

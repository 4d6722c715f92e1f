"""Notes that staff leave on a payment: words for colleagues, which change nothing else.

A note is a row of the ledger like any other: it stays for good, with its author. To put more into a
note, extend its `Entry` below.
"""

import uuid

from django.contrib.auth.models import AbstractBaseUser
from django.utils.translation import gettext_lazy as _

from payments import ledger
from payments.core.text import clean_lines, filled
from payments.errors import NotAllowed
from payments.ledger import Entry
from payments.locks import locked_payment
from payments.models import Payment, PaymentEvent
from payments.states import EventKind, Source

MAX_NOTE = 500

TEXT_NEEDED = _("A note needs words: write what a colleague should know, then save it.")
TOO_LONG = filled(
    _("A note has at most %(limit)s characters. Shorten it, or write two."), limit=MAX_NOTE
)


def add_note(
    *, payment: Payment, actor: AbstractBaseUser, text: str, source: Source = Source.ADMIN
) -> PaymentEvent:
    """Append a note in the name of `actor`. Status and amounts stay as they are.

    The same words by the same person twice in a row are one note: a double click leaves no trace.
    Raises NotAllowed if there are no words or too many.
    """
    note = clean_lines(text)
    if not note:
        raise NotAllowed(TEXT_NEEDED)
    if len(note) > MAX_NOTE:
        raise NotAllowed(TOO_LONG)
    with locked_payment(payment.pk) as locked:
        if (newest := _newest_if_same(locked, actor, note)) is not None:
            return newest
        entry = Entry(
            kind=EventKind.NOTE,
            source=source,
            key=f"note:{uuid.uuid4().hex}",
            actor=actor,
            note=note,
        )
        return ledger.append(payment=locked, entry=entry)


def _newest_if_same(payment: Payment, actor: AbstractBaseUser, note: str) -> PaymentEvent | None:
    newest = payment.events.order_by("-sequence").first()
    if newest is None or newest.kind != EventKind.NOTE:
        return None
    is_same = newest.actor_id == actor.pk and newest.note == note
    return newest if is_same else None

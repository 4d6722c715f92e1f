"""The ledger's rows: append-only, numbered per payment, chained by hash.

Rows are written by `payments.ledger` alone. This model, its queryset and a database trigger
(`payments.migrations._append_only_triggers`) each refuse an update or a delete by themselves.
"""

import json
from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from payments.core.db.append_only import AppendOnlyModel
from payments.states import EventKind, PaymentStatus, Source

from .payment import Payment


class PaymentEvent(AppendOnlyModel):
    """One thing that happened to a payment. Amount in won, time in UTC."""

    # Looked up by the index of its number (`event_sequence_unique`).
    payment = models.ForeignKey(
        Payment, on_delete=models.PROTECT, related_name="events", db_index=False
    )
    sequence = models.PositiveIntegerField(_("number"))
    recorded_at = models.DateTimeField(_("recorded at"))
    kind = models.CharField(_("what"), max_length=24, choices=EventKind)
    source = models.CharField(_("source"), max_length=16, choices=Source)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("who"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
    )
    # A copy: a later change of name must not change who it was. Of a customer there is none.
    actor_name = models.CharField(_("name at the time"), max_length=254, blank=True)
    reason_code = models.CharField(_("reason"), max_length=64, blank=True)
    note = models.TextField(_("note"), blank=True)
    status_before = models.CharField(max_length=16, choices=PaymentStatus, blank=True)
    status_after = models.CharField(max_length=16, choices=PaymentStatus)
    amount = models.BigIntegerField(_("amount"), default=0)
    imp_uid = models.CharField(_("PortOne payment id"), max_length=32, blank=True)
    idempotency_key = models.CharField(max_length=120)
    # Which fields of the payment this row sets, and to what: the projection is their sum.
    changes = models.JSONField(default=dict)
    # JSON as text, not jsonb: the hash is over exactly what is stored.
    answer = models.TextField(_("gateway's answer, personal data masked"), blank=True)
    previous_hash = models.CharField(max_length=64, blank=True)
    hash = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        default_permissions = ("view",)
        ordering = ("payment_id", "sequence")
        constraints = [
            models.UniqueConstraint(fields=["payment", "sequence"], name="event_sequence_unique"),
            models.UniqueConstraint(fields=["payment", "idempotency_key"], name="event_key_unique"),
            models.CheckConstraint(condition=~models.Q(idempotency_key=""), name="event_has_key"),
        ]

    def __str__(self) -> str:
        return f"{self.payment_id}/{self.sequence} {self.kind}"

    @property
    def answer_data(self) -> dict[str, Any]:
        """The gateway's answer as a dict, {} where there was none."""
        return json.loads(self.answer) if self.answer else {}

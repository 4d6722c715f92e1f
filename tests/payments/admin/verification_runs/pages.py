"""URLs of a run, and what becomes of its payments."""

from typing import Any

from django.urls import reverse
from django.utils import timezone

from payments.models import ItemOutcome, VerificationItem, VerificationRun

HTMX = {"hx-request": "true"}


def page(run: VerificationRun, part: str = "change") -> str:
    return reverse(f"admin:payments_verificationrun_{part}", args=[run.pk])


def settle(run: VerificationRun, outcome: ItemOutcome, number: int, **fields: Any) -> list[int]:
    """So many of those that wait come out so; their payments."""
    waiting = list(run.items.filter(outcome=ItemOutcome.WAITING).order_by("pk")[:number])
    items = VerificationItem.objects.filter(pk__in=[item.pk for item in waiting])
    items.update(outcome=outcome, settled_at=timezone.now(), attempts=1, **fields)
    return [item.payment_id for item in waiting]


def change(run: VerificationRun, **fields: Any) -> None:
    VerificationRun.objects.filter(pk=run.pk).update(**fields)

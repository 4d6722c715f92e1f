"""Whether our clocks and the gateway's agree, as every process sees it: from the shared row."""

from datetime import datetime

from payments.models import ClockComparison


def comparison() -> ClockComparison | None:
    """The last one; None before the first."""
    return ClockComparison.objects.filter(pk=ClockComparison.ROW).first()


def apart() -> ClockComparison | None:
    """The last one if by it the clocks are too far apart, None if all is well."""
    last = comparison()
    return last if last is not None and last.is_apart else None


def last_apart_at() -> datetime | None:
    """When, by the gateway's clock, ours were last too far from it; None if they never were."""
    last = comparison()
    return last.apart_at if last is not None else None

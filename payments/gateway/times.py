"""What the gateway's answers say about the time, kept for `services.clock` to judge."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from payments.iamport import TimeSource


@dataclass(frozen=True, slots=True)
class HeardTime:
    """What time it was at the gateway, and when we heard it, by this machine's monotonic clock."""

    at: datetime
    monotonic: float

    def carried_on(self, monotonic: float) -> datetime:
        """What time it is there now."""
        return self.at + timedelta(seconds=monotonic - self.monotonic)


# The latest of each source: a wrong one must not be hidden by the other.
_heard: dict[TimeSource, HeardTime] = {}


def hear(source: TimeSource, unix: float) -> None:
    """An answer has told the gateway's time."""
    _heard[source] = HeardTime(datetime.fromtimestamp(unix, UTC), time.monotonic())


def heard_times() -> list[HeardTime]:
    """What the gateway's answers said to this process about the time, the latest of each source."""
    return list(_heard.values())


def forget_times() -> None:
    """As in a new process: for tests, which share one."""
    _heard.clear()

"""An outage of the database, as a worker lives through it: how long to wait, and what is logged.

The worker and its heartbeat notice the same outage; together they log one line when it begins and
one when it is over.
"""

import logging
import threading
import time

from payments.core.db.away import reason

logger = logging.getLogger(__name__)

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 10.0  # seconds; also how soon after an outage the work goes on


class Outage:
    """Shared by the threads of one worker."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._began: float | None = None

    def notice(self, error: BaseException) -> None:
        """The database is away."""
        with self._lock:
            if self._began is None:
                self._began = time.monotonic()
                logger.warning("the database is away, waiting", extra={"reason": reason(error)})

    def end(self) -> None:
        """The database answers."""
        with self._lock:
            if self._began is not None:
                seconds = round(time.monotonic() - self._began, 1)
                logger.warning("the database is back", extra={"seconds": seconds})
                self._began = None


def pause_after(failures: int) -> float:
    """Seconds to wait after so many tries in a row that failed: doubling, up to the longest."""
    return float(min(FIRST_PAUSE * 2.0 ** min(failures, 10), LONGEST_PAUSE))

"""The gateway's book beside ours, for some Korean days: no payment of either side is left out.

One pass reads both sides in the same order (`streams`), so neither is held in memory. What agrees
is done; the rest is looked at once more by id (`recheck`), and what still differs is filed in
`services.discrepancies.queue` (`classify`). `worker` is a worker's part, `control` what people do
with a run, `finished_days` what the daily close asks for. Nothing here writes to a payment.
"""

from .control import pause, resume, stalled, start, stop
from .finished_days import is_enough, of_finished_day
from .worker import work

__all__ = [
    "is_enough",
    "of_finished_day",
    "pause",
    "resume",
    "stalled",
    "start",
    "stop",
    "work",
]

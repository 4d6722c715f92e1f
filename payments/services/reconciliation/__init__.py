"""The gateway's book beside ours, for some Korean days: no payment of either side is left out.

One pass reads both sides in the same order (`sides`), so neither is held in memory. What agrees is
done; the rest is looked at once more by id (`second_look`), and what still differs is filed in
`services.discrepancies.queue`. `working` is a worker's part, `asking` what people do with a run,
`finished_days` what the daily close asks for. Nothing here writes to a payment.
"""

from .control import forgotten, pause, resume, start, stop
from .finished_days import is_enough, of_finished_day
from .worker import work

__all__ = [
    "forgotten",
    "is_enough",
    "of_finished_day",
    "pause",
    "resume",
    "start",
    "stop",
    "work",
]

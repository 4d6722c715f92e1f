"""How the installation is: one question for the probes, for `manage.py status`, for a monitor.

Six things are asked about, each a `Component` with a state in one word and a sentence for whoever
runs the installation:

| component | states |
| --- | --- |
| database | ok; gone, silent, full, readonly, unmigrated, broken (down); busy (degraded) |
| migrations | ok; missing (down) |
| worker | ok; never, silent, busy (degraded) |
| schedule | ok; never, late (degraded) |
| gateway | ok, unasked; silent, refused (degraded) |
| clock | ok, uncompared; apart (degraded) |

`unknown` is what could not be asked. The installation is `down` if no page can be served as it
should, `degraded` if pages are served and somebody has to look.

`ask` is the door, bounded in time. To ask about another thing: a function in `database` (without
it nothing works) or `work` (somebody has to look), and its place in `examine`.
"""

from .ask import ask
from .component import Component, Health, Status

__all__ = ["Component", "Health", "Status", "ask"]

"""Who used the processor meanwhile: seconds by kind of process, from Linux's `/proc`.

For a load on one machine, where server, database and those who ask share the cores: what is the
limit when all of them are busy. To tell another kind of process apart: a line in `KINDS`. And for
this process alone, with the one of the server that does its work (`used_for_us`).
"""

import os
import time
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

from django.db import connection

# Words of a command line, the first that fits.
KINDS = {
    "gunicorn": "web",
    "manage.py worker": "worker",
    "postgres": "database",
    "sandbox": "stand-in",
}
ASKING = "asking"
_TICKS = os.sysconf("SC_CLK_TCK")


def used_for_us() -> float:
    """Processor seconds so far of this process and of its PostgreSQL backend, where it runs here.

    What the backend lets parallel workers do is not in it.
    """
    ours = time.process_time()
    if connection.vendor != "postgresql" or connection.connection is None:
        return ours
    backend = Path(f"/proc/{connection.connection.info.backend_pid}/schedstat")
    # Nanoseconds, where `stat` counts in hundredths of a second.
    return ours + int(backend.read_text().split()[0]) / 1e9 if backend.exists() else ours


def used() -> dict[str, float]:
    """Processor seconds so far of each kind, with those of children that have ended."""
    seconds: defaultdict[str, float] = defaultdict(float)
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            kind = _kind(folder)
            # After the name, which may hold spaces: utime, stime, cutime, cstime (proc(5)).
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it has ended meanwhile
        # What our own children used is theirs.
        ticks = fields[11:13] if kind == ASKING else fields[11:15]
        seconds[kind] += sum(map(int, ticks)) / _TICKS
    return {kind: total for kind, total in seconds.items() if kind}


def _kind(folder: Path) -> str:
    if folder.name == str(os.getpid()):
        return ASKING
    command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    return next((kind for words, kind in KINDS.items() if words in command), "")


def shares(*, since: Mapping[str, float], wall: float, deliveries: int) -> str:
    """One line: each kind's share of all cores in so many seconds, and what a delivery cost."""
    cores = os.cpu_count() or 1
    seconds = {kind: total - since.get(kind, 0.0) for kind, total in used().items()}
    each = sum(seconds.values()) / max(deliveries, 1)
    parts = ", ".join(
        f"{kind} {spent / (wall * cores):.0%}"
        for kind, spent in sorted(seconds.items(), key=lambda one: -one[1])
    )
    return (
        f"{cores} cores: {parts}; {each * 1_000:.2f} ms of processor for a delivery and what "
        f"goes with it: at most {cores / each:,.0f} a second"
    )

"""What is going on, on stderr; what came of it goes elsewhere."""

import sys
import time

_BEGIN = time.monotonic()


def say(what: str) -> None:
    """One line, with the seconds since the beginning."""
    print(f"{time.monotonic() - _BEGIN:7.0f} s  {what}", file=sys.stderr, flush=True)

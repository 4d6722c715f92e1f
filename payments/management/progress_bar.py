"""How far a run is, on a terminal: a bar that is drawn over itself, or a line now and then.

For commands that work in the foreground. Goes to the standard error stream, so that the standard
output holds the result alone.
"""

import shutil
from dataclasses import dataclass, field

from django.core.management.base import OutputWrapper

from payments.selectors.verification_runs.progress import Progress

WIDTH = 24
# Without a terminal: a line whenever another tenth is done.
STEPS = 10


def clock(seconds: float | None) -> str:
    """1:05:09, or 5:09; "" if nothing can be said."""
    if seconds is None:
        return ""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def line(progress: Progress) -> str:
    """12,300 of 50,000 (24%), 5,210/s, 0:07 left, 3 differ."""
    counts = progress.counts
    parts = [f"{counts.settled:,} of {progress.run.total:,} ({int(progress.part * 100)}%)"]
    if progress.rate:
        parts.append(f"{progress.rate:,.0f}/s")
    if progress.seconds_left is not None:
        parts.append(f"{clock(progress.seconds_left)} left")
    if counts.differences:
        parts.append(f"{counts.differences:,} differ")
    if progress.run.not_before is not None and progress.run.not_before > progress.at:
        parts.append("the gateway does not answer, waiting")
    return ", ".join(parts)


@dataclass(slots=True)
class ProgressBar:
    """Shows progress on `stream`."""

    stream: OutputWrapper
    _last_step: int = field(default=-1)

    def show(self, progress: Progress) -> None:
        """Draw the bar anew, or write a line if enough has happened since the last one."""
        if self.stream.isatty():
            width = shutil.get_terminal_size().columns - 1
            done = round(progress.part * WIDTH)
            text = f"[{'#' * done}{'.' * (WIDTH - done)}] {line(progress)}"
            self._write(f"\r{text[:width]:<{width}}")
        elif (step := int(progress.part * STEPS)) != self._last_step:
            self._last_step = step
            self._write(f"{line(progress)}\n")

    def end(self) -> None:
        """Leave the bar's line."""
        if self.stream.isatty():
            self._write("\n")

    def _write(self, text: str) -> None:
        # As it is: no colour of an error, no line of its own.
        self.stream.write(text, style_func=str, ending="")
        self.stream.flush()

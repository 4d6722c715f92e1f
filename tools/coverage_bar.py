"""Print the total of a measurement and the modules under the bar; 1 if the total fell below.

`make coverage` runs this after the suite. The floor of the total is `fail_under` in
pyproject.toml. `BAR` is no floor: a module under it calls for a look.
"""

import json
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from coverage import Coverage

BAR = 90.0  # percent of statements and branches that ran


def report_of(measurement: Coverage) -> dict[str, Any]:
    """Coverage's own JSON report (its format 3)."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "coverage.json"
        measurement.json_report(outfile=str(path))
        report: dict[str, Any] = json.loads(path.read_text())
    return report


def modules_under(bar: float, report: dict[str, Any]) -> list[tuple[str, float]]:
    """Path and percent of each module under the bar, the least covered first."""
    percents = {path: file["summary"]["percent_covered"] for path, file in report["files"].items()}
    under = [(path, percent) for path, percent in percents.items() if percent < bar]
    return sorted(under, key=lambda item: item[1])


def main() -> int:
    """Print what was measured last."""
    measurement = Coverage()
    measurement.load()
    report = report_of(measurement)
    total = report["totals"]["percent_covered"]
    floor = float(measurement.get_option("report:fail_under") or 0)  # type: ignore[arg-type]
    for path, percent in modules_under(BAR, report):
        sys.stdout.write(f"{percent:5.1f} %  {path}\n")
    sys.stdout.write(f"{total:5.1f} %  in all, of statements and branches; the floor is {floor}\n")
    return 1 if total < floor else 0


if __name__ == "__main__":
    sys.exit(main())

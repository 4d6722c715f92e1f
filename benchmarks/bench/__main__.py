"""`python -m benchmarks.bench`: one database's part of `make bench` (`python -m benchmarks`).

Everything runs on throw-away data. To measure something that is no page: a module beside `export`,
its name in `PARTS`, its table in `report`.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from django.db import connection

from benchmarks.bench import books, export, inserts, pages, report, staff
from benchmarks.bench.cases import CASES
from benchmarks.bench.progress import say
from benchmarks.harness import scratch_system

SIZES = {"postgresql": (10_000, 100_000, 1_000_000), "sqlite": (10_000, 100_000)}
# Of each page; of what is no page.
ROUNDS, FEW = 15, 3
RESULTS = Path(__file__).resolve().parent.parent / "RESULTS.md"
# What can be asked for besides the cases.
PARTS = ("export", "inserts", "staff")


def main(words: Sequence[str] | None = None) -> None:
    """Measure, and write what came of it. A part alone is printed, and written nowhere."""
    arguments = _arguments(words)
    chosen = [case for case in CASES if _is_wanted(case.name, arguments.only)]
    parts = [part for part in PARTS if _is_wanted(part, arguments.only)]
    if not (chosen or parts):
        raise SystemExit(f"There is no such case. There are: {_names()}.")
    few = min(arguments.rounds, FEW)
    with scratch_system() as stand_in, books.written(sorted({*arguments.rows})) as written:
        results = report.Results(
            machine=report.machine(),
            rounds=arguments.rounds,
            books=written,
            cases=list(pages.measured(written, chosen, arguments.rounds)),
        )
        for book in written:
            if "export" in parts:
                results.exports += export.measured(book, stand_in.url, few)
            if "inserts" in parts:
                results.inserts.append(inserts.measured(book, few))
        if "staff" in parts:
            results.loads = staff.measured(written[-1], stand_in.url, arguments.seconds)
    if arguments.only:
        print(report.section(results))
    else:
        report.write(arguments.into, report.section(results))
        say(f"written into {arguments.into}")


def _arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Pages, sums and exports of the product beside a stock twin.",
        epilog=f"Cases: {_names()}.",
    )
    sizes = SIZES[connection.vendor]
    parser.add_argument("--rows", type=int, nargs="+", default=sizes, help="payments of each book")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="of each page")
    parser.add_argument("--only", nargs="+", default=[], help="parts of the names of cases")
    parser.add_argument("--seconds", type=float, default=20, help="of each load of staff")
    parser.add_argument("--into", type=Path, default=RESULTS, help="the file with the section")
    return parser.parse_args(words)


def _is_wanted(name: str, only: Sequence[str]) -> bool:
    return not only or any(part.lower() in name.lower() for part in only)


def _names() -> str:
    return ", ".join([*(case.name for case in CASES), *PARTS])


if __name__ == "__main__":
    main()

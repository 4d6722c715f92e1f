"""Compares two recorded sides and says what differs, alike differences once."""

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator
from difflib import unified_diff
from filecmp import cmp
from pathlib import Path
from typing import Any

from .sides import say

# Answers whose differences are read line by line; the rest are only counted.
READ = 2_000
LONGEST = 60  # lines of one difference
GOOD = frozenset({"200", "done"})


def answers(folder: Path, viewers: Collection[str]) -> set[str]:
    """What was recorded for these viewers, or for all, as paths below the folder."""
    paths = (path.relative_to(folder) for path in folder.glob("*/*.txt"))
    return {str(path) for path in paths if not viewers or path.parts[0] in viewers}


def report(base: Path, head: Path, *, limit: int, viewers: Collection[str]) -> int:
    """Print what was compared and what differs; how many answers differ."""
    before, after = answers(base, viewers), answers(head, viewers)
    both = before & after
    differing = sorted(name for name in both if not cmp(base / name, head / name, shallow=False))
    alone = sorted(before ^ after)
    _print_viewers(before | after, [*differing, *alone])
    if not viewers:
        _print_reached(base)
    for name in alone[:limit]:
        side, folder = ("base", base) if name in before else ("head", head)
        say(f"\nOnly in {side}: {_first_line(folder / name)} ({name})")
    _print_differences(base, head, differing, limit)
    say(
        f"\n{len(both):,} answers compared, {len(differing):,} differ, "
        f"{len(alone):,} are on one side alone."
    )
    return len(differing) + len(alone)


def _first_line(path: Path) -> str:
    return path.read_text(encoding="utf-8").partition("\n")[0]


def _print_viewers(names: set[str], bad: list[str]) -> None:
    every, wrong = (Counter(name.partition("/")[0] for name in some) for some in (names, bad))
    say(f"{'viewer':24}{'answers':>9}{'differ':>9}")
    for viewer in sorted(every):
        say(f"{viewer:24}{every[viewer]:>9,}{wrong[viewer]:>9,}")


def _print_reached(folder: Path) -> None:
    """Which names of the resolver nobody got a page or a result from."""
    facts: dict[str, Any] = json.loads((folder / "reached.json").read_text())
    statuses: dict[str, list[str]] = defaultdict(list)
    for name, status, _number in facts["reached"]:
        statuses[name].append(status)
    names = [name for name in facts["names"] if name not in {"", "admin:"}]
    missing = [name for name in names if not GOOD & set(statuses[name])]
    reached = len(names) - len(missing)
    say(f"\n{reached} of {len(names)} URL names answered with a page or did what was posted.")
    for name in missing:
        say(f"  not {name}: {' '.join(statuses[name]) or 'never asked for'}")


def _print_differences(base: Path, head: Path, names: list[str], limit: int) -> None:
    alike: dict[str, list[str]] = defaultdict(list)
    for name in names[:READ]:
        lines = list(_difference(base / name, head / name))
        alike["\n".join(lines)].append(name)
    by_number = sorted(alike.items(), key=lambda pair: -len(pair[1]))
    for number, (text, where) in enumerate(by_number[:limit], 1):
        say(f"\n=== {number} of {len(alike)} differences: in {len(where):,} answers, such as")
        for name in where[:3]:
            say(f"    {_first_line(base / name)}  ({name})")
        say(text)


def _difference(base: Path, head: Path) -> Iterator[str]:
    """A unified diff without names and line numbers, so that alike ones are equal."""
    before, after = (path.read_text(encoding="utf-8").splitlines() for path in (base, head))
    lines = list(unified_diff(before, after, "base", "head", n=1, lineterm=""))[2:]
    for line in lines[:LONGEST]:
        yield "@@" if line.startswith("@@") else line
    if len(lines) > LONGEST:
        yield f"... and {len(lines) - LONGEST} lines more"

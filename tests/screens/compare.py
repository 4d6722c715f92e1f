"""`python -m tests.screens.compare --base REV`: does anybody see another thing than before?

Serves one database by the commit BASE and by the working tree (or `--head REV`), and compares what
each viewer gets, answer by answer. Exit code 0: nothing differs. 1: something does. 2: a side could
not be prepared or recorded.
"""

import argparse
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, suppress
from pathlib import Path

from . import sides
from .difference import report
from .sides import ANSWERS, BOOK, GATEWAY, git, say
from .viewers import VIEWERS

SAME, DIFFERS, BROKEN = 0, 1, 2


def main() -> int:
    """Prepare both sides, record them beside each other, say what differs."""
    options = _options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(BROKEN))
    work = Path(tempfile.mkdtemp(prefix="screens-"))
    began = time.monotonic()
    try:
        before = _recorded(options, work)
        if before is None:
            return BROKEN
        folders = before / ANSWERS, work / "head" / ANSWERS
        differing = report(*folders, limit=options.differences, viewers=options.viewers)
        if options.keep:
            for folder in folders:
                shutil.copytree(folder, options.keep / folder.parent.name)
        _cache(before, options)
        say(f"{time.monotonic() - began:.0f} seconds.")
        return DIFFERS if differing else SAME
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.screens.compare", description=__doc__)
    parser.add_argument("--base", help="the commit before (see `default_base`)")
    parser.add_argument("--head", help="the commit after; without it, the files as they are now")
    parser.add_argument("--differences", type=int, default=10, help="so many different differences")
    parser.add_argument("--keep", type=Path, help="leave the answers in this folder, to diff -r")
    parser.add_argument(
        "--cache", type=Path, help="keep in this folder what the base answers, for the next time"
    )
    names = sorted(map(str, VIEWERS))
    parser.add_argument(
        "--viewers", nargs="+", choices=names, default=[], metavar="VIEWER", help=", ".join(names)
    )
    options = parser.parse_args()
    options.base = git("rev-parse", options.base or default_base())
    # As this very version of the package records it.
    entry = f"{options.base[:12]}-{sides.version()}"
    options.kept = options.cache / entry if options.cache else None
    if options.keep:
        options.keep.mkdir(parents=True)
    return options


def default_base() -> str:
    """Where this branch left main; on main, the commit that the files as they are came from."""
    left = git("merge-base", "HEAD", "main")
    if left != git("rev-parse", "HEAD"):
        return left
    return "HEAD" if git("status", "--porcelain", "--untracked-files=no") else "HEAD~1"


def _cache(before: Path, options: argparse.Namespace) -> None:
    target: Path | None = options.kept
    if target is not None and not target.exists() and not options.viewers:
        target.parent.mkdir(parents=True, exist_ok=True)
        with suppress(OSError):  # somebody else was quicker
            shutil.move(before, target)


def _recorded(options: argparse.Namespace, work: Path) -> Path | None:
    """Record what is not kept; the folder of the base's data and answers, None if it failed."""
    say(f"Before: {git('log', '-1', '--format=%h %s', options.base)}")
    kept, before = options.kept, work / "base"
    is_kept = kept is not None and kept.exists()
    before.mkdir()
    with ExitStack() as stack:
        base = stack.enter_context(sides.checkout(options.base, work / "code-base"))
        opened = sides.checkout if options.head else sides.working_tree
        head = stack.enter_context(opened(options.head or "", work / "code-head"))
        if kept is not None and is_kept:
            before = kept
        elif not _fill(base, before, work):
            return None
        trees = {"head": head} if is_kept else {"base": base, "head": head}
        done = _record(trees, base, before, work, options.viewers)
        return before if done else None


def _fill(base: Path, before: Path, work: Path) -> bool:
    say("Filling the database, by the code before ...")
    env = sides.environment(work)
    with (
        sides.gateway(before / GATEWAY, cwd=base, env=env) as url,
        (work / "fill.log").open("w") as log,
    ):
        database = f"sqlite:///{before / BOOK}"
        own = {"DEBUG": "True", "IAMPORT_API_URL": url, "DATABASE_URL": database}
        process = sides.run("book", cwd=base, env=env | own, output=log)
        return _all_end({"fill": process}, work)


def _record(
    trees: dict[str, Path], base: Path, before: Path, work: Path, viewers: list[str]
) -> bool:
    """The sides beside each other, each over its own copies of the base's data."""
    say(f"Recording {' and '.join(trees)} ...")
    with ExitStack() as stack:
        processes = {}
        for name, tree in trees.items():
            own, folder = work / f"run-{name}", before if name == "base" else work / "head"
            own.mkdir()
            env = sides.environment(work, DATABASE_URL=f"sqlite:///{own / BOOK}")
            log = stack.enter_context((work / f"{name}.log").open("w"))
            words = ("record", *map(str, (folder / ANSWERS, base, before)), *viewers)
            processes[name] = sides.run(*words, cwd=tree, env=env, output=log)
        return _all_end(processes, work)


def _all_end(processes: "dict[str, subprocess.Popen[str]]", work: Path) -> bool:
    """Whether all end well; with the first that does not, the others are ended."""
    try:
        while any(process.poll() is None for process in processes.values()):
            if any(process.poll() for process in processes.values()):
                break
            time.sleep(0.2)
        broken = {name: process.poll() for name, process in processes.items() if process.poll()}
    finally:
        for process in processes.values():
            process.terminate()
            process.wait()
    for name, code in broken.items():
        log = (work / f"{name}.log").read_text()
        say(f"{name} ended with {code}:\n{log[-3_000:]}")
    return not broken


if __name__ == "__main__":
    sys.exit(main())

"""`python -m benchmarks`, `make bench`: the product beside a stock twin, on books of three sizes.

In a process with settings that install the twin, as a production runs: on the configured database,
and on SQLite as well where no `--rows` are named. Options: `python -m benchmarks --help`.
"""

import os
import subprocess
import sys
from collections.abc import Sequence

from django.db import connection

from benchmarks.harness import TRIAL

SETTINGS = {
    "DJANGO_SETTINGS_MODULE": "benchmarks.stock.settings",
    "DEBUG": "False",
    "LOG_LEVEL": "ERROR",
    "SECURE_SSL_REDIRECT": "False",
    "STAFF_MFA_REQUIRED": "False",
}


def main(words: Sequence[str]) -> int:
    """0 if everything was measured, on each database."""
    code = _measure(words, {})
    is_whole = not any(word.startswith(("--rows", "--only", "-h", "--help")) for word in words)
    if code == 0 and is_whole and connection.vendor == "postgresql":
        code = _measure(words, {"DATABASE_URL": "sqlite:///var/bench.sqlite3"})
    return code


def _measure(words: Sequence[str], variables: dict[str, str]) -> int:
    command = [sys.executable, "-m", "benchmarks.bench", *words]
    environment = os.environ | TRIAL | SETTINGS | variables
    return subprocess.run(command, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""A PostgreSQL cluster of our own in a folder, for trials and benchmarks.

The machine's own is left alone. As root it is run by the user `postgres`, who owns its folder:
PostgreSQL refuses root. It listens on loopback alone, and trusts whoever asks there.
"""

import os
import pwd
import subprocess
from collections.abc import Mapping
from pathlib import Path

_MISSING = "No PostgreSQL server here: apt-get install -y postgresql"


class Cluster:
    """One cluster: made if it is not there, started, stopped. `owner`: its superuser."""

    def __init__(
        self,
        folder: Path,
        *,
        port: int,
        owner: str = "backoffice",
        options: str = "",
        environment: Mapping[str, str] | None = None,
    ) -> None:
        programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_version)
        if not programs:
            raise SystemExit(_MISSING)
        self.port, self.owner = port, owner
        self._programs, self._folder, self._options = programs[-1], folder, options
        self._environment = {"PATH": os.defpath, "LC_ALL": "C.UTF-8", **(environment or {})}
        self._user = "postgres" if os.getuid() == 0 else None

    def url(self, *, user: str = "", database: str = "postgres") -> str:
        """For DATABASE_URL; without a user, as its owner."""
        return f"postgres://{user or self.owner}@127.0.0.1:{self.port}/{database}"

    def make(self) -> None:
        """Unless it is there already."""
        if (self._folder / "data" / "PG_VERSION").exists():
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        if self._user:
            os.chown(self._folder, pwd.getpwnam(self._user).pw_uid, -1)
        self._run("initdb", "-U", self.owner, "--auth", "trust", "-E", "UTF8", "--no-sync")

    def start(self) -> None:
        """Until it takes connections."""
        # No socket in a folder, whose path may be longer than a socket's may.
        options = f"-p {self.port} -c unix_socket_directories= -c listen_addresses=127.0.0.1 "
        options += self._options
        log = str(self._folder / "postgres.log")
        self._run("pg_ctl", "start", "-w", "-l", log, "-o", options)

    def stop(self, *, mode: str) -> None:
        """`fast`: in good order; `immediate`: as a machine that loses power."""
        self._run("pg_ctl", "stop", "-m", mode, "-w")

    def _run(self, program: str, *words: str) -> None:
        done = subprocess.run(
            [str(self._programs / program), "-D", str(self._folder / "data"), *words],
            check=False,
            env=self._environment,
            cwd="/",
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            user=self._user,
        )
        if done.returncode:
            raise SystemExit(f"{program} failed: {done.stderr.strip()}\nSee {self._folder}.")


def _version(programs: Path) -> float:
    return float(programs.parent.name)

"""What `make run` and `make run-production` start their processes with."""

import shlex
import socket
import sys

HOST = "127.0.0.1"
# How it ends by Ctrl-C, which is no failure.
STOPPED = {130, 143, -2, -15}


def command_line(*words: str) -> str:
    """A command for the shell, run by this very interpreter."""
    return shlex.join([sys.executable, *words])


def check_free(port: int, variable: str, *, target: str) -> None:
    """SystemExit with the way out if nobody could listen there."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise SystemExit(
                f"Port {port} can't be used ({error.strerror}). "
                f"Choose another: make {target} {variable}={port + 10}"
            ) from None


def free_port() -> int:
    """One at which nobody listens now."""
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        port: int = taken.getsockname()[1]
        return port

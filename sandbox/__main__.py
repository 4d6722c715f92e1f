"""python -m sandbox --port N --data FILE [--webhook-url URL] [--host 127.0.0.1] [--verbose]"""

from __future__ import annotations

import argparse
import contextlib
import logging
import signal
import sqlite3
import sys
from types import FrameType
from typing import TextIO

from werkzeug.serving import ThreadedWSGIServer

from sandbox.app import create_app
from sandbox.context import Credentials, Sandbox
from sandbox.server import listen
from sandbox.settings import SettingError, Settings


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description="A stand-in Iamport V1")
    parser.add_argument("--port", type=int, required=True, help="0 picks a free one")
    parser.add_argument("--data", required=True, help="the SQLite file that keeps its state")
    parser.add_argument("--webhook-url", default="", help="the console's webhook URL")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--verbose", action="store_true", help="log every request")
    return parser.parse_args()


def _stop(_number: int, _frame: FrameType | None) -> None:
    """The first signal stops it; a second one must not disturb the stopping."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    raise KeyboardInterrupt


def _say(stream: TextIO, line: str) -> None:
    stream.write(f"sandbox: {line}\n")
    stream.flush()


def main() -> int:
    arguments = _arguments()
    logging.basicConfig(format="%(message)s", level=logging.INFO)
    try:
        settings = Settings().changed({"webhook_url": arguments.webhook_url})
        world = Sandbox.build(arguments.data, settings, Credentials.from_env())
    except (SettingError, sqlite3.Error) as error:
        _say(sys.stderr, f"cannot start: {error}")
        return 1
    try:
        server = listen(create_app(world), arguments.host, arguments.port, arguments.verbose)
    except (OSError, OverflowError) as error:
        where = f"{arguments.host}:{arguments.port}"
        _say(sys.stderr, f"cannot listen on {where}: {error}")
        return 1
    _serve(server, arguments.host)
    world.close()
    return 0


def _serve(server: ThreadedWSGIServer, host: str) -> None:
    with contextlib.suppress(KeyboardInterrupt):
        signal.signal(signal.SIGTERM, _stop)
        signal.signal(signal.SIGINT, _stop)
        _say(sys.stdout, f"listening on http://{host}:{server.port}")
        server.serve_forever(poll_interval=0.1)


if __name__ == "__main__":
    sys.exit(main())

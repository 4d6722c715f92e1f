"""A sandbox in its own process, spoken to over real HTTP, and a shop that hears its webhooks.

`iamport` is the empty sandbox with a valid token. `shop` is a listener for webhooks. `spawn`
starts further sandboxes, for tests of starting and stopping.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
import requests

ROOT = Path(__file__).resolve().parents[2]
TIMEOUT = 20


class Iamport:
    """A caller of the gateway and of its control API."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.session = requests.Session()
        self.session.trust_env = False

    def call(self, method: str, path: str, **kwargs: Any) -> requests.Response:
        kwargs.setdefault("timeout", TIMEOUT)
        return self.session.request(method, self.url + path, **kwargs)

    def get(self, path: str, **params: Any) -> requests.Response:
        return self.call("GET", path, params=params)

    def post(self, path: str, body: Any = None, **kwargs: Any) -> requests.Response:
        return self.call("POST", path, json=body, **kwargs)

    def sign_in(self) -> str:
        body = {"imp_key": "sandbox_key", "imp_secret": "sandbox_secret"}
        token: str = self.post("/users/getToken", body).json()["response"]["access_token"]
        self.session.headers["Authorization"] = f"Bearer {token}"
        return token

    def control(self, method: str, path: str, body: Any = None) -> Any:
        response = self.call(method, f"/_sandbox/{path}", json={} if body is None else body)
        assert response.ok, response.text
        return response.json()

    def pay(self, merchant_uid: str = "order-1", amount: Any = 1000, **more: Any) -> Any:
        body = {"merchant_uid": merchant_uid, "amount": amount, **more}
        return self.control("POST", "payments", body)

    def switch(self, **settings: Any) -> None:
        self.control("POST", "settings", settings)

    def fault(self, kind: str, **more: Any) -> Any:
        return self.control("POST", "faults", {"kind": kind, **more})

    def advance(self, seconds: float) -> None:
        self.control("POST", "clock", {"advance": seconds})

    def now(self) -> int:
        return int(self.control("GET", "clock")["timestamp"])

    def flush(self) -> None:
        self.control("POST", "webhooks/flush", {"timeout": TIMEOUT})

    def webhooks(self) -> list[dict[str, Any]]:
        log: list[dict[str, Any]] = self.control("GET", "webhooks")
        return log

    def open_window(self, **params: Any) -> dict[str, Any]:
        """What the window's script does when a shop calls IMP.request_pay."""
        given = {"merchant_uid": "order-1", "amount": 1000, "pay_method": "card", **params}
        body = {"user_code": "imp00000000", "channel": "pc", "params": given}
        answer: dict[str, Any] = self.post("/window/attempts", body).json()
        return answer

    def press(self, imp_uid: str, action: str, **body: Any) -> dict[str, Any]:
        response = self.post(f"/window/attempts/{imp_uid}/{action}", body)
        assert response.ok, response.text
        answer: dict[str, Any] = response.json()
        return answer


class Process:
    """One `python -m sandbox`."""

    def __init__(self, data: Path, *arguments: str, **environment: str) -> None:
        command = [sys.executable, "-m", "sandbox", "--port", "0", "--data", str(data)]
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("IAMPORT_")}
        self.popen = subprocess.Popen(
            [*command, *arguments],
            cwd=ROOT,
            env={**inherited, **environment},
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.popen.stdout is not None
        self.line = self.popen.stdout.readline()
        match = re.fullmatch(r"sandbox: listening on (http://\S+)\n", self.line)
        assert match, f"the sandbox did not start: {self.line!r}"
        self.url = match.group(1)

    def stop(self) -> int:
        self.popen.terminate()
        code = self.popen.wait(TIMEOUT)
        assert self.popen.stdout is not None
        self.popen.stdout.close()
        return code


# Starts `python -m sandbox` with these arguments and environment.
Spawn = Callable[..., tuple[Process, Iamport]]


@pytest.fixture(scope="session")
def iamport_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    process = Process(tmp_path_factory.mktemp("iamport") / "data.sqlite3")
    yield process
    process.stop()


@pytest.fixture
def iamport(iamport_process: Process) -> Iterator[Iamport]:
    caller = Iamport(iamport_process.url)
    caller.control("POST", "reset")
    caller.sign_in()
    yield caller
    caller.session.close()


@pytest.fixture
def spawn(tmp_path: Path) -> Iterator[Spawn]:
    """Starts a sandbox on a data file of this test; again to restart it."""
    processes: list[Process] = []
    callers: list[Iamport] = []

    def start(*arguments: str, **environment: str) -> tuple[Process, Iamport]:
        process = Process(tmp_path / "data.sqlite3", *arguments, **environment)
        caller = Iamport(process.url)
        processes.append(process)
        callers.append(caller)
        return process, caller

    yield start
    for caller in callers:
        caller.session.close()
    for process in processes:
        if process.popen.poll() is None:
            process.stop()


class Shop(ThreadingHTTPServer):
    """A shop's web server: keeps what it is posted, answers what it is told to."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), ShopHandler)
        self.heard: list[dict[str, Any]] = []
        self.status = 200
        self.headers: dict[str, str] = {}
        self.body = b"ok"
        self.pages: dict[str, tuple[str, str]] = {}
        self.policy = ""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    @property
    def bodies(self) -> list[Any]:
        return [request["body"] for request in self.heard]


class ShopHandler(BaseHTTPRequestHandler):
    server: Shop

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        kind = self.headers.get("Content-Type", "")
        body = dict(parse_qsl(raw)) if "urlencoded" in kind else _json_or_text(raw)
        self.server.heard.append({"path": self.path, "content_type": kind, "body": body})
        self._answer(self.server.status, "application/json", self.server.body)

    def do_GET(self) -> None:
        kind, page = self.server.pages.get(self.path.partition("?")[0], ("text/html", "ok"))
        self._answer(200, f"{kind}; charset=utf-8", page.encode())

    def _answer(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        for name, value in {**self.server.headers, "Content-Type": kind}.items():
            self.send_header(name, value)
        if self.server.policy:
            self.send_header("Content-Security-Policy", self.server.policy)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


def _json_or_text(raw: str) -> Any:
    try:
        return json.loads(raw)
    except ValueError:
        return raw


@pytest.fixture
def shop(iamport: Iamport) -> Iterator[Shop]:
    """Listens, and is set as the console's webhook URL."""
    server = Shop()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    iamport.switch(webhook_url=f"{server.url}/hook")
    yield server
    iamport.control("POST", "reset")
    server.shutdown()
    thread.join()
    server.server_close()

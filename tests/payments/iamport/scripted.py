"""A gateway of a few lines that answers exactly what a test tells it to, over real HTTP.

For shapes, timings and faults that need exact control; what the gateway itself does belongs to the
stand-in gateway, which `test_against_the_stand_in` talks to.
"""

import json
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

TOKEN = "a1b2c3d4" * 5
KEY = "1234567890123456"
SECRET = "s3cr3t" * 14
CARD = "9410123456789012"

Answer = Callable[["Handler"], None]


@dataclass
class Seen:
    method: str
    path: str
    query: list[tuple[str, str]]
    headers: dict[str, str]
    body: Any
    port: int  # the client's, so one per connection


@dataclass
class Gateway:
    """The last answer given for a method and path is repeated for ever."""

    url: str
    seen: list[Seen] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)
    _answers: dict[tuple[str, str], list[Answer]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def on(self, method: str, path: str, *answers: Answer) -> None:
        self._answers[method, path] = list(answers)

    def take(self, seen: Seen) -> Answer:
        with self._lock:
            self.seen.append(seen)
            answers = self._answers.get((seen.method, seen.path))
            if not answers:
                return envelope(None, code=-1, status=404, message="not scripted")
            return answers.pop(0) if len(answers) > 1 else answers[0]

    def calls(self, method: str, path: str) -> list[Seen]:
        return [seen for seen in self.seen if (seen.method, seen.path) == (method, path)]

    @property
    def token_calls(self) -> int:
        return len(self.calls("POST", "/users/getToken"))


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # headers and body leave in one piece, or Nagle makes each call wait 40 ms
    server: "Server"

    def log_message(self, *args: Any) -> None:
        """Silence."""

    def _any(self) -> None:
        target = urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        text = self.rfile.read(length)
        seen = Seen(
            method=self.command,
            path=target.path,
            query=parse_qsl(target.query, keep_blank_values=True),
            headers=dict(self.headers.items()),
            body=json.loads(text) if text else None,
            port=self.client_address[1],
        )
        self.query = dict(seen.query)
        self.server.gateway.take(seen)(self)

    do_GET = do_POST = do_PUT = do_DELETE = _any  # noqa: N815 (http.server's names)

    def reply(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()


class Server(ThreadingHTTPServer):
    daemon_threads = False  # so that server_close waits for every thread
    request_queue_size = 64

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.renew()

    def renew(self) -> Gateway:
        """A gateway that has seen nothing and knows only how to sign in."""
        self.gateway = Gateway(f"http://127.0.0.1:{self.server_address[1]}")
        self.gateway.on("POST", "/users/getToken", token())
        return self.gateway

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is what some tests are about."""


def plain(status: int, body: bytes = b"", **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda handler: handler.reply(status, body, named)


def envelope(
    response: Any, *, code: Any = 0, status: int = 200, message: Any = None, **headers: str
) -> Answer:
    body = json.dumps({"code": code, "message": message, "response": response})
    return plain(status, body.encode(), Content_Type="application/json", **headers)


def refusal(status: int = 200, code: int = 1, message: str = "거절") -> Answer:
    return envelope(None, code=code, status=status, message=message)


GONE = refusal(404, -1, "존재하지 않는 결제정보입니다.")


def html(status: int) -> Answer:
    return plain(status, b"<html><h1>Bad Gateway</h1></html>", Content_Type="text/html")


def token(value: str = TOKEN, *, life: int = 1800, now: int = 1_512_446_940) -> Answer:
    return envelope({"access_token": value, "now": now, "expired_at": now + life})


def hang(handler: Handler) -> None:
    """Takes the request and says nothing until the test is over."""
    handler.server.gateway.released.wait(10)
    handler.close_connection = True


def goodbye(handler: Handler) -> None:
    """Refuses, and hangs up in good manner."""
    handler.close_connection = True
    refusal()(handler)


def cut(handler: Handler) -> None:
    """Hangs up without a word."""
    handler.close_connection = True
    handler.connection.shutdown(socket.SHUT_RDWR)


def torn(handler: Handler) -> None:
    """Hangs up in the middle of the body."""
    handler.close_connection = True
    handler.reply(200, b'{"code": 0, "mess', {"Content-Length": "500"})


def stalled(handler: Handler) -> None:
    """Stops in the middle of the body."""
    handler.reply(200, b'{"code": 0, "mess', {"Content-Length": "500"})
    hang(handler)


def held(gate: threading.Event, answer: Answer) -> Answer:
    """Waits for the gate, then answers."""

    def wait(handler: Handler) -> None:
        gate.wait(10)
        answer(handler)

    return wait


def payment(**changes: Any) -> dict[str, Any]:
    """A paid card payment as the gateway tells it."""
    row: dict[str, Any] = {
        "imp_uid": "imp_448280090638",
        "merchant_uid": "order-1",
        "pay_method": "card",
        "channel": "pc",
        "pg_provider": "html5_inicis",
        "emb_pg_provider": None,
        "pg_tid": "StdpayCARDINIpayTest20260401",
        "pg_id": "INIpayTest",
        "sandbox": False,
        "escrow": False,
        "apply_num": "30000123",
        "bank_code": None,
        "card_code": "366",
        "card_name": "신한카드",
        "card_quota": 0,
        "card_number": CARD,
        "card_type": 1,
        "vbank_num": None,
        "vbank_date": 0,
        "vbank_issued_at": 0,
        "name": "책 한 권",
        "amount": 12000,
        "cancel_amount": 0,
        "currency": "KRW",
        "buyer_name": "김고객",
        "buyer_tel": "010-1234-5678",
        "custom_data": None,
        "status": "paid",
        "started_at": 1_775_000_000,
        "paid_at": 1_775_000_020,
        "failed_at": 0,
        "cancelled_at": 0,
        "fail_reason": None,
        "cancel_history": [],
        "receipt_url": "https://receipt.example/1",
    }
    return row | changes


def page(*rows: Any, total: Any = None) -> Answer:
    """A page of a list; without a `total`, all that there is."""
    count = len(rows) if total is None else total
    return envelope({"total": count, "previous": 0, "next": 0, "list": list(rows)})


@dataclass
class Lists:
    """A gateway's list by status, which may change before each page is answered.

    `times` are the rows by imp_uid with their status times; `cap` is the most that a page holds,
    whatever is asked for. `changes` are made one by one, one before each answer.
    """

    times: dict[str, int]
    cap: int = 1_000
    changes: list[Callable[[dict[str, int]], object]] = field(default_factory=list)

    def __call__(self, handler: Handler) -> None:
        if self.changes:
            self.changes.pop(0)(self.times)
        query = {name: int(value) for name, value in handler.query.items() if value.isdigit()}
        inside = [
            (time, imp_uid)
            for imp_uid, time in self.times.items()
            if query.get("from", 0) <= time <= query.get("to", 2**40)
        ]
        size = min(self.cap, query["limit"])
        start = size * (query["page"] - 1)
        if start and start >= len(inside):
            refusal(400, -1, "페이지")(handler)
            return
        rows = [
            payment(imp_uid=imp_uid, paid_at=time)
            for time, imp_uid in sorted(inside)[start:][:size]
        ]
        page(*rows, total=len(inside))(handler)


def cancelled(**changes: Any) -> dict[str, Any]:
    """An entry of `cancel_history` as the gateway tells it."""
    entry = {"pg_tid": "t", "amount": 1000, "cancelled_at": 20, "reason": "변심"}
    return entry | changes

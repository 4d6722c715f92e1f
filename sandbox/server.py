"""The HTTP server: threads, HTTP/1.1 keep-alive, one buffered write per answer.

Werkzeug's handler closes every connection; this one reads the whole body first, so the next
request line is where it should be. An answer marked CUT is never written; one with a PACE goes out
byte by byte. What a path means is read in api/paths.py.
"""

from __future__ import annotations

import io
import socket
from collections.abc import Callable
from typing import IO, Any, cast

from flask import Flask
from werkzeug.serving import DechunkedInput, ThreadedWSGIServer, WSGIRequestHandler

from sandbox.api.paths import as_routed

CUT = "sandbox.cut"
# Called between two bytes; True: enough of that, the rest at once.
PACE = "sandbox.pace"


class Handler(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 64 * 1024
    timeout = 600

    # What never reaches the app (a broken request line, say) is no HTML page either.
    error_message_format = '{"code":-1,"message":"HTTP %(code)d","response":null}'
    error_content_type = "application/json; charset=utf-8"

    def make_environ(self) -> dict[str, Any]:
        path, mark, query = self.path.partition("?")
        self.path = as_routed(path) + mark + query
        return super().make_environ()

    def run_wsgi(self) -> None:
        if self.headers.get("Expect", "").lower() == "100-continue":
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            self.wfile.flush()
        environ = self.make_environ()
        try:
            environ["wsgi.input"] = io.BytesIO(self._body())
        except ValueError:
            self.send_error(400)
            return
        started: list[Any] = []

        def start_response(status: str, headers: list[tuple[str, str]], *_: Any) -> Any:
            started[:] = [status, headers]
            return None

        chunks = self.server.app(environ, start_response)
        try:
            body = list(chunks)
        finally:
            if hasattr(chunks, "close"):
                chunks.close()
        if environ.get(CUT):
            self.close_connection = True
        else:
            self._answer(started[0], started[1], body, environ.get(PACE))

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding"):
            self.close_connection = True
            return DechunkedInput(cast(IO[bytes], self.rfile)).read()
        length = int(self.headers.get("Content-Length") or 0)
        if length < 0:
            raise ValueError("Content-Length")
        return self.rfile.read(length)

    def _answer(
        self,
        status: str,
        headers: list[tuple[str, str]],
        body: list[bytes],
        pace: Callable[[], bool] | None,
    ) -> None:
        code, _, reason = status.partition(" ")
        length = sum(map(len, body))
        self.log_request(int(code), length)
        # Not send_response, which dates by the machine's clock: the app's Date is the sandbox's.
        self.send_response_only(int(code), reason)
        for name, value in headers:
            if name.lower() != "content-length":
                self.send_header(name, value)
        if int(code) not in (204, 304):
            self.send_header("Content-Length", str(length))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self._write(body, pace)
        self.wfile.flush()

    def _write(self, body: list[bytes], pace: Callable[[], bool] | None) -> None:
        """Chunk by chunk, so that a large body of the same chunk again is never put together."""
        if pace is not None:
            body = self._dripped(b"".join(body), pace)
        for chunk in body:
            self.wfile.write(chunk)

    def _dripped(self, body: bytes, pace: Callable[[], bool]) -> list[bytes]:
        """Writes byte by byte, and returns what is left once that is enough."""
        for sent in range(len(body)):
            self.wfile.write(body[sent : sent + 1])
            self.wfile.flush()
            if pace():
                return [body[sent + 1 :]]
        return []


class QuietHandler(Handler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass


def listen(app: Flask, host: str, port: int, is_verbose: bool) -> ThreadedWSGIServer:
    """Binds here, not in werkzeug, which would print three lines about a taken port."""
    with socket.create_server((host, port), backlog=128) as bound:
        return ThreadedWSGIServer(
            host, port, app, Handler if is_verbose else QuietHandler, fd=bound.fileno()
        )

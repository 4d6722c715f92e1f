"""A stand-in for Naver's and Kakao's sign-in: the OAuth 2 server of one vendor on loopback.

It checks what a real one checks: the client's secret, the code it gave out (once), the redirect
address it gave it for, and the bearer token. Set `profile` for who is at the vendor's screen.
"""

import json
import secrets
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlencode, urlsplit

import requests
from django.test import Client

from tests.responses import ClientResponse

Answer = tuple[int, dict[str, str], bytes]


class Vendor:
    """One vendor, with one person at its screen."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.client_id, self.secret = f"{name}-id", f"{name}-secret"
        self.denies = self.breaks_at_token = self.breaks_at_profile = False
        self.codes: dict[str, str] = {}
        self.tokens: set[str] = set()
        self.person(uid="4711", email="")

    def person(self, *, uid: str, email: str, nickname: str = "지우") -> None:
        """Who signs in at the vendor, in the vendor's own shape."""
        email_fields = {"email": email} if email else {}
        if self.name == "naver":
            response = {"id": uid, "nickname": nickname, **email_fields}
            self.profile: Any = {"resultcode": "00", "message": "success", "response": response}
        else:
            account: dict[str, Any] = {"profile": {"nickname": nickname}, **email_fields}
            if email:
                account |= {"is_email_valid": True, "is_email_verified": True}
            self.profile = {"id": int(uid), "kakao_account": account}

    def __enter__(self) -> Self:
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(
            target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        )
        self.thread.start()
        return self

    def __exit__(self, *args: object) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def sign_in(
        self, client: Client, *, process: str = "login", next_url: str = ""
    ) -> ClientResponse:
        """Press the button, pass the vendor's screen in the "browser", come back. The last page."""
        return client.get(self.way_back(client, process=process, next_url=next_url))

    def way_back(self, client: Client, *, process: str = "login", next_url: str = "") -> str:
        """The address at which the vendor's screen sends the browser back to us."""
        query = urlencode({"process": process} | ({"next": next_url} if next_url else {}))
        leaving = client.post(f"/accounts/{self.name}/login/?{query}")
        assert leaving.status_code == 302
        screen = requests.get(leaving["Location"], allow_redirects=False, timeout=5)
        back = urlsplit(screen.headers["Location"])
        return f"{back.path}?{back.query}"

    def authorize(self, query: dict[str, str]) -> Answer:
        if query["client_id"] != self.client_id or query["response_type"] != "code":
            return 400, {}, b"unknown client"
        back = {"state": query["state"]}
        if self.denies:
            back["error"] = "access_denied"
        else:
            back["code"] = secrets.token_hex(8)
            self.codes[back["code"]] = query["redirect_uri"]
        return 302, {"Location": f"{query['redirect_uri']}?{urlencode(back)}"}, b""

    def token(self, form: dict[str, str]) -> Answer:
        if self.breaks_at_token:
            return 502, {"Content-Type": "text/html"}, b"<h1>Bad gateway</h1>"
        known = self.codes.pop(form.get("code", ""), None)
        if form.get("client_secret") != self.secret or known != form.get("redirect_uri"):
            return _json(401, {"error": "invalid_grant"})
        token = secrets.token_hex(8)
        self.tokens.add(token)
        return _json(200, {"access_token": token, "token_type": "bearer", "expires_in": "3600"})

    def me(self, bearer: str) -> Answer:
        if self.breaks_at_profile:
            return 500, {"Content-Type": "text/html"}, b"<h1>Oops</h1>"
        if bearer.removeprefix("Bearer ") not in self.tokens:
            return _json(401, {"error": "invalid_token"})
        return _json(200, self.profile)


def _json(status: int, body: Any) -> Answer:
    return status, {"Content-Type": "application/json"}, json.dumps(body).encode()


def _flat(query: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(query).items()}


def _handler(vendor: Vendor) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            url = urlsplit(self.path)
            if url.path == "/authorize":
                self.answer(vendor.authorize(_flat(url.query)))
            else:
                self.answer(vendor.me(self.headers.get("Authorization", "")))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self.answer(vendor.token(_flat(body)))

        def answer(self, answer: Answer) -> None:
            status, headers, body = answer
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    return Handler

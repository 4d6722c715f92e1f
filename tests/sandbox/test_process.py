"""The process: starting, stopping, restarting, and how fast it answers."""

import json
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from .conftest import Iamport, Spawn

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "sandbox"


def start_refused(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "sandbox", *arguments]
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=20, check=False
    )


def test_state_survives_a_restart(spawn: Spawn) -> None:
    """Payments, prepares, the webhook log and the clock's offset are in the data file."""
    process, iamport = spawn("--webhook-url", "http://127.0.0.1:9/hook")
    iamport.control("POST", "clock", {"offset": 5000})
    iamport.sign_in()
    paid = iamport.pay()
    iamport.post("/payments/prepare", {"merchant_uid": "order-2", "amount": 7})
    iamport.flush()
    assert process.stop() == 0
    _, again = spawn()
    again.sign_in()
    assert again.get(f"/payments/{paid['imp_uid']}").json()["response"] == paid
    assert again.get("/payments/prepare/order-2").json()["response"]["amount"] == 7
    assert [entry["event"] for entry in again.webhooks()] == ["paid"]
    assert again.control("GET", "clock")["offset"] == 5000


def test_webhook_that_never_left_is_an_error_after_a_restart(spawn: Spawn) -> None:
    """Contract 5: exactly one send, and its time has passed."""
    process, iamport = spawn("--webhook-url", "http://127.0.0.1:9/hook")
    iamport.switch(webhook_late=1000)
    iamport.pay()
    process.stop()
    _, again = spawn()
    assert [entry["outcome"] for entry in again.webhooks()] == ["error"]


def test_keys_from_the_environment(spawn: Spawn) -> None:
    """IAMPORT_KEY, IAMPORT_SECRET and IAMPORT_USER_CODE replace the defaults."""
    keys = {"IAMPORT_KEY": "k", "IAMPORT_SECRET": "s", "IAMPORT_USER_CODE": "imp12345678"}
    _, iamport = spawn(**keys)
    given = {"imp_key": "k", "imp_secret": "s"}
    assert iamport.post("/users/getToken", given).status_code == 200
    given = {"imp_key": "sandbox_key", "imp_secret": "sandbox_secret"}
    assert iamport.post("/users/getToken", given).status_code == 401
    assert iamport.open_window()["result"]["error_code"] == "F400"


def test_taken_port_is_one_clear_line(tmp_path: Path) -> None:
    """A taken port: one line on stderr, exit 1."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = start_refused("--port", str(port), "--data", str(tmp_path / "d"))
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert f"127.0.0.1:{port}" in done.stderr


def test_bad_start_is_one_clear_line(tmp_path: Path) -> None:
    """A data file that can't be opened, or a webhook URL that is none."""
    done = start_refused("--port", "0", "--data", str(tmp_path / "no" / "where"))
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    done = start_refused("--port", "0", "--data", str(tmp_path / "d"), "--webhook-url", "x")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)


def test_stops_quickly_on_signals(spawn: Spawn) -> None:
    """SIGTERM and SIGINT, even while a call hangs and a connection is kept alive."""
    for number in (signal.SIGTERM, signal.SIGINT):
        process, iamport = spawn()
        iamport.fault("hang")
        with hanging_call(iamport):
            start = time.monotonic()
            process.popen.send_signal(number)
            assert process.stop() == 0
            assert time.monotonic() - start < 3


def hanging_call(iamport: Iamport) -> socket.socket:
    """A connection whose call is not being answered."""
    host, port = iamport.url.removeprefix("http://").split(":")
    connection = socket.create_connection((host, int(port)), timeout=10)
    connection.sendall(b"GET /payments/imp_1 HTTP/1.1\r\nHost: x\r\n\r\n")
    while not iamport.control("GET", "faults")[0]["fired"]:
        time.sleep(0.005)
    return connection


def test_keep_alive_answers_without_stalls(iamport: Iamport) -> None:
    """HTTP/1.1 keep-alive: no 40 ms stall of Nagle's algorithm and delayed acknowledgements."""
    path = f"/payments/{iamport.pay()['imp_uid']}"
    seconds = []
    for _ in range(100):
        start = time.perf_counter()
        answer = iamport.get(path)
        seconds.append(time.perf_counter() - start)
    assert "close" not in answer.headers.get("Connection", "")
    assert sorted(seconds)[50] < 0.02


def test_pipelined_requests_on_one_connection(iamport: Iamport) -> None:
    """A body is read whole, so the next request line is where it should be."""
    host, port = iamport.url.removeprefix("http://").split(":")
    body = json.dumps({"imp_key": "sandbox_key", "imp_secret": "sandbox_secret"})
    request = (
        f"POST /users/getToken HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n{body}"
    )
    last = "GET /_sandbox/health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall((request + request + last).encode())
        received = b"".join(iter(lambda: connection.recv(65536), b""))
    assert received.count(b"HTTP/1.1 200 OK") == 3


def test_imports_nothing_of_the_product() -> None:
    """The stand-in is written from the contract alone."""
    for path in SOURCE.glob("*.py"):
        for line in path.read_text().splitlines():
            if line.startswith(("import ", "from ")):
                package = line.split()[1].split(".")[0]
                assert package not in {"payments", "accounts", "backoffice", "django"}, path

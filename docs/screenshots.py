"""Take every picture in `docs/images` afresh: `make screenshots`.

Starts a demo of its own on free ports and throw-away data, signs in, and photographs the screens in
`SHOTS`. To add a picture: a line there, and its name in the handbook.
"""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "images"
PASSWORD = "backoffice-demo"
PAYMENTS = "/admin/payments/payment/"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]


@dataclass(frozen=True)
class Shot:
    """One picture: who looks at which address. `first` follows the first payment of a list."""

    name: str
    who: str
    address: str
    first: bool = False
    width: int = 1440
    height: int = 900
    dark: bool = False


SHOTS = (
    Shot("admin-dashboard", "finance", "/admin/?period=30d"),
    Shot("admin-payments", "operator", f"{PAYMENTS}?status=paid,cancelled"),
    Shot("admin-payments-dark", "operator", PAYMENTS, dark=True),
    Shot("admin-payments-narrow", "operator", PAYMENTS, width=390, height=844),
    Shot("admin-payment", "operator", f"{PAYMENTS}?verification=mismatched", first=True),
    Shot("admin-mark-failed", "operator", f"{PAYMENTS}?status=ready&verification=matched"),
    Shot("admin-export", "finance", f"{PAYMENTS}export/?status=paid"),
    Shot("admin-inbox", "operator", "/admin/payments/webhookdelivery/"),
    Shot("admin-movements", "finance", "/admin/payments/movement/?period=30d"),
    Shot("admin-close", "finance", "/admin/payments/dailyclose/close/"),
    Shot("admin-discrepancies", "finance", "/admin/payments/discrepancy/"),
    Shot("admin-reconciliation", "finance", "/admin/payments/reconciliationrun/", first=True),
)


def free_port() -> int:
    """A port that nobody uses at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def process(words: list[str], env: dict[str, str], address: str) -> Iterator[None]:
    """A server that runs while the block does; waits until it answers."""
    with subprocess.Popen([sys.executable, *words], cwd=ROOT, env=env) as server:
        try:
            wait_for(address)
            yield
        finally:
            server.terminate()


def wait_for(address: str) -> None:
    """Until somebody answers there, for at most 30 seconds."""
    end = time.monotonic() + 30
    while time.monotonic() < end:
        try:
            urllib.request.urlopen(address, timeout=2).close()
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise SystemExit(f"nothing answers at {address}")


@contextmanager
def demo(folder: Path) -> Iterator[str]:
    """The whole demo on data of its own; yields the shop's address."""
    web, gateway = free_port(), free_port()
    env = os.environ | {
        "ENV_FILE": str(ROOT / ".env.example"),
        "SECRET_KEY": "screenshots",
        "DATABASE_URL": f"sqlite:///{folder / 'db.sqlite3'}",
        "PORT": str(web),
        "SANDBOX_PORT": str(gateway),
        "LOG_LEVEL": "ERROR",
    }
    shop, sandbox = f"http://127.0.0.1:{web}", f"http://127.0.0.1:{gateway}"
    with ExitStack() as stack:
        data = str(folder / "sandbox.sqlite3")
        words = ["-m", "sandbox", "--port", str(gateway), "--data", data]
        stack.enter_context(process(words, env, f"{sandbox}/_sandbox/health"))
        for command in (["manage.py", "migrate", "-v", "0"], ["-m", "demo.seed", "--count", "200"]):
            subprocess.run([sys.executable, *command], cwd=ROOT, env=env, check=True)
        # It says with its exit code that something differs: the demo has planted that.
        subprocess.run([sys.executable, "manage.py", *reconcile()], cwd=ROOT, env=env, check=False)
        serve = ["manage.py", "runserver", "--noreload", f"127.0.0.1:{web}"]
        stack.enter_context(process(serve, env, f"{shop}/"))
        yield shop


def reconcile() -> list[str]:
    """The command that compares all days of the demo that are over."""
    today = datetime.now(ZoneInfo("Asia/Seoul")).date()
    days = [str(today - timedelta(days=number)) for number in (61, 1)]
    return ["reconcile", "--from", days[0], "--to", days[1], "--json"]


def signed_in(browser: Browser, shop: str, shot: Shot) -> Page:
    """A page of somebody who has just signed in."""
    context: BrowserContext = browser.new_context(
        viewport={"width": shot.width, "height": shot.height},
        color_scheme="dark" if shot.dark else "light",
        locale="ko-KR",
    )
    page = context.new_page()
    page.goto(f"{shop}/accounts/login/")
    page.fill("input[name=login]", f"{shot.who}@example.com")
    page.fill("input[name=password]", PASSWORD)
    page.click("main button[type=submit]")
    page.wait_for_load_state()
    return page


def take(browser: Browser, shop: str, shot: Shot) -> None:
    """One picture of a staff screen."""
    page = signed_in(browser, shop, shot)
    page.goto(shop + shot.address)
    if shot.first:
        page.goto(shop + str(page.locator("#result_list tbody th a").first.get_attribute("href")))
    if shot.name == "admin-mark-failed":
        key = page.locator("#result_list tbody input.action-select").first.get_attribute("value")
        page.goto(f"{shop}{PAYMENTS}mark-failed/?id={key}")
    page.wait_for_load_state("networkidle")
    page.screenshot(path=IMAGES / f"{shot.name}.png")
    page.context.close()


def take_checkout(browser: Browser, shop: str) -> None:
    """The product page with the payment window open, and the page after paying."""
    page = signed_in(browser, shop, Shot("checkout", "minji.kim", "", width=1280, height=860))
    page.goto(f"{shop}/products/devket-premium/")
    page.fill("input[name=buyer_tel]", "010-1234-5678")
    page.click("main form button[type=submit]")
    window = page.frame_locator("iframe")
    window.get_by_test_id("pay-approve").wait_for()
    page.screenshot(path=IMAGES / "checkout.png")
    window.get_by_test_id("pay-approve").click()
    page.wait_for_url("**/payments/2*/")
    page.screenshot(path=IMAGES / "checkout-paid.png")
    page.context.close()


def main() -> None:
    """Everything."""
    names = ("chromium-headless-shell", "chromium")
    path = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    if path is None:
        raise SystemExit("Screenshots need Chromium: apt-get install -y chromium-headless-shell")
    IMAGES.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        demo(Path(folder)) as shop,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        take_checkout(browser, shop)
        for shot in SHOTS:
            take(browser, shop, shot)
        browser.close()


if __name__ == "__main__":
    main()

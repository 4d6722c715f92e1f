"""`python -m benchmarks.checkout`: what a checkout costs, in gateway calls and in time of our own.

Runs start and complete through the real endpoints, on a database made for the purpose, against a
stand-in gateway of its own with 50 ms latency. Beside it the straightforward way: the same
endpoints with a client that fetches a token and opens a connection for each call, as many do.
Figures are medians and ratios of one run; absolute times belong to the machine.
"""

import argparse
import json
import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import requests
from django.contrib.auth import get_user_model
from django.test import Client

from benchmarks.harness import StandIn, scratch_system
from payments import gateway
from payments.iamport import IamportClient
from payments.models import Product

LATENCY = 0.05


@dataclass(slots=True)
class Figures:
    """One way of doing it. Times in seconds."""

    name: str
    calls: list[int] = field(default_factory=list)
    total: list[float] = field(default_factory=list)
    waiting: list[float] = field(default_factory=list)

    @property
    def own(self) -> float:
        """Median of what the app itself adds to waiting for the gateway."""
        pairs = zip(self.total, self.waiting, strict=True)
        return statistics.median(total - waiting for total, waiting in pairs)


class GatewayCalls:
    """How many there were, and the seconds spent waiting for them."""

    def __init__(self) -> None:
        self.count = 0
        self.waiting = 0.0

    @contextmanager
    def measured(self) -> Iterator[None]:
        """Measure every call of `requests` while the block runs."""
        send = requests.adapters.HTTPAdapter.send

        def measured_send(*args: Any, **kwargs: Any) -> requests.Response:
            start = time.perf_counter()
            try:
                return send(*args, **kwargs)
            finally:
                self.count += 1
                self.waiting += time.perf_counter() - start

        requests.adapters.HTTPAdapter.send = measured_send  # type: ignore[method-assign]
        try:
            yield
        finally:
            requests.adapters.HTTPAdapter.send = send  # type: ignore[method-assign]


@dataclass(slots=True)
class Shop:
    """A signed-in browser at our endpoints, and what one checkout takes."""

    browser: Client
    stand_in: StandIn
    calls: GatewayCalls = field(default_factory=GatewayCalls)
    total: float = 0.0

    def post(self, path: str, body: dict[str, str]) -> dict[str, Any]:
        """One request to our own endpoint, measured as a whole."""
        start = time.perf_counter()
        response = self.browser.post(path, json.dumps(body), content_type="application/json")
        self.total += time.perf_counter() - start
        if response.status_code != 200:
            raise RuntimeError(f"{path}: {response.status_code} {response.content!r}")
        answer: dict[str, Any] = response.json()
        return answer


def forgetful() -> IamportClient:
    """A client that has just been made: no token, no connection."""
    gateway._client.cache_clear()
    return _warm()


_warm = gateway.client


def main(words: Sequence[str] | None = None) -> None:
    """Measure both ways in turn, on throw-away data, and print them side by side."""
    count = _arguments(words).count
    with scratch_system() as stand_in:
        kept, fetched = _measure(stand_in, count)
    _print(kept, fetched, count)


def _arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.checkout",
        description="Gateway calls and own time per checkout, beside the straightforward way.",
    )
    parser.add_argument("--count", type=int, default=40, help="checkouts of each kind")
    return parser.parse_args(words)


def _measure(stand_in: StandIn, count: int) -> tuple[Figures, Figures]:
    Product.objects.get_or_create(slug="bench", defaults={"name": "bench", "price": 1000})
    kept = Figures("token kept")
    fetched = Figures("token for each call")
    _checkout(Shop(_browser("warm-up"), stand_in), "warm-up")
    stand_in.slow_down(LATENCY)
    for number in range(count):
        browser = _browser(f"buyer-{number}")
        _run(kept, Shop(browser, stand_in), f"kept-{number}")
        gateway.client = forgetful
        try:
            _run(fetched, Shop(browser, stand_in), f"fetched-{number}")
        finally:
            gateway.client = _warm
    return kept, fetched


def _browser(name: str) -> Client:
    """A buyer of its own: one person may order only so often in a minute."""
    browser = Client()
    browser.force_login(get_user_model().objects.create_user(name, f"{name}@example.com"))
    return browser


def _print(kept: Figures, fetched: Figures, count: int) -> None:
    print(f"{count} checkouts each, gateway latency {LATENCY * 1000:.0f} ms")
    print(f"{'':22}{'calls':>8}{'total ms':>10}{'own ms':>8}")
    for way in (kept, fetched):
        print(
            f"{way.name:22}{statistics.mean(way.calls):8.1f}"
            f"{statistics.median(way.total) * 1000:10.1f}{way.own * 1000:8.1f}"
        )
    ratio = statistics.median(fetched.total) / statistics.median(kept.total)
    print(f"the straightforward way takes {ratio:.2f} times as long")


def _run(figures: Figures, shop: Shop, key: str) -> None:
    with shop.calls.measured():
        _checkout(shop, key)
    figures.total.append(shop.total)
    figures.calls.append(shop.calls.count)
    figures.waiting.append(shop.calls.waiting)


def _checkout(shop: Shop, key: str) -> None:
    """Start, the buyer pays in the window (not measured), complete."""
    order = {
        "product": "bench",
        "pay_method": "card",
        "checkout_key": key,
        "buyer_tel": "010-1234-5678",
    }
    started = shop.post("/checkout/start/", order)["params"]
    attempt = {name: started[name] for name in ("merchant_uid", "amount")} | {"webhook": False}
    paid = shop.stand_in.control("POST", "payments", attempt)
    completion = {name: paid[name] for name in ("merchant_uid", "imp_uid")}
    if shop.post("/checkout/complete/", completion)["status"] != "paid":
        raise RuntimeError("a checkout of the benchmark was not paid")


if __name__ == "__main__":
    main()

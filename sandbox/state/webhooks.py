"""Sends webhooks (contract 5): when, where to, with which body; and the threads that do it.

A delivery is queued after its change is committed and nobody waits for it, unless the
"webhook first" switch is on. Due times are on the sandbox's clock.
"""

from __future__ import annotations

import heapq
import itertools
import threading
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import requests

from sandbox.api.envelope import dump
from sandbox.settings import Settings

from . import webhook_log
from .clock import Clock
from .payment_rows import Record
from .store import Store

WORKERS = 4
FIRST_TIMEOUT = (10.0, 30.0)
RESEND_TIMEOUT = (7.0, 8.0)  # "15 s in total"
RESENDS = 5
RESEND_AFTER = 60.0


@dataclass
class Delivery:
    event: str
    url: str
    body: str
    content_type: str
    imp_uid: str | None = None
    attempt: int = 1
    due: float = 0.0
    is_lost: bool = False
    retried: bool = True
    log_id: int = 0
    done: threading.Event = field(default_factory=threading.Event)


def encode(body: Any, content_type: str) -> str:
    if isinstance(body, str):
        return body
    if content_type == "application/x-www-form-urlencoded" and isinstance(body, dict):
        return urlencode({key: "" if value is None else value for key, value in body.items()})
    return dump(body)


class Webhooks:
    def __init__(self, store: Store, clock: Clock, settings: Settings) -> None:
        self._store, self._clock, self._settings = store, clock, settings
        self._wake = threading.Condition()
        self._order = itertools.count()
        self._queue: list[tuple[float, int, Delivery]] = []
        self._in_flight = 0
        self._is_closed = False
        with store.write() as db:
            webhook_log.forget_waiting(db)
        clock.subscribe(self._notify)
        self._workers = [threading.Thread(target=self._work, daemon=True) for _ in range(WORKERS)]
        for worker in self._workers:
            worker.start()

    def announce(self, records: list[Record], cancellation_id: str | None = None) -> None:
        """The webhook that the change of these payments implies; call it after the commit."""
        deliveries = [
            delivery for record in records for delivery in self._compose(record, cancellation_id)
        ]
        self.submit(deliveries)
        if self._settings.webhook_first:
            for delivery in deliveries:
                delivery.done.wait(sum(FIRST_TIMEOUT))

    def _compose(self, record: Record, cancellation_id: str | None) -> list[Delivery]:
        settings, status = self._settings, str(record.document["status"])
        body = {"imp_uid": record.imp_uid, "merchant_uid": record.merchant_uid, "status": status}
        urls = record.private.get("notice_url") or [settings.webhook_url]
        # Only cancels carry it (contract 9#19), and they go to the console's URL (contract 9#34).
        if cancellation_id is not None:
            body["cancellation_id"] = cancellation_id
            urls = [settings.webhook_url]
        due = self._clock.now() + settings.webhook_late if settings.webhook_late else 0.0
        return [
            Delivery(
                event=status,
                url=url,
                body=encode(body, settings.webhook_content_type),
                content_type=settings.webhook_content_type,
                imp_uid=record.imp_uid,
                due=due,
                is_lost=settings.webhook_lost,
            )
            for url in urls
            if url
            for _ in range(2 if settings.webhook_doubled else 1)
        ]

    def resend(self, record: Record) -> list[Delivery]:
        """The console's button: the same body to the URL stored then (contract 5, Manual)."""
        with self._store.read() as db:
            row = webhook_log.latest(db, record.imp_uid)
        if row is None:
            deliveries = self._compose(record, None)
        else:
            stored = (row["event"], row["url"], row["body"], row["content_type"], row["imp_uid"])
            deliveries = [Delivery(*stored)]
        for delivery in deliveries:
            delivery.is_lost, delivery.due = False, 0.0
        self.submit(deliveries)
        return deliveries

    def submit(self, deliveries: list[Delivery]) -> None:
        if not deliveries:
            return
        with self._store.write() as db:
            for delivery in deliveries:
                delivery.log_id = webhook_log.add(db, self._log_values(delivery))
        with self._wake:
            for delivery in deliveries:
                if delivery.is_lost:
                    delivery.done.set()
                else:
                    heapq.heappush(self._queue, (delivery.due, next(self._order), delivery))
            self._wake.notify_all()

    def _log_values(self, delivery: Delivery) -> tuple[Any, ...]:
        return (
            delivery.imp_uid,
            delivery.event,
            delivery.url,
            delivery.content_type,
            delivery.body,
            self._clock.now(),
            delivery.attempt,
            "lost" if delivery.is_lost else "waiting",
        )

    def flush(self, timeout: float) -> bool:
        """Sends what is waiting, late ones and re-sends too, and waits until all is done."""
        with self._wake:
            return self._wake.wait_for(self._make_due_and_look, timeout)

    def _make_due_and_look(self) -> bool:
        if any(due > 0 for due, _, _ in self._queue):
            self._queue = [(0.0, order, delivery) for _, order, delivery in self._queue]
            heapq.heapify(self._queue)
            self._wake.notify_all()
        return not self._queue and not self._in_flight

    def waiting(self) -> int:
        with self._wake:
            return len(self._queue) + self._in_flight

    def forget(self) -> None:
        with self._wake:
            self._queue.clear()

    def close(self) -> None:
        with self._wake:
            self._is_closed = True
            self._queue.clear()
            self._wake.notify_all()

    def _notify(self) -> None:
        with self._wake:
            self._wake.notify_all()

    def _work(self) -> None:
        with requests.Session() as session:
            session.trust_env = False  # a proxy of the machine must not catch local webhooks
            while (delivery := self._take()) is not None:
                try:
                    self._send(session, delivery)
                finally:
                    delivery.done.set()
                    with self._wake:
                        self._in_flight -= 1
                        self._wake.notify_all()

    def _take(self) -> Delivery | None:
        with self._wake:
            while not self._is_closed:
                if self._queue:
                    wait = self._queue[0][0] - self._clock.now()
                    if wait <= 0:
                        self._in_flight += 1
                        return heapq.heappop(self._queue)[2]
                    self._wake.wait(wait)
                else:
                    self._wake.wait()
        return None

    def _send(self, session: requests.Session, delivery: Delivery) -> None:
        status, error, answer = _post(session, delivery)
        outcome = "error" if status is None else "delivered" if status < 300 else "refused"
        with self._store.write() as db:
            webhook_log.finish(
                db, delivery.log_id, self._clock.now(), outcome, status, error, answer
            )
        if self._settings.webhook_retries and delivery.retried and (status or 500) >= 500:
            self._again(delivery)

    def _again(self, delivery: Delivery) -> None:
        """Contract 9#17: on a network error or 5xx only, five times, a minute apart."""
        if delivery.attempt > RESENDS:
            return
        again = Delivery(
            delivery.event, delivery.url, delivery.body, delivery.content_type, delivery.imp_uid
        )
        again.attempt, again.due = delivery.attempt + 1, self._clock.now() + RESEND_AFTER
        self.submit([again])


def _post(
    session: requests.Session, delivery: Delivery
) -> tuple[int | None, str | None, str | None]:
    """Redirects are not followed and count as failure (contract 9#33)."""
    try:
        response = session.post(
            delivery.url,
            data=delivery.body.encode(),
            headers={"Content-Type": delivery.content_type, "Connection": "close"},
            timeout=FIRST_TIMEOUT if delivery.attempt == 1 else RESEND_TIMEOUT,
            allow_redirects=False,
        )
    except (requests.RequestException, ValueError) as error:  # ValueError: an impossible URL
        return None, f"{type(error).__name__}: {error}"[:500], None
    return response.status_code, None, response.text[:500]

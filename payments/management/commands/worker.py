"""`manage.py worker`: do what is in the queue until told to stop (Ctrl-C, SIGTERM).

django-tasks-db's own worker, with a thread beside it for its heartbeats and the schedule, and one
that looks into webhooks as soon as it is their turn.
Any number may run on PostgreSQL; a second SIGTERM ends the task under way, which loses nothing.
While the database is away it waits, whatever it was at, and goes on when the database is back.
"""

import logging
import os
import socket
import threading
import time
from typing import Any

from django.core.management.base import CommandParser
from django.db import DatabaseError, InterfaceError, close_old_connections, connection
from django.utils import timezone
from django.utils.crypto import get_random_string
from django_tasks_db.management.commands.db_worker import Worker

from payments.core.db.away import is_away
from payments.management.command import BackgroundCommand, seconds
from payments.management.gc_freeze import freeze_loaded_objects
from payments.services import clock, webhooks
from payments.services.background import workers
from payments.services.background.outage import LONGEST_PAUSE, Outage, pause_after
from payments.tasks import run_due_jobs

logger = logging.getLogger(__name__)

BEAT_EVERY = 5.0
# Webhooks that nobody had the time to look into: sooner than the queue would have them.
LOOK_EVERY, LOOK_FOR = 1.0, 20.0


class Beside(threading.Thread):
    """What is done every few seconds beside whatever the worker does, through any outage."""

    trouble = ""  # what the log says when it goes wrong

    def __init__(self, name: str, outage: Outage, *, every: float) -> None:
        super().__init__(name=name, daemon=True)
        self.over = threading.Event()
        self._outage = outage
        self._every = every

    def run(self) -> None:
        """Until `over`. Trouble with the database is logged, and tried again."""
        while not self.over.wait(self._every):
            try:
                self.beat()
            except Exception as error:
                if is_away(error):
                    self._outage.notice(error)
                else:
                    logger.exception(self.trouble)
            close_old_connections()
        connection.close()

    def beat(self) -> None:
        """Do it once."""
        raise NotImplementedError


class Heartbeat(Beside):
    """A heartbeat every few seconds, and the schedule."""

    trouble = "no sign of life could be given"

    def __init__(self, worker_id: str, outage: Outage, *, with_schedule: bool) -> None:
        super().__init__("heartbeat", outage, every=BEAT_EVERY)
        self._worker_id = worker_id
        self._with_schedule = with_schedule

    def beat(self) -> None:
        """One heartbeat, and whatever is due."""
        workers.heartbeat(worker_id=self._worker_id, host=socket.gethostname(), pid=os.getpid())
        # What this process heard while it worked; its runs ask the gateway in threads of their own.
        clock.share()
        if self._with_schedule:
            run_due_jobs()


class Inbox(Beside):
    """Webhooks whose turn it is, while this worker's long work goes on."""

    trouble = "webhooks could not be looked into"

    def __init__(self, outage: Outage) -> None:
        super().__init__("inbox", outage, every=LOOK_EVERY)

    def beat(self) -> None:
        """Look into what is due."""
        webhooks.retry_failed(now=timezone.now(), seconds=LOOK_FOR)


class SteadyWorker(Worker):
    """django-tasks-db's worker, which ends with any error of the database, begun anew after it."""

    def __init__(self, heartbeat: Heartbeat, outage: Outage, **options: Any) -> None:
        super().__init__(
            queue_names=["*"],
            backend_name="default",
            startup_delay=False,
            max_tasks=None,
            excluded_queue_names=[],
            **options,
        )
        self._heartbeat = heartbeat
        self._outage = outage

    def run(self) -> None:
        """Until told to stop, or until the queue is empty (`batch`), through any outage.

        A signal while it waits ends it at once: no task is under way then.
        """
        failures, began = 0, time.monotonic()
        while not self._is_through() and self.running:
            failures = 0 if time.monotonic() - began > 2 * LONGEST_PAUSE else failures
            time.sleep(pause_after(failures))
            failures, began = failures + 1, time.monotonic()

    def _is_through(self) -> bool:
        """Whether it worked until told to stop or the queue was empty; False for an outage."""
        try:
            self._begin()
            super().run()
        except (DatabaseError, InterfaceError) as error:
            if not is_away(error):
                raise
            self._outage.notice(error)
            connection.close()
            return False
        return True

    def _begin(self) -> None:
        """There is a worker, and nothing is under way here."""
        self._heartbeat.beat()
        workers.fail_unfinished_tasks(worker_id=self.worker_id)
        self._outage.end()


class Command(BackgroundCommand):
    """Work until told to stop."""

    help = "Do the background work: the queue and, unless --no-schedule, the schedule."

    def add_arguments(self, parser: CommandParser) -> None:
        """How to look for work."""
        parser.add_argument("--interval", type=seconds, default=1.0, help="seconds between looks")
        parser.add_argument("--batch", action="store_true", help="end when the queue is empty")
        parser.add_argument("--no-schedule", action="store_true", help="leave it to run_due_jobs")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the worker in this thread, so that signals reach it, and the heartbeat beside it."""
        worker_id, outage = get_random_string(32), Outage()
        heartbeat = Heartbeat(worker_id, outage, with_schedule=not options["no_schedule"])
        worker = SteadyWorker(
            heartbeat,
            outage,
            worker_id=worker_id,
            interval=options["interval"],
            batch=options["batch"],
        )
        worker.configure_signals()
        freeze_loaded_objects()
        beside = [heartbeat, Inbox(outage)]
        for thread in beside:
            thread.start()
        try:
            worker.run()
        finally:
            for thread in beside:
                thread.over.set()
            for thread in beside:
                thread.join(timeout=BEAT_EVERY)
            _sign_off(worker_id)


def _sign_off(worker_id: str) -> None:
    """Without a database nobody can be told; two minutes of silence say the same."""
    try:
        workers.sign_off(worker_id=worker_id)
    except (DatabaseError, InterfaceError) as error:
        if not is_away(error):
            raise

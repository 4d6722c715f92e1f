"""`manage.py worker`: do what is in the queue until told to stop (Ctrl-C, SIGTERM).

django-tasks-db's own worker, with a second thread for its heartbeats and the schedule.
Any number may run on PostgreSQL; a second SIGTERM ends the task under way, which loses nothing.
"""

import logging
import os
import socket
import threading
from typing import Any

from django.core.management.base import CommandParser
from django.db import close_old_connections, connection
from django.utils.crypto import get_random_string
from django_tasks_db.management.commands.db_worker import Worker

from payments.management.command import OperatorCommand, seconds
from payments.management.gc_freeze import freeze_loaded_objects
from payments.services.background import workers
from payments.tasks import run_due_jobs

logger = logging.getLogger(__name__)

BEAT_EVERY = 5.0


class Heartbeat(threading.Thread):
    """A heartbeat every few seconds, and the schedule, beside whatever the worker does."""

    def __init__(self, worker_id: str, *, with_schedule: bool) -> None:
        super().__init__(name="heartbeat", daemon=True)
        self.over = threading.Event()
        self._worker_id = worker_id
        self._with_schedule = with_schedule

    def run(self) -> None:
        """Until `over`. Trouble with the database is logged, and tried again."""
        while not self.over.is_set():
            try:
                self.beat()
            except Exception:
                logger.exception("no sign of life could be given")
            close_old_connections()
            self.over.wait(BEAT_EVERY)
        connection.close()

    def beat(self) -> None:
        """One heartbeat, and whatever is due."""
        workers.heartbeat(worker_id=self._worker_id, host=socket.gethostname(), pid=os.getpid())
        if self._with_schedule:
            run_due_jobs()


class Command(OperatorCommand):
    """Work until told to stop."""

    help = "Do the background work: the queue and, unless --no-schedule, the schedule."

    def add_arguments(self, parser: CommandParser) -> None:
        """How to look for work."""
        parser.add_argument("--interval", type=seconds, default=1.0, help="seconds between looks")
        parser.add_argument("--batch", action="store_true", help="end when the queue is empty")
        parser.add_argument("--no-schedule", action="store_true", help="leave it to run_due_jobs")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the worker in this thread, so that signals reach it, and the heartbeat beside it."""
        worker_id = get_random_string(32)
        heartbeat = Heartbeat(worker_id, with_schedule=not options["no_schedule"])
        heartbeat.beat()
        heartbeat.start()
        try:
            self._work(worker_id, options["interval"], options["batch"])
        finally:
            heartbeat.over.set()
            heartbeat.join(timeout=BEAT_EVERY)
            workers.sign_off(worker_id=worker_id)

    def _work(self, worker_id: str, interval: float, batch: bool) -> None:
        worker = Worker(
            queue_names=["*"],
            interval=interval,
            batch=batch,
            backend_name="default",
            startup_delay=False,
            max_tasks=None,
            worker_id=worker_id,
            excluded_queue_names=[],
        )
        worker.configure_signals()
        freeze_loaded_objects()
        worker.run()

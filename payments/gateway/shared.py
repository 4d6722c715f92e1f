"""What one process learns of the gateway, told to the others by a row (`GatewayState`).

Read at most every `READ_EVERY` seconds, written when the breaker opens or closes and when our key
is refused or taken again, else once a minute. Only a thread that has a connection anyway does
either: the threads that a run calls from have none, and none is opened for this. Whatever goes
wrong with the database, the breaker of this process works on alone.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from django.db import DatabaseError, connection
from django.db.utils import InterfaceError
from django.utils import timezone

from payments.iamport import AuthenticationFailed, IamportError, Unavailable
from payments.models import GatewayState
from payments.models.gateway_state import THE_ROW

from .breaker import Breaker

logger = logging.getLogger(__name__)

READ_EVERY = 1.0
ANSWERS_NOTED_EVERY = 60.0


class SharedBreaker:
    """A breaker that knows what others have seen, and tells them."""

    def __init__(
        self, breaker: Breaker, *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self.breaker = breaker
        self._monotonic = monotonic
        self._busy = threading.Lock()
        self._read_at = self._noted_at = float("-inf")
        # What stands in the row as far as this process knows. Where it and the breaker differ, the
        # breaker has opened or closed here, and the others are to be told.
        self._silent_since: datetime | None = None
        # Likewise, whether the others know that our key is refused.
        self._is_refused = False

    @contextmanager
    def call(self) -> Iterator[None]:
        """Around one call of the client: `Breaker.call`."""
        self._sync()
        try:
            with self.breaker.call():
                yield
        except Unavailable:
            self._sync()
            raise
        except IamportError as error:
            self._sync(has_answer=True, is_refused=isinstance(error, AuthenticationFailed))
            raise
        self._sync(has_answer=True)

    @contextmanager
    def slot(self) -> Iterator[bool]:
        """A place for this thread's calls without waiting; False also while the gateway is silent.

        Whoever will not wait is no probe: that may last as long as the gateway is silent.
        """
        self._sync()
        with self.breaker.slot() as is_free:
            yield is_free and not self.breaker.is_open

    def _sync(self, *, has_answer: bool = False, is_refused: bool = False) -> None:
        if connection.connection is None or not self._busy.acquire(blocking=False):
            return
        try:
            self._tell(has_answer)
            if has_answer:
                self._tell_refusal(is_refused)
            self._learn()
        except (DatabaseError, InterfaceError) as error:
            logger.warning("the gateway's state is not shared", extra={"reason": str(error)})
        finally:
            self._busy.release()

    def _tell(self, has_answer: bool) -> None:
        now, is_open = timezone.now(), self.breaker.is_open
        if is_open == (self._silent_since is not None):
            if has_answer and not is_open and self._is_due("_noted_at", ANSWERS_NOTED_EVERY):
                _write(answered_at=now)
        elif is_open:
            _write(silent_since=now)
            self._silent_since = now
        else:
            _write(silent_since=None, answered_at=now)
            self._silent_since = None

    def _tell_refusal(self, is_refused: bool) -> None:
        if is_refused != self._is_refused:
            _write(refused_since=timezone.now() if is_refused else None)
            self._is_refused = is_refused

    def _learn(self) -> None:
        if not self._is_due("_read_at", READ_EVERY):
            return
        row = GatewayState.objects.filter(pk=THE_ROW).first()
        self._silent_since = row.silent_since if row else None
        self._is_refused = bool(row and row.refused_since)
        if self._silent_since:
            self.breaker.open()
        elif self.breaker.is_open:
            self.breaker.close()

    def _is_due(self, attribute: str, every: float) -> bool:
        now = self._monotonic()
        if now - getattr(self, attribute) < every:
            return False
        setattr(self, attribute, now)
        return True


def _write(**values: datetime | None) -> None:
    """One upsert: the row is there from the first write on."""
    GatewayState.objects.bulk_create(
        [GatewayState(pk=THE_ROW, **values)],
        update_conflicts=True,
        unique_fields=["pk"],
        update_fields=list(values),
    )

"""Webhooks: stored first, then the gateway is asked, then its answer is applied.

A posted body proves nothing (contract 5: no signature), so it never writes to a payment by itself;
only what the gateway answers does, and to the order that the *gateway* names. `store` keeps what
was posted, `attempts` looks into it, `retry` does so again, `replay` because somebody asks for it;
`retention` removes what nothing depends on.
"""

from .attempts import accept, process
from .replay import replay_later, replay_now, replay_waiting
from .retention import forget
from .retry import RetryResult, retry_failed
from .store import MAX_BODY, TooMany, receive

__all__ = [
    "MAX_BODY",
    "RetryResult",
    "TooMany",
    "accept",
    "forget",
    "process",
    "receive",
    "replay_later",
    "replay_now",
    "replay_waiting",
    "retry_failed",
]

"""What is written into the ledger: one thing that happened, as a service describes it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.models import AbstractBaseUser

from payments.states import EventKind, Source

# A payment begins with one of these.
FIRST = (EventKind.ORDERED, EventKind.TAKEN_IN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What happened. `changes` names fields of `PROJECTION` and their new values.

    `key` makes the row unique within its payment: a fact of the gateway gets a key made of that
    fact ("paid:imp_1"), a question one made of the attempt. `amount` is the won that moved:
    positive when money came in, negative when it went back, 0 otherwise. `answer` is the gateway's
    as it came; what may be kept of it is written (`kept_answer`).
    """

    kind: EventKind
    source: Source
    key: str
    actor: AbstractBaseUser | None = None
    reason_code: str = ""
    note: str = ""
    amount: int = 0
    imp_uid: str = ""
    changes: Mapping[str, Any] = field(default_factory=dict)
    answer: Mapping[str, Any] = field(default_factory=dict)

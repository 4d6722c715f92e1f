"""What is written into the ledger: one thing that happened, and the money that moved by it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple

from django.contrib.auth.models import AbstractBaseUser

from payments.states import EventKind, MovementKind, Source

# A payment begins with one of these.
FIRST = (EventKind.ORDERED, EventKind.TAKEN_IN)


class Draft(NamedTuple):
    """A movement to be written. Signed won; `happened_at` is the gateway's time, in UTC.

    `approved_on`: of money that went back, the Korean day on which it had come in. A tuple: an
    audit makes a million.
    """

    key: str
    kind: MovementKind
    imp_uid: str
    is_own: bool
    amount: int
    happened_at: datetime
    approved_on: date | None = None
    is_derived: bool = False
    is_test: bool = False
    pay_method: str = ""
    pg_provider: str = ""
    pg_id: str = ""
    pg_tid: str = ""
    external_id: str = ""
    reason: str = ""
    receipt_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What happened. `changes` names fields of `PROJECTION` and their new values.

    `key` makes the row unique within its payment: a fact of the gateway gets a key made of that
    fact ("paid:imp_1"), a question one made of the attempt. `amount` is the won that moved:
    positive when money came in, negative when it went back, 0 otherwise. `answer` is the gateway's
    as it came; what may be kept of it is written (`kept_answer`). `aside` names fields of `ASIDE`,
    which are written to the payment and nowhere else. `movements`: the money that moved
    by it, one by one.
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
    aside: Mapping[str, str] = field(default_factory=dict)
    answer: Mapping[str, Any] = field(default_factory=dict)
    movements: Sequence[Draft] = ()

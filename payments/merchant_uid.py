"""Our order numbers (merchant_uid): unique, unguessable, fit for every PG.

20 characters: the Korean day, so that a person sees how old an order is, and 60 random bits. Only
digits and capital letters, because some PGs refuse anything else (contract 2.9, pitfall 22), and
none that are mistaken for another when read aloud.
"""

import secrets
from datetime import datetime

from .core.kst import day_of

ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
RANDOM_LENGTH = 12


def draw(*, at: datetime) -> str:
    """A new order number for an order made at `at`."""
    tail = "".join(secrets.choice(ALPHABET) for _ in range(RANDOM_LENGTH))
    return f"{day_of(at):%Y%m%d}{tail}"

"""Times that PostgreSQL hands over are read by Python's own parser.

The driver takes them apart number by number, in Python, which takes longer than all else in a row.
What is no time in Python ("infinity", a year before the first) is left to the driver, which says
so. `functions.Moment` is for whoever reads such a value as text.
"""

from datetime import datetime
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper


def read_times_quickly(*, connection: BaseDatabaseWrapper, **_of_the_signal: Any) -> None:
    """For a connection that was just made (`connection_created`)."""
    if connection.vendor == "postgresql":
        adapters = connection.connection.adapters
        adapters.register_loader("timestamptz", _quick(_loader(adapters)))


def _loader(adapters: Any) -> type[Any]:
    """Django's own, which knows the connection's zone."""
    from psycopg.pq import Format  # noqa: PLC0415 (SQLite needs no driver)

    loader: type[Any] = adapters.get_loader(adapters.types["timestamptz"].oid, Format.TEXT)
    return loader


def _quick(slow: type[Any]) -> type[Any]:
    zone = slow.timezone

    class Quick(slow):  # type: ignore[misc]
        def load(self, data: Any) -> datetime:
            try:
                return datetime.fromisoformat(str(data, "ascii")).replace(tzinfo=zone)
            except ValueError:
                found: datetime = super().load(data)
                return found

    return Quick

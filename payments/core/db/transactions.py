"""Up to which id the rows of a table are all there, though transactions commit in any order.

A row's id is drawn while its transaction is open, so a smaller one may still be committed after a
larger one was seen. On PostgreSQL a transaction has a number, in the order in which they begin to
write. Whoever has seen an id notes down `next_number()`: every transaction that drew a smaller id
has a smaller number, if it had written something before it drew the id. Once `have_ended` says that
all before that number are over, no smaller id can come any more. (The `xmax` of a snapshot would
not do: it is one above the newest that has *ended*, and one with a larger number may be open.)

An open transaction anywhere on the server holds this up; nothing but waiting comes of it. SQLite
has one writer at a time: ids are committed in their order, and there is nothing to wait for.
"""

from django.db import connection


def next_number() -> int:
    """A number above that of each transaction that has written until now; 0 on SQLite.

    Ask for it after the id was read, in a statement of its own outside a transaction.
    """
    return _asked("SELECT pg_current_xact_id()::text::bigint")


def have_ended(before: int) -> bool:
    """Whether all transactions with a smaller number are over, for whoever reads after this."""
    return _asked("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint") >= before


def _asked(sql: str) -> int:
    if connection.vendor != "postgresql":
        return 0
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return int(cursor.fetchone()[0])

"""An index for any part of an address or a name, where the database has one to offer.

PostgreSQL's trigrams, if the extension may be created (since version 13 whoever owns the database
may). Without it, and on SQLite, the same searches read the people one by one: slower, no different.
The expressions are those of `People.with_search_words`; a test compares them by the plan.
"""

from django.db import DatabaseError, transaction
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

_EXTENSION = "CREATE EXTENSION IF NOT EXISTS pg_trgm"
# One of before has other expressions.
_REMOVE = "DROP INDEX IF EXISTS user_by_part"
_INDEX = (
    "CREATE INDEX user_by_part ON accounts_user USING gin ("
    "lower(email) gin_trgm_ops, "
    "lower(coalesce(last_name, '') || coalesce(coalesce(first_name, '') || "
    "coalesce(coalesce(' ', '') || coalesce(coalesce(first_name, '') || "
    "coalesce(coalesce(' ', '') || coalesce(coalesce(last_name, '') || "
    "coalesce(coalesce(' ', '') || coalesce(username, ''), ''), ''), ''), ''), ''), '')) "
    "gin_trgm_ops)"
)


def install(apps: object, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Create the index, unless this database can't or this role may not."""
    if schema_editor.connection.vendor != "postgresql":
        return
    try:
        with transaction.atomic(using=schema_editor.connection.alias):
            schema_editor.execute(_EXTENSION, params=None)
            schema_editor.execute(_REMOVE, params=None)
            schema_editor.execute(_INDEX, params=None)
    except DatabaseError as error:
        print(f"\n  No trigram index, a search by a part of a name will be slower: {error}")  # noqa: T201


def remove(apps: object, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Drop the index; the extension may serve others."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(_REMOVE, params=None)

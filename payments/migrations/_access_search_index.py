"""An index for any part of who saw personal data and why, where the database has one to offer.

As that of people (`accounts.migrations._people_search_index`): PostgreSQL's trigrams, if the
extension may be created. Without it the same search reads the accesses one by one.
"""

from django.db import DatabaseError, transaction
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

_EXTENSION = "CREATE EXTENSION IF NOT EXISTS pg_trgm"
_INDEX = (
    "CREATE INDEX access_by_part ON payments_personaldataaccess "
    "USING gin (lower(actor_name) gin_trgm_ops, lower(reason) gin_trgm_ops)"
)


def install(apps: object, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Create the index, unless this database can't or this role may not."""
    if schema_editor.connection.vendor != "postgresql":
        return
    try:
        with transaction.atomic(using=schema_editor.connection.alias):
            schema_editor.execute(_EXTENSION, params=None)
            schema_editor.execute(_INDEX, params=None)
    except DatabaseError as error:
        print(f"\n  No trigram index, a search by a part of a reason will be slower: {error}")  # noqa: T201


def remove(apps: object, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Drop the index; the extension may serve others."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP INDEX IF EXISTS access_by_part", params=None)

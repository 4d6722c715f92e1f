"""An index for any part of an address or a name, where the database has one to offer.

PostgreSQL's trigrams, if the extension may be created (since version 13 whoever owns the database
may); SQLite's, in a table beside the people that triggers keep (since version 3.34, with FTS5).
Without them the same searches read the people one by one: slower, no different.

The expressions are those of `People.with_search_words`; tests compare them. A migration that
rebuilds the table of people (on SQLite any change of a column does) drops the triggers: end it with
`install` again.
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
_PARTS = "accounts_user_parts"
_COLUMNS = ("email", "last_name", "first_name", "username")


def _words(row: str) -> str:
    """A row's address and names, after a space each, so that a beginning is a part, too."""
    email, last, first, username = (f"{row}.{column}" for column in _COLUMNS)
    space = "' '"
    names = [space, last, first, space, first, space, last, space, username]
    return f"{row}.id, {space} || {email}, {' || '.join(names)}"


def _put(row: str) -> str:
    return f"INSERT INTO {_PARTS} (rowid, lower_email, names) SELECT {_words(row)}"


def _take_out(row: str) -> str:
    what = f"{_PARTS} ({_PARTS}, rowid, lower_email, names)"
    return f"INSERT INTO {what} SELECT 'delete', {_words(row)}"


def _trigger(verb: str, *statements: str) -> str:
    name = f"{_PARTS}_{verb.split(maxsplit=1)[0].lower()}"
    body = " ".join(f"{statement};" for statement in statements)
    return f"CREATE TRIGGER {name} AFTER {verb} ON accounts_user BEGIN {body} END"


def _sqlite() -> list[str]:
    of = "fts5(lower_email, names, content='', tokenize='trigram')"
    return [
        f"DROP TABLE IF EXISTS {_PARTS}",
        f"CREATE VIRTUAL TABLE {_PARTS} USING {of}",
        f"{_put('person')} FROM accounts_user AS person",
        *(f"DROP TRIGGER IF EXISTS {_PARTS}_{verb}" for verb in ("insert", "delete", "update")),
        _trigger("INSERT", _put("new")),
        _trigger("DELETE", _take_out("old")),
        _trigger(f"UPDATE OF {', '.join(_COLUMNS)}", _take_out("old"), _put("new")),
    ]


def _postgresql() -> list[str]:
    return [_EXTENSION, _REMOVE, _INDEX]


_STATEMENTS = {"sqlite": _sqlite, "postgresql": _postgresql}


def install(apps: object, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Make the index as it is now, unless this database can't or this role may not."""
    try:
        with transaction.atomic(using=schema_editor.connection.alias):
            for statement in _STATEMENTS[schema_editor.connection.vendor]():
                schema_editor.execute(statement, params=None)
    except DatabaseError as error:
        print(f"\n  No trigram index, a search by a part of a name will be slower: {error}")  # noqa: T201


def remove(apps: object, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Drop the index; the extension may serve others."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(_REMOVE, params=None)
        return
    for verb in ("insert", "delete", "update"):
        schema_editor.execute(f"DROP TRIGGER IF EXISTS {_PARTS}_{verb}", params=None)
    schema_editor.execute(f"DROP TABLE IF EXISTS {_PARTS}", params=None)

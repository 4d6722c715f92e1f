"""The database's own refusal to change what is only ever added to: triggers on those tables.

The model refuses as well, but a trigger also stops raw SQL, another program and a careless console.
A migration that rebuilds the table (on SQLite any change of a column does) drops its triggers: end
such a migration with `install` again. A test proves that they are there after all migrations.
"""

from django.db.backends.base.schema import BaseDatabaseSchemaEditor

TABLES = (
    "payments_paymentevent",
    "payments_personaldataaccess",
    "payments_discrepancystep",
    "payments_discrepancy_seen_by",
    "payments_dailyclose",
    "payments_movement",
)
_FUNCTION = "payments_refuse_change"


def _message(table: str) -> str:
    return f"{table} is append-only"


def _sqlite_install(table: str) -> list[str]:
    return [
        f"CREATE TRIGGER IF NOT EXISTS {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{_message(table)}'); END"
        for verb in ("UPDATE", "DELETE")
    ]


def _sqlite_remove(table: str) -> list[str]:
    return [f"DROP TRIGGER IF EXISTS {table}_no_{verb}" for verb in ("update", "delete")]


def _postgres_install(table: str) -> list[str]:
    return [
        (
            f"CREATE OR REPLACE FUNCTION {_FUNCTION}() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME "
            "USING ERRCODE = 'integrity_constraint_violation'; END $$"
        ),
        (
            f"CREATE OR REPLACE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION {_FUNCTION}()"
        ),
        (
            f"CREATE OR REPLACE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {_FUNCTION}()"
        ),
    ]


def _postgres_remove(table: str) -> list[str]:
    return [
        f"DROP TRIGGER IF EXISTS {table}_no_{what} ON {table}" for what in ("change", "truncate")
    ]


_STATEMENTS = {
    "sqlite": (_sqlite_install, _sqlite_remove),
    "postgresql": (_postgres_install, _postgres_remove),
}


def _present(schema_editor: BaseDatabaseSchemaEditor) -> list[str]:
    existing = schema_editor.connection.introspection.table_names()
    return [table for table in TABLES if table in existing]


def install(apps: object, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Create the triggers on every table that exists by now; harmless when they do."""
    for table in _present(schema_editor):
        for statement in _STATEMENTS[schema_editor.connection.vendor][0](table):
            schema_editor.execute(statement, params=None)


def remove(apps: object, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Drop the triggers: for undoing a migration and for emptying a test database."""
    for table in _present(schema_editor):
        for statement in _STATEMENTS[schema_editor.connection.vendor][1](table):
            schema_editor.execute(statement, params=None)

"""Looking for a part of a text by an index of trigrams: `holds`, `begins`, `whole`; small letters.

    rows.annotate(names=Words(Concat("last_name", "first_name"), part="names"))
    rows.filter(names__holds="길동")

PostgreSQL has such an index on the expression itself. SQLite has it in a table beside the rows,
"<table>_parts" with a column `part` (`accounts.migrations._people_search_index`); where there is
none, the rows are read. What a person types goes through `search.part_of`.
"""

from typing import Any

from django.db.models import CharField, Lookup, TextField
from django.db.models.expressions import Col
from django.db.models.functions import Lower
from django.db.models.lookups import Contains, Exact, StartsWith

# As many letters as one entry of the index has.
TRIGRAM = 3
# No text goes on with anything behind it.
_LAST = "\U0010ffff"
_KNOWN = "_tables_of_parts"


class WordsField(TextField[Any, Any]):
    """Text in small letters of which parts are looked for."""


class Words(Lower):
    """Small letters, known to an index of parts by the name `part`."""

    output_field = WordsField()

    def __init__(self, *expressions: Any, part: str, **extra: Any) -> None:
        super().__init__(*expressions, **extra)
        self.part = part


class _ByParts(Lookup[bool]):
    """Asks SQLite's table of parts where there is one and the text is long enough for it."""

    def as_sqlite(self, compiler: Any, connection: Any) -> Any:
        alias = next(node.alias for node in self.lhs.flatten() if isinstance(node, Col))
        table = f"{compiler.query.alias_map[alias].table_name}_parts"
        text = self.text
        if len(text) < TRIGRAM or table not in _tables(connection):
            return self.as_sql(compiler, connection)
        quote = connection.ops.quote_name
        found = f"SELECT rowid FROM {quote(table)} WHERE {quote(table)} MATCH %s"  # noqa: S608 (names of ours alone)
        phrase = text.replace('"', '""')
        return f"{quote(alias)}.{quote('id')} IN ({found})", [f'{self.lhs.part} : "{phrase}"']

    @property
    def text(self) -> str:
        """What the table of parts is asked for."""
        return str(self.rhs)


@WordsField.register_lookup
class Holds(_ByParts):
    """Has the text in it."""

    lookup_name = "holds"

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        return compiler.compile(Contains(self.lhs, self.rhs))


@WordsField.register_lookup
class Begins(_ByParts):
    """Begins with the text, or has a word that does."""

    lookup_name = "begins"

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        first, values = compiler.compile(StartsWith(self.lhs, self.rhs))
        word, others = compiler.compile(Contains(self.lhs, self.text))
        return f"({first} OR {word})", [*values, *others]

    @property
    def text(self) -> str:
        return f" {self.rhs}"


@WordsField.register_lookup
class Whole(_ByParts):
    """Is the text. SQLite's index of the expression knows no values that come with the question."""

    lookup_name = "whole"

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        return compiler.compile(Exact(self.lhs, self.rhs))

    def as_sqlite(self, compiler: Any, connection: Any) -> Any:
        part, found = super().as_sqlite(compiler, connection)
        whole, values = self.as_sql(compiler, connection)
        return f"({part} AND {whole})", [*found, *values]


@CharField.register_lookup
class Prefix(Lookup[bool]):
    """A column as it is written that begins with the text.

    SQLite's LIKE goes by no index of it, a range does: its texts are in the order of their bytes.
    """

    lookup_name = "prefix"

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        return compiler.compile(StartsWith(self.lhs, self.rhs))

    def as_sqlite(self, compiler: Any, connection: Any) -> Any:
        column, values = compiler.compile(self.lhs)
        bounds = [self.rhs, f"{self.rhs}{_LAST}"]
        return f"({column} >= %s AND {column} < %s)", [*values, bounds[0], *values, bounds[1]]


def _tables(connection: Any) -> set[str]:
    """The tables of parts that a database has; asked once for a connection."""
    if not hasattr(connection, _KNOWN):
        with connection.cursor() as cursor:
            cursor.execute("SELECT name FROM sqlite_master WHERE sql LIKE 'CREATE VIRTUAL TABLE %'")
            setattr(connection, _KNOWN, {name for (name,) in cursor.fetchall()})
    known: set[str] = getattr(connection, _KNOWN)
    return known

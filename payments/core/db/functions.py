"""Times as the database itself works them out: quick to read, or to add up by, in great numbers."""

from datetime import datetime
from typing import Any

from django.db.models import BigIntegerField, Func, TextField
from django.db.models.functions import TruncDate

from payments.core.kst import KST


class UnixSecond(Func):
    """The whole second since 1970 in which a moment lies; NULL for none."""

    output_field = BigIntegerField()

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        template = "FLOOR(EXTRACT(EPOCH FROM %(expressions)s))::bigint"
        return self.as_sql(compiler, connection, template=template, **context)

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        # Without the fraction, which it would round up.
        template = "CAST(STRFTIME('%%%%s', SUBSTR(%(expressions)s, 1, 19)) AS INTEGER)"
        return self.as_sql(compiler, connection, template=template, **context)


class _IsoText(TextField[Any, Any]):
    """A time that the database hands over as ISO 8601, with its zone."""

    def from_db_value(self, value: str | None, *_context: Any) -> datetime | str | None:
        try:
            return None if value is None else datetime.fromisoformat(value)
        except ValueError:
            return value


class Moment(Func):
    """The moment that a column holds, None for NULL; for whoever reads a million rows.

    Django reads a time of PostgreSQL's in Python, number by number, which takes longer than all
    else in a row. What is no time in Python ("infinity") stays text: it hides no other row.
    """

    output_field = _IsoText()

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, template="%(expressions)s::text", **context)

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, template="%(expressions)s || '+00:00'", **context)


class KoreanDay(TruncDate):
    """The Korean day of a moment.

    On SQLite with its own arithmetic, three times as fast as Django's call back into Python for
    each row: Korea has been nine hours ahead the year round since 1988.
    """

    def __init__(self, expression: str, **extra: Any) -> None:
        super().__init__(expression, **({"tzinfo": KST} | extra))

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        """`DATE(column, '+9 hours')`: times are stored in UTC."""
        sql, params = compiler.compile(self.lhs)
        return f"DATE({sql}, '+9 hours')", params

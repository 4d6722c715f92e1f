"""The search box of a list: ids and names, found as people paste and type them.

Fields are named as Django's `search_fields`: one that ends with `__exact` is an id, found whole, so
that its index answers; any other is a text that holds each word. Several ids in one text find any
of them. Payments have a search of their own (`payments.selectors.payments.search`).
"""

from collections.abc import Iterable, Sequence
from functools import reduce
from operator import and_, or_
from typing import TypeVar

from django.db.models import Model, Q, QuerySet

from payments.core.text import ids, plain, plain_id, several_ids, spellings

EXACT = "__exact"

Row = TypeVar("Row", bound=Model)


def searched(rows: QuerySet[Row], text: str, *, fields: Sequence[str]) -> QuerySet[Row]:
    """The rows that fit the text; all of them for an empty one."""
    if not plain(text):
        return rows
    exact = [field.removesuffix(EXACT) for field in fields if field.endswith(EXACT)]
    texts = [field for field in fields if not field.endswith(EXACT)]
    return rows.filter(_with_ids(exact, text) | _with_words(texts, text))


def _with_ids(columns: list[str], text: str) -> Q:
    """One of the ids in one of the columns; an id may hold what else stands between ids."""
    words = [word for word in dict.fromkeys([plain_id(text), *ids(text)]) if word]
    written = [spelling for word in words for spelling in spellings(word)]
    return _any(Q(**{f"{column}__in": written}) for column in columns)


def _with_words(fields: list[str], text: str) -> Q:
    """Every word in one of the fields; of several e-mails and the like, any of them."""
    if several := several_ids(text):
        return _any(_holding(fields, word) for word in several)
    words = list(filter(None, map(plain_id, plain(text).split())))
    return reduce(and_, (_holding(fields, word) for word in words)) if words else Q(pk__in=[])


def _holding(fields: list[str], word: str) -> Q:
    return _any(
        Q(**{f"{field}__icontains": spelling}) for field in fields for spelling in spellings(word)
    )


def _any(conditions: Iterable[Q]) -> Q:
    return reduce(or_, conditions, Q(pk__in=[]))

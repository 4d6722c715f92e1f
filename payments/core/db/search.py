"""The search box of a list: ids and names, found as people paste and type them.

Fields are named as Django's `search_fields`: one that ends with `__exact` is an id, found whole, so
that its index answers; one that ends with `__holds` is `Words`, so that an index of its parts
answers; any other is a text that holds each word. Several ids in one text find any of them.
Payments have a search of their own (`payments.selectors.payments.search`).
"""

import re
from collections.abc import Iterable, Sequence
from functools import reduce
from operator import and_, or_
from typing import TypeVar

from django.db.models import Model, Q, QuerySet

from payments.core.text import ids, plain, plain_id, several_ids, spellings

EXACT, HOLDS = "__exact", "__holds"
# What an index of trigrams can look up: three letters, or a word's beginning or end that is known
# to be one. Anything else would make the database read every row.
_TRIGRAM = re.compile(r"[^\W_]{3}|[\W_][^\W_]|[^\W_]{2}[\W_]")
_LETTER = re.compile(r"[^\W_]")

Row = TypeVar("Row", bound=Model)


def searched(rows: QuerySet[Row], text: str, *, fields: Sequence[str]) -> QuerySet[Row]:
    """The rows that fit the text; all of them for an empty one."""
    if not plain(text):
        return rows
    exact = [field.removesuffix(EXACT) for field in fields if field.endswith(EXACT)]
    texts = [field for field in fields if not field.endswith(EXACT)]
    return rows.filter(_with_ids(exact, text) | _with_words(texts, text))


def part_of(column: str, text: str) -> Q:
    """Where a column of `Words` holds the text.

    One or two letters are looked for where a word begins, signs alone nowhere: an index of
    trigrams knows no shorter parts.
    """
    text = text.lower()
    if _TRIGRAM.search(text):
        return Q(**{f"{column}{HOLDS}": text})
    if not _LETTER.search(text):
        return Q(pk__in=[])
    return Q(**{f"{column}__begins": text})


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
    return _any(_in_field(field, spelling) for field in fields for spelling in spellings(word))


def _in_field(field: str, text: str) -> Q:
    if field.endswith(HOLDS):
        return part_of(field.removesuffix(HOLDS), text)
    return Q(**{f"{field}__icontains": text})


def _any(conditions: Iterable[Q]) -> Q:
    return reduce(or_, conditions, Q(pk__in=[]))

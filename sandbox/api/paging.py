"""Pages of payments under a sorting (contract 2.6), from covering indexes: only the page loads."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import Any

from flask import Response, request

from .envelope import RefusalError, query_int, raw_envelope

SORTINGS = ("-started", "started", "-paid", "paid", "-updated", "updated")
_COLUMNS = {"started": "started_at", "paid": "paid_at", "updated": "status_at"}
# Below this many rows, sorting the window is cheaper than walking the whole sorted index.
_SMALL_WINDOW = 20_000


@dataclass(frozen=True)
class Paging:
    page: int
    limit: int
    sorting: str

    @classmethod
    def from_query(cls) -> Paging:
        sorting = request.args.get("sorting") or SORTINGS[0]
        if sorting not in SORTINGS:
            raise RefusalError(400, "지원되지 않는 정렬기준입니다.")
        return cls(query_int("page", 1, 1, 10**9), query_int("limit", 20, 1, 1000), sorting)

    @property
    def is_descending(self) -> bool:
        return self.sorting.startswith("-")

    @property
    def column(self) -> str:
        return _COLUMNS[self.sorting.lstrip("-")]

    @property
    def order(self) -> str:
        way = "DESC" if self.is_descending else "ASC"
        return f"{self.column} {way}, seq {way}"

    @property
    def offset(self) -> int:
        return (self.page - 1) * self.limit


@dataclass(frozen=True)
class Selection:
    """Which payments: conditions on columns, and the index that counts them."""

    where: str
    values: tuple[Any, ...]
    counted_by: str = ""
    sorted_by: str = ""


def answer(db: sqlite3.Connection, selection: Selection, paging: Paging) -> Response:
    total = _count(db, selection)
    last = -(-total // paging.limit)
    if paging.page > max(last, 1):
        raise RefusalError(400, "페이지 범위를 벗어났습니다.")  # contract 2.5, 9#15
    documents = ",".join(_documents(db, selection, paging, total))
    return raw_envelope(
        f'{{"total":{total},"previous":{paging.page - 1},'
        f'"next":{paging.page + 1 if paging.page < last else 0},"list":[{documents}]}}'
    )


def _count(db: sqlite3.Connection, selection: Selection) -> int:
    sql = f"SELECT count(*) FROM payments {selection.counted_by} WHERE {selection.where}"
    return int(db.execute(sql, selection.values).fetchone()[0])


def _documents(
    db: sqlite3.Connection, selection: Selection, paging: Paging, total: int
) -> list[str]:
    index = selection.counted_by if total <= _SMALL_WINDOW else selection.sorted_by
    page = (
        f"SELECT seq FROM payments {index} WHERE {selection.where}"
        f" ORDER BY {paging.order} LIMIT {paging.limit} OFFSET {paging.offset}"
    )
    order = paging.order
    sql = f"SELECT document FROM payments WHERE seq IN ({page}) ORDER BY {order}"
    return [row["document"] for row in db.execute(sql, selection.values)]


def by_status(status: str | None, start: int, end: int, sorting: str) -> Selection:
    scope = "status" if status else "all"
    return Selection(
        where=("status = ? AND " if status else "") + "status_at BETWEEN ? AND ?",
        values=(status, start, end) if status else (start, end),
        counted_by=f"INDEXED BY {scope}_updated",
        sorted_by=f"INDEXED BY {scope}_{sorting.lstrip('-')}",
    )


def by_merchant_uid(merchant_uid: str, status: str | None, now: float) -> Selection:
    where, values = "merchant_uid = ? AND visible_at <= ?", (merchant_uid, now)
    if status is None:
        return Selection(where, values)
    return Selection(f"{where} AND status = ?", (*values, status))

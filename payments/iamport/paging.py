"""Lists that are longer than a page, whatever shifts while they are read (contract 2.5, 2.6).

A list by status is read by key: each call asks for what is left from the last row's status time on,
and the rows of that second that came before are dropped. So a row that leaves, comes or moves
shifts nothing that is still to be read. Page numbers are used only where there is no key: inside
one second with more rows than a page holds, and for the attempts of one order (`without_key`).
There a reading counts only if its pages fit together and the next reading brings the same.

The end is where `total` says that nothing is left. A 400 or 404 is none: the list is then unknown.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import replace
from functools import partial

from .errors import NotFound, Refused
from .schemas import Page, Row, Unreadable
from .values import ShapeError

SLICE = 90 * 86_400  # the widest window the gateway allows, in seconds
# So often pages without a key are read until two readings agree; then the list is unknown.
READINGS = 10
# What the place of a row without an id begins with; no id does, so none is ever asked for.
PLACE = "#"

Window = tuple[int, int]
FetchWindow = Callable[[Window, int], Page]
FetchPage = Callable[[int], Page]


def slices(from_: int, to: int) -> list[Window]:
    """`from_`..`to` in windows of at most 90 days; both ends belong to one, so none overlap."""
    return [(start, min(start + SLICE, to)) for start in range(from_, to + 1, SLICE + 1)]


def by_key(windows: Iterable[Window], fetch: FetchWindow) -> Iterator[Row]:
    """Every row of the windows, in the order of their status times, each once.

    A row that changes while we read moves to a later time; it comes as it was met first. Raises
    ShapeError where the answers can't be a list in the order asked for.
    """
    seen = _Seen()
    for window in windows:
        yield from _window(window, fetch, seen)


def without_key(fetch: FetchPage) -> Iterator[Row]:
    """Every row of a list that has no key, each once; errors as `by_key`."""
    yield from _Seen().fresh(_settled(fetch))


def _settled(fetch: FetchPage, *, is_known: bool = False) -> tuple[Row, ...]:
    """All rows of a list without a key, as one moment had them.

    One page that holds all is such a moment. Of more pages two readings in a row must agree.
    `is_known`: the list has shown rows before, so that "not there" is no answer.
    """
    before: dict[Hashable, Row] | None = None
    for _reading in range(READINGS):
        reading, pages = _read(fetch, is_known=is_known or before is not None)
        if reading is not None and (pages == 1 or (before and before.keys() == reading.keys())):
            return tuple(reading.values())
        before = reading or {}
    raise ShapeError("the list changed with every reading")


class _Seen:
    """What was given out, and the place of what comes next."""

    def __init__(self) -> None:
        self._keys: set[Hashable] = set()
        self._last = ""

    def fresh(self, rows: Iterable[Row]) -> Iterator[Row]:
        """Those that were not given out before."""
        for row in rows:
            key = _key(row)
            if key not in self._keys:
                self._keys.add(key)
                yield row if row.imp_uid else self._placed(row)
                self._last = row.imp_uid or self._last

    def _placed(self, row: Row) -> Row:
        # Its number alone would say little: people find the row before it in PortOne's console.
        assert isinstance(row, Unreadable)
        return replace(row, place=f"{PLACE}{len(self._keys)} {self._last}".strip())


def _window(window: Window, fetch: FetchWindow, seen: _Seen) -> Iterator[Row]:
    start, end = window
    while start <= end:
        page = fetch((start, end), 1)
        rows = _checked(page, (start, end))
        if page.total == page.size:
            yield from seen.fresh(rows)
            return
        first, last = _times(rows)
        if first < last:
            yield from seen.fresh(rows)
            start = last
        else:
            # All of one second, and there may be more of it than a page can tell.
            second = _settled(partial(fetch, (last, last)), is_known=True)
            yield from seen.fresh((*rows, *_inside(second, (last, last))))
            start = last + 1


def _checked(page: Page, window: Window) -> tuple[Row, ...]:
    """The page's rows, if they are what was asked for: no fewer than can be, and in order."""
    _check_total(page)
    rows = _inside(page.rows, window)
    times = [row.filed_at for row in rows if row.filed_at]
    if times != sorted(times):
        raise ShapeError("the list is not in the order of the status times")
    return rows


def _check_total(page: Page) -> None:
    if page.total < page.size or (page.total and not page.size):
        raise ShapeError("response.total does not agree with the rows")


def _inside(rows: Iterable[Row], window: Window) -> tuple[Row, ...]:
    """The rows; one whose own time is not in the window is set aside, its time being no key."""
    start, end = max(window[0], 1), window[1]  # 0 is "never" (contract 3)
    return tuple(row if start <= row.filed_at <= end else _timeless(row) for row in rows)


def _timeless(row: Row) -> Unreadable:
    if isinstance(row, Unreadable):
        return replace(row, filed_at=0)
    why = "its status time is not in the span that was asked for"
    return Unreadable(why, row.imp_uid, row.status)


def _times(rows: Iterable[Row]) -> tuple[int, int]:
    """The first and the last time of a page that is not the end."""
    times = [row.filed_at for row in rows if row.filed_at]
    if not times:
        raise ShapeError("no row of the list has a time to go on from")
    return times[0], times[-1]


def _read(fetch: FetchPage, *, is_known: bool) -> tuple[dict[Hashable, Row] | None, int]:
    """All pages once, by key, and how many; None if they can't have been there at one moment."""
    rows: dict[Hashable, Row] = {}
    count, number, total = 0, 1, None
    while True:
        try:
            page = fetch(number)
        except (NotFound, Refused) as error:
            # Past the end by now: rows have left. With nothing seen so far it is an answer.
            if error.status not in (400, 404) or not (is_known or number > 1):
                raise
            return None, number
        if number == 1:
            _check_total(page)
        more = {_key(row): row for row in page.rows}
        # A page that brings nothing new would go on for ever.
        if total not in (None, page.total) or (number > 1 and more.keys() <= rows.keys()):
            return None, number
        total, count = page.total, count + page.size
        rows |= more
        if count >= total:
            return rows if number == 1 or len(rows) == total == count else None, number
        number += 1


def _key(row: Row) -> Hashable:
    return row.imp_uid or (row.fingerprint if isinstance(row, Unreadable) else "")

"""Lists that come in pages, over a span of time that comes in slices (contract 2.5, 2.6)."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from functools import partial

from .errors import NotFound, Refused
from .schemas import GatewayPayment, Page

SLICE = 90 * 86_400  # the widest window the gateway allows, in seconds
_PAST_THE_END = (400, 404)
# Rows only ever slip across the seam between two pages, so the ids of this many pages are enough
# to know one again. All ids of a long list would be half of what it weighs.
_REMEMBERED = 3

Fetch = Callable[[int], Page]
Window = tuple[int, int]
Unreadable = Callable[[str, str], object]


def slices(from_: int, to: int, *, newest_first: bool) -> list[Window]:
    """`from_`..`to` in windows of at most 90 days; both ends belong to one, so none overlap."""
    windows = [(start, min(start + SLICE, to)) for start in range(from_, to + 1, SLICE + 1)]
    return windows[::-1] if newest_first else windows


def walk_windows(
    windows: Iterable[Window],
    fetch: Callable[[Window, int], Page],
    unreadable: Unreadable | None = None,
) -> Iterator[GatewayPayment]:
    """`walk` through one window after the other."""
    for window in windows:
        yield from walk(partial(fetch, window), unreadable)


def walk(fetch: Fetch, unreadable: Unreadable | None = None) -> Iterator[GatewayPayment]:
    """Every payment of every page, each once; rows that can't be read go to `unreadable`.

    What appears or changes while we turn pages shifts the rest. A row that slips down comes up
    twice and is dropped. When rows have left, those behind them have slipped up onto a page that
    was read already: it is read again.
    """
    recent: deque[set[str]] = deque(maxlen=_REMEMBERED)
    for page in _pages(fetch):
        if unreadable is not None:
            for imp_uid, why in page.unreadable:
                unreadable(imp_uid, why)
        known = set().union(*recent)
        fresh = {row.imp_uid: row for row in page.payments if row.imp_uid not in known}
        recent.append({row.imp_uid for row in page.payments})
        yield from fresh.values()


def _pages(fetch: Fetch) -> Iterator[Page]:
    number, total = 1, 0
    while number:
        page = _page(fetch, number, may_be_gone=number > 1)
        if number > 1 and (page is None or page.total < total):
            before = _page(fetch, number - 1, may_be_gone=True)
            if before is not None:
                yield before
        if page is None:
            return
        yield page
        number, total = page.next, page.total


def _page(fetch: Fetch, number: int, *, may_be_gone: bool) -> Page | None:
    """One page; None if it is gone by now, which the gateway answers with 400."""
    try:
        return fetch(number)
    except (NotFound, Refused) as error:
        if may_be_gone and error.status in _PAST_THE_END:
            return None
        raise

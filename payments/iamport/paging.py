"""Lists that come in pages, over a span of time that comes in slices (contract 2.5, 2.6)."""

from collections.abc import Callable, Iterator

from .errors import NotFound, Refused
from .schemas import GatewayPayment, Page

SLICE = 90 * 86_400  # the widest window the gateway allows, in seconds
_PAST_THE_END = (400, 404)


def slices(from_: int, to: int, *, newest_first: bool) -> list[tuple[int, int]]:
    """`from_`..`to` in windows of at most 90 days; both ends belong to one, so none overlap."""
    windows = [(start, min(start + SLICE, to)) for start in range(from_, to + 1, SLICE + 1)]
    return windows[::-1] if newest_first else windows


def walk(fetch: Callable[[int], Page]) -> Iterator[GatewayPayment]:
    """Every payment of every page, each once.

    Payments that appear or change while we turn pages shift the rest: one may come up twice, and
    the page that `next` promised may be gone by then, which the gateway answers with 400.
    """
    number, seen = 1, set[str]()
    while number:
        try:
            page = fetch(number)
        except (NotFound, Refused) as error:
            if number > 1 and error.status in _PAST_THE_END:
                return
            raise
        for payment in page.payments:
            if payment.imp_uid not in seen:
                seen.add(payment.imp_uid)
                yield payment
        number = page.next

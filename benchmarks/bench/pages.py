"""Pages in turn: product, stock, product, stock, through all books; what slows one slows the other.

In this process by Django's test client, as somebody who may see everything. Before it is measured,
each page has been asked for once. Its statements are counted in a pass of their own.
"""

import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import overload
from unittest.mock import patch

from django.contrib.auth import get_user_model
from django.db import connection
from django.http import HttpResponseBase
from django.template import Context, Template
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.safestring import SafeString

from benchmarks.bench.books import STAFF, Book
from benchmarks.bench.cases import Case, Facts
from benchmarks.bench.progress import say
from benchmarks.harness import use
from benchmarks.processor import used_for_us

PRODUCT, STOCK = "product", "stock"
# Of a page that takes longer than so many seconds, fewer rounds are enough.
SLOW, SLOW_ROUNDS = 1.0, 3


@dataclass(slots=True)
class Page:
    """One page of a book, and what was measured of it. Seconds, statements, bytes.

    `processor`: seconds of this process and its database backend, whoever else uses the machine.
    """

    book: Book
    side: str
    address: str
    proof: str
    browser: Client
    seconds: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)
    statements: int = 0
    bytes: int = 0

    @property
    def median(self) -> float:
        """Seconds."""
        return statistics.median(self.seconds)

    @property
    def used(self) -> float:
        """Seconds of the processor."""
        return statistics.median(self.processor)

    def is_wanted(self, turn: int) -> bool:
        """Whether it is asked for in this turn, of which the first, -1, is not measured."""
        return turn < SLOW_ROUNDS or self.median < SLOW

    def ask(self, *, is_measured: bool) -> None:
        """Until it is rendered. Raises RuntimeError if it is not the page that was meant."""
        use(self.book.database)
        used, begin = used_for_us(), time.perf_counter()
        response = self.browser.get(self.address, follow=True)
        took = time.perf_counter() - begin
        used = used_for_us() - used
        self._check(response)
        if is_measured:
            self.seconds.append(took)
            self.processor.append(used)

    def count(self) -> None:
        """How many statements it takes."""
        use(self.book.database)
        with CaptureQueriesContext(connection) as queries:
            self._check(self.browser.get(self.address, follow=True))
        self.statements = len(queries)

    def _check(self, response: HttpResponseBase) -> None:
        content = getattr(response, "content", b"")
        if response.status_code != 200 or self.proof.encode() not in content:
            raise RuntimeError(f"it answered {response.status_code}, {self.proof!r} not in it")
        self.bytes = len(content)


@dataclass(frozen=True, slots=True)
class Measured:
    """A case on each book, by size and side."""

    case: Case
    pages: dict[tuple[int, str], Page]

    @overload
    def page(self, size: int) -> Page: ...

    @overload
    def page(self, size: int, side: str) -> Page | None: ...

    def page(self, size: int, side: str = PRODUCT) -> Page | None:
        """The product's; of the twin, None where it has no such page."""
        return self.pages.get((size, side))


def measured(books: Sequence[Book], cases: Sequence[Case], rounds: int) -> Iterator[Measured]:
    """One case after the other. Ends with the name of the case that does not work."""
    with _rendered_as_on_a_server():
        readers = [_Reader(book) for book in books]
        for case in cases:
            say(f"measuring: {case.name}")
            pages = [page for reader in readers for page in reader.pages(case)]
            for turn in range(-1, rounds):
                for page in pages:
                    if page.is_wanted(turn):
                        with _named(case, page):
                            page.ask(is_measured=turn >= 0)
            for page in pages:
                with _named(case, page):
                    page.count()
            yield Measured(case, {(page.book.size, page.side): page for page in pages})


@contextmanager
def _named(case: Case, page: Page) -> Iterator[None]:
    """Whatever goes wrong in here is told with the name of the case."""
    try:
        yield
    except Exception as error:
        where = f"“{case.name}” of {page.book.size:,}, {page.side}: {page.address}"
        raise SystemExit(f"{where}: {error or type(error).__name__}") from error


class _Reader:
    """Somebody who may see everything in a book, in two browsers."""

    def __init__(self, book: Book) -> None:
        use(book.database)
        self._book, self._facts = book, Facts.of(book)
        self._browser, self._unmasked = self._signed_in(), self._signed_in()

    def pages(self, case: Case) -> Iterator[Page]:
        """The product's, and the twin's if it has one."""
        use(self._book.database)
        proof = case.proof(self._facts)
        browser = self._seeing_persons() if case.unmasked else self._browser
        yield Page(self._book, PRODUCT, case.product(self._facts), proof, browser)
        if case.stock:
            yield Page(self._book, STOCK, case.stock(self._facts), proof, self._browser)

    def _seeing_persons(self) -> Client:
        """For a quarter of an hour from now on."""
        address = reverse("admin:payments_payment_unmask")
        self._unmasked.post(address, {"reason": "a search by a part of an e-mail"})
        return self._unmasked

    def _signed_in(self) -> Client:
        browser = Client()
        browser.force_login(get_user_model().objects.get(username=STAFF))
        return browser


@contextmanager
def _rendered_as_on_a_server() -> Iterator[None]:
    """Django's own way with a template, which its test environment replaces by one that records.

    That copies the context of every part of a page. It has no documented name.
    """

    def rendered(self: Template, context: Context) -> SafeString:
        return self.nodelist.render(context)

    with patch.object(Template, "_render", rendered):
        yield

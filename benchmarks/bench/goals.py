"""What the pages are to show, beside what they show: for the report alone, no test knows of it.

To set another goal: a line in `_GOALS`, or a function that `reached` goes through.
"""

from collections.abc import Iterator, Mapping, Sequence

from benchmarks.bench.pages import PRODUCT, STOCK, Measured
from benchmarks.bench.staff import Load
from benchmarks.serving import quantile

SMALL, LARGE = 10_000, 1_000_000
# A case, a size, and how many times quicker than stock its page is to be.
_GOALS = (
    ("first page", SMALL, 1.0),
    ("first page", LARGE, 18.0),
    ("first page with the filter by user", LARGE, 150.0),
    ("sorted by amount", LARGE, 35.0),
    ("last page", LARGE, 35.0),
    ("exact merchant_uid (ours leads on to the payment)", LARGE, 200.0),
)
# Half of what the product's first page of 10,000 took in November 2026.
FIRST_PAGE_MS = 22.5
GROWTH = 1.3
PAGES_A_SECOND, P95 = 60, 0.150
Line = tuple[str, str, str]


def reached(cases: Sequence[Measured], loads: Sequence[Load]) -> Iterator[Line]:
    """Each goal, the figure, and whether it is met; none for what was not measured."""
    by_name = {measured.case.name: measured for measured in cases}
    yield from _first_page(by_name)
    for name, size, times in _GOALS:
        yield from _quicker(by_name, name, size, times)
    yield from _growth(cases)
    for load in loads:
        yield _load(load)


def _first_page(cases: Mapping[str, Measured]) -> Iterator[Line]:
    if "first page" in cases and (page := cases["first page"].pages.get((SMALL, PRODUCT))):
        ms = page.median * 1_000
        goal = f"first page of {SMALL:,}: {FIRST_PAGE_MS:g} ms"
        figure = f"{ms:.1f} ms, {page.used * 1_000:.1f} of the processor"
        yield goal, figure, _met(ms <= FIRST_PAGE_MS)


def _quicker(cases: Mapping[str, Measured], name: str, size: int, times: float) -> Iterator[Line]:
    pages = cases[name].pages if name in cases else {}
    product, stock = pages.get((size, PRODUCT)), pages.get((size, STOCK))
    if product and stock:
        figure = stock.median / product.median
        words = f"{times:g} times quicker than" if times > 1 else "not slower than"
        goal = f"{name} of {size:,}: {words} stock"
        yield goal, f"{figure:.1f} times", _met(figure >= times)


def _growth(cases: Sequence[Measured]) -> Iterator[Line]:
    """The worst one, by processor time: what else runs on the machine is no growth."""
    grown = []
    for measured in cases:
        sizes = sorted({size for size, _side in measured.pages})
        if len(sizes) > 1:
            smallest, largest = measured.page(sizes[0]), measured.page(sizes[-1])
            grown.append((largest.used / smallest.used, measured.case.name))
    if grown:
        factor, name = max(grown)
        goal = f"every case on the largest book: {GROWTH:g} times the smallest's processor time"
        yield goal, f"{factor:.2f} times at most ({name})", _met(factor <= GROWTH)


def _load(load: Load) -> Line:
    if load.pause:
        p95 = quantile(load.pages, 0.95)
        goal = f"staff with pauses beside an export: p95 under {P95 * 1_000:.0f} ms"
        return goal, f"{p95 * 1_000:,.0f} ms", _met(p95 < P95)
    goal = f"staff without a pause: {PAGES_A_SECOND} pages a second"
    return goal, f"{load.per_second:.1f}", _met(load.per_second >= PAGES_A_SECOND)


def _met(is_met: bool) -> str:
    return "met" if is_met else "not met"

"""What chaos says of an outage: a row of its table, and whether it held."""

from collections import Counter

import pytest

from benchmarks.outages import Seen, _row, _verdict


def a_row(problems: list[str], slowest: float = 0.5) -> Seen:
    return Seen(
        name="PostgreSQL is stopped for 3 s",
        statuses=Counter({503: 12, 200: 95}),
        slowest=slowest,
        webhooks=Counter({0: 1, 200: 3}),
        recovered=4.2,
        problems=problems,
    )


def test_a_row_tells_what_readers_and_webhooks_saw() -> None:
    assert _row(a_row([])) == (
        "| PostgreSQL is stopped for 3 s | 200: 95, 503: 12 | 0.50 s | none: 1, 200: 3 | 4 s "
        "| nothing |"
    )


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ([a_row([])], 0),
        ([a_row([]), a_row(["1 of 3 payments are lost"])], 1),
        ([a_row([], slowest=1.2)], 1),
    ],
)
def test_it_holds_only_if_nothing_is_lost_and_no_page_was_slow(rows: list[Seen], code: int) -> None:
    assert _verdict(rows) == code

"""Whatever shifts while a list is read: what stays comes exactly once, what moves at most once."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from payments.iamport import IamportClient, Malformed
from tests.payments.iamport.scripted import Gateway, Lists

PAID = "/payments/status/paid"
LAST = 12  # the window's last second; what moves past it has left
IDS = st.integers(0, 60).map("imp_{}".format)
# A row comes, moves or leaves; several at once between two pages, or none.
CHANGES = st.lists(st.lists(st.tuples(IDS, st.integers(0, LAST + 2)), max_size=4), max_size=30)
# Many rows in few seconds: seconds that hold more than a page.
TIMES = st.dictionaries(IDS, st.integers(1, LAST) | st.just(7), max_size=60)


def made(change: list[tuple[str, int]]) -> Callable[[dict[str, int]], object]:
    def make(times: dict[str, int]) -> None:
        for imp_uid, time in change:
            if time:
                times[imp_uid] = time
            else:
                times.pop(imp_uid, None)

    return make


def read(client: IamportClient) -> Counter[str]:
    return Counter(row.imp_uid for row in client.by_status("paid", from_=1, to=LAST))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(times=TIMES, changes=CHANGES, cap=st.sampled_from([1, 2, 3, 5, 20, 1_000]))
def test_what_stays_comes_once_and_what_moves_at_most_once(
    gateway: Gateway,
    client: IamportClient,
    times: dict[str, int],
    changes: list[list[tuple[str, int]]],
    cap: int,
) -> None:
    touched = {imp_uid for change in changes for imp_uid, _time in change}
    gateway.on("GET", PAID, Lists(dict(times), cap=cap, changes=[made(one) for one in changes]))
    try:
        came = read(client)
    except Malformed:
        # A second that never kept still: nobody says that it was read.
        came = read(client)
    assert {imp_uid for imp_uid, number in came.items() if number > 1} == set()
    assert set(times) - touched <= set(came)


@pytest.mark.parametrize("cap", [20, 1_000])
@pytest.mark.parametrize("together", [1, 7, 3_000])
def test_a_long_list_of_which_something_shifts_before_every_page(
    gateway: Gateway, client: IamportClient, cap: int, together: int
) -> None:
    """`together` rows share a second; some leave, come and move to the end all the while."""
    number = cap * 3
    times = {f"imp_{n}": 1 + n // together for n in range(number)}

    def shift(times: dict[str, Any]) -> None:
        step = len(lists.changes)
        times.pop(f"imp_{7 * step}", None)
        times[f"imp_{7 * step + 3}"] = 99_999
        times[f"imp_new_{step}"] = 1 + step // together

    lists = Lists(dict(times), cap=cap, changes=[shift] * 8)
    gateway.on("GET", PAID, lists)
    stays = {f"imp_{n}" for n in range(number)} - {
        f"imp_{7 * step + more}" for step in range(8) for more in (0, 3)
    }
    came = Counter(row.imp_uid for row in client.by_status("paid", from_=1, to=100_000))
    assert stays <= set(came)
    assert set(came.values()) == {1}

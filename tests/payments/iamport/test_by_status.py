"""Lists by status: read by key in the order of their times, whatever shifts meanwhile."""

from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import Any

import pytest

from payments.iamport import (
    GatewayPayment,
    IamportClient,
    IamportError,
    Malformed,
    NotFound,
    Refused,
    Unreadable,
)
from payments.iamport.paging import READINGS, SLICE, slices
from tests.payments.iamport.scripted import (
    Answer,
    Gateway,
    Lists,
    envelope,
    html,
    page,
    payment,
    refusal,
)

PAID = "/payments/status/paid"
PAST_THE_END = refusal(400, -1, "페이지")
DAY = 86_400
SPAN: dict[str, Any] = {"from_": 0, "to": 100}


def rows(*numbers: int, **fields: Any) -> list[dict[str, Any]]:
    """Rows that are filed a second apart, under their own numbers."""
    return [payment(**{"imp_uid": f"imp_{n}", "paid_at": n} | fields) for n in numbers]


def names(payments: Iterable[GatewayPayment]) -> list[str]:
    return [row.imp_uid for row in payments]


def numbered(*numbers: int) -> list[str]:
    return [f"imp_{number}" for number in numbers]


def asked(gateway: Gateway) -> list[tuple[int, int, int]]:
    """The windows and pages that were asked for."""
    queries = [dict(seen.query) for seen in gateway.calls("GET", PAID)]
    return [(int(query["from"]), int(query["to"]), int(query["page"])) for query in queries]


def moved(imp_uid: str, time: int) -> Callable[[dict[str, int]], object]:
    return lambda times: times.__setitem__(imp_uid, time)


def gone(*imp_uids: str) -> Callable[[dict[str, int]], object]:
    return lambda times: [times.pop(imp_uid) for imp_uid in imp_uids]


def still(times: dict[str, int]) -> None:
    """Nothing happens."""


# --- A list that keeps still ------------------------------------------------------------------


def test_one_page_is_one_call(gateway: Gateway, client: IamportClient) -> None:
    gateway.on("GET", PAID, page(*rows(1, 2)))
    assert names(client.by_status("paid", **SPAN)) == ["imp_1", "imp_2"]
    assert gateway.seen[-1].query == [
        ("sorting", "updated"),
        ("limit", "1000"),
        ("from", "0"),
        ("to", "100"),
        ("page", "1"),
    ]


def test_what_is_left_is_asked_for_from_the_last_time_on(
    gateway: Gateway, client: IamportClient
) -> None:
    gateway.on("GET", PAID, Lists({f"imp_{n}": n for n in range(1, 8)}, cap=3))
    assert names(client.by_status("paid", **SPAN)) == numbered(*range(1, 8))
    assert asked(gateway) == [(0, 100, 1), (3, 100, 1), (5, 100, 1)]


def test_a_quiet_list_takes_a_call_for_each_thousand_and_one_more(
    gateway: Gateway, client: IamportClient
) -> None:
    gateway.on("GET", PAID, Lists({f"imp_{n}": n for n in range(1, 3_001)}))
    assert len(names(client.by_status("paid", from_=0, to=5_000))) == 3_000
    assert len(asked(gateway)) == 4


def test_a_second_with_more_rows_than_a_page_is_read_until_two_readings_agree(
    gateway: Gateway, client: IamportClient
) -> None:
    times = {"imp_1": 5} | {f"imp_{n}": 7 for n in range(2, 9)} | {"imp_9": 8}
    gateway.on("GET", PAID, Lists(times, cap=3))
    assert sorted(names(client.by_status("paid", **SPAN))) == numbered(*range(1, 10))
    inside = [(7, 7, page) for _reading in range(2) for page in (1, 2, 3)]
    assert asked(gateway) == [(0, 100, 1), (7, 100, 1), *inside, (8, 100, 1)]


def test_a_year_goes_in_slices(gateway: Gateway, client: IamportClient) -> None:
    gateway.on("GET", PAID, page())
    list(client.by_status("paid", from_=0, to=365 * DAY))
    spans = [(start, end) for start, end, _page in asked(gateway)]
    assert spans == slices(0, 365 * DAY)
    assert len(spans) == 5


@pytest.mark.parametrize(
    ("from_", "to"), [(0, 0), (5, SLICE), (0, SLICE), (0, SLICE + 1), (7, 1_000 * DAY + 3)]
)
def test_slices_cover_every_second_once_and_none_is_too_wide(from_: int, to: int) -> None:
    windows = slices(from_, to)
    assert windows[0][0] == from_
    assert windows[-1][1] == to
    for (_, end), (start, _) in pairwise(windows):
        assert start == end + 1
    assert all(0 <= end - start <= 90 * DAY for start, end in windows)


def test_nothing_is_asked_before_the_first_row_is_wanted(
    gateway: Gateway, client: IamportClient
) -> None:
    client.by_status("paid", **SPAN)
    assert gateway.seen == []


# --- A list that shifts -----------------------------------------------------------------------


def test_rows_that_leave_make_nothing_slip_through(gateway: Gateway, client: IamportClient) -> None:
    # 1 and 2 are refunded while page 1 is on its way: by number, 4 and 5 would be on page 1 now.
    lists = Lists({f"imp_{n}": n for n in range(1, 8)}, cap=3)
    lists.changes = [still, gone("imp_1", "imp_2")]
    gateway.on("GET", PAID, lists)
    assert names(client.by_status("paid", **SPAN)) == numbered(*range(1, 8))


def test_a_row_that_moves_to_the_end_hides_no_other_and_comes_once(
    gateway: Gateway, client: IamportClient
) -> None:
    lists = Lists({f"imp_{n}": n for n in range(1, 8)}, cap=3)
    lists.changes = [still, moved("imp_1", 99)]
    gateway.on("GET", PAID, lists)
    assert names(client.by_status("paid", **SPAN)) == numbered(*range(1, 8))


def test_a_second_that_shifts_between_its_pages_is_read_again(
    gateway: Gateway, client: IamportClient
) -> None:
    lists = Lists({f"imp_{n}": 7 for n in range(1, 8)}, cap=3)
    # One row leaves and another comes between two pages, so that even the total stays.
    lists.changes = [still, still, lambda times: (gone("imp_1")(times), moved("imp_9", 7)(times))]
    gateway.on("GET", PAID, lists)
    payments = names(client.by_status("paid", **SPAN))
    assert sorted(payments) == numbered(1, 2, 3, 4, 5, 6, 7, 9)


def test_a_second_that_never_keeps_still_is_unknown(
    gateway: Gateway, client: IamportClient
) -> None:
    lists = Lists({f"imp_{n}": 7 for n in range(1, 6)}, cap=3)
    lists.changes = [moved(f"imp_{n}", 7) for n in range(10, 99)]
    gateway.on("GET", PAID, lists)
    with pytest.raises(Malformed, match="changed with every reading"):
        list(client.by_status("paid", **SPAN))
    assert len(lists.changes) > 89 - READINGS * 30


def test_a_payment_that_moves_to_a_later_slice_comes_once(
    gateway: Gateway, client: IamportClient
) -> None:
    lists = Lists({"imp_1": 1, "imp_2": 2})
    lists.changes = [still, moved("imp_1", 95 * DAY)]
    gateway.on("GET", PAID, lists)
    assert names(client.by_status("paid", from_=0, to=100 * DAY)) == ["imp_1", "imp_2"]


# --- Answers that are no list -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "error"),
    [(PAST_THE_END, Refused), (refusal(404, -1), NotFound), (html(400), Malformed)],
)
def test_trouble_with_the_first_page_is_no_empty_list(
    gateway: Gateway, client: IamportClient, first: Answer, error: type[IamportError]
) -> None:
    gateway.on("GET", PAID, first)
    with pytest.raises(error):
        list(client.by_status("paid", **SPAN))


@pytest.mark.parametrize(
    "second", [PAST_THE_END, refusal(404, -1), html(400), html(404), refusal(200, 1)]
)
def test_trouble_later_on_is_not_the_end(
    gateway: Gateway, client: IamportClient, second: Answer
) -> None:
    gateway.on("GET", PAID, page(*rows(1, 2), total=5), second)
    with pytest.raises(IamportError):
        list(client.by_status("paid", **SPAN))


@pytest.mark.parametrize("gone_page", [PAST_THE_END, refusal(404, -1)])
def test_trouble_inside_a_second_is_not_its_end(
    gateway: Gateway, client: IamportClient, gone_page: Answer
) -> None:
    same = rows(1, 2, paid_at=5)
    gateway.on("GET", PAID, page(*same, total=5), page(*same, total=5), gone_page)
    with pytest.raises(Malformed):
        list(client.by_status("paid", **SPAN))


@pytest.mark.parametrize("total", [None, -1, True, "2", 2.0, 1, 10**30])
def test_a_total_that_can_not_be_is_malformed(
    gateway: Gateway, client: IamportClient, total: object
) -> None:
    whole = {"total": total, "previous": 0, "next": 0, "list": rows(1, 2)}
    gateway.on("GET", PAID, envelope(whole))
    with pytest.raises(Malformed):
        list(client.by_status("paid", from_=0, to=2))


def test_a_total_without_rows_is_malformed(gateway: Gateway, client: IamportClient) -> None:
    gateway.on("GET", PAID, page(total=3))
    with pytest.raises(Malformed, match="total"):
        list(client.by_status("paid", **SPAN))


@pytest.mark.parametrize("response", [None, [], {}, {"total": 0}, {"total": 0, "list": {}}])
def test_what_is_no_page_is_malformed(
    gateway: Gateway, client: IamportClient, response: object
) -> None:
    gateway.on("GET", PAID, envelope(response))
    with pytest.raises(Malformed):
        list(client.by_status("paid", **SPAN))


def test_an_order_that_was_not_asked_for_is_malformed(
    gateway: Gateway, client: IamportClient
) -> None:
    gateway.on("GET", PAID, page(*rows(1, 3, 2)))
    with pytest.raises(Malformed, match="order"):
        list(client.by_status("paid", **SPAN))


def test_a_page_full_of_rows_without_a_time_leads_nowhere(
    gateway: Gateway, client: IamportClient
) -> None:
    gateway.on("GET", PAID, page(*rows(1, 2, paid_at=0), total=5))
    with pytest.raises(Malformed, match="time"):
        list(client.by_status("paid", **SPAN, unreadable=lambda _row: None))


# --- Rows that are set aside ------------------------------------------------------------------


def test_a_row_that_cannot_be_read_is_named(gateway: Gateway, client: IamportClient) -> None:
    gateway.on("GET", PAID, page(*rows(1), *rows(2, amount="12000")))
    with pytest.raises(Malformed, match=r"list\[1\]\.amount"):
        list(client.by_status("paid", **SPAN))


def read_leniently(client: IamportClient) -> tuple[list[str], list[Unreadable]]:
    aside: list[Unreadable] = []
    return names(client.by_status("paid", **SPAN, unreadable=aside.append)), aside


def test_a_row_that_cannot_be_read_is_set_aside_where_somebody_takes_it(
    gateway: Gateway, client: IamportClient
) -> None:
    gateway.on("GET", PAID, page(*rows(1), *rows(2, amount="12000"), *rows(3)))
    payments, [row] = read_leniently(client)
    assert payments == ["imp_1", "imp_3"]
    assert (row.name, row.status) == ("imp_2", "paid")
    assert "amount" in row.why


@pytest.mark.parametrize("odd", [{}, {"imp_uid": None}, {"imp_uid": " "}, {"imp_uid": 7}, None, 7])
def test_a_row_that_says_not_even_who_it_is_is_named_by_its_place(
    gateway: Gateway, client: IamportClient, odd: Any
) -> None:
    odd = payment(**odd) | {"imp_uid": odd.get("imp_uid")} if isinstance(odd, dict) else odd
    gateway.on("GET", PAID, page(*rows(1), odd, *rows(3)))
    payments, [row] = read_leniently(client)
    assert payments == ["imp_1", "imp_3"]
    assert (row.imp_uid, row.name) == ("", "#2 imp_1")


def test_a_row_that_is_set_aside_comes_once_though_its_second_is_read_again(
    gateway: Gateway, client: IamportClient
) -> None:
    odd = rows(2, imp_uid=None)
    gateway.on("GET", PAID, page(*rows(1), *odd, total=3), page(*odd, *rows(3)))
    payments, [row] = read_leniently(client)
    assert payments == ["imp_1", "imp_3"]
    assert row.name == "#2 imp_1"


def test_a_row_whose_id_cannot_be_stored_is_named_by_an_id_that_is_nobodys(
    gateway: Gateway, client: IamportClient
) -> None:
    gateway.on("GET", PAID, page(*rows(1, imp_uid="imp_1\0\ud800"), *rows(1)))
    payments, [row] = read_leniently(client)
    assert payments == ["imp_1"]
    assert row.name == "imp_1\ufffd\ufffd"
    with pytest.raises(ValueError, match="imp_uid"):
        client.payments(imp_uids=[row.name])


@pytest.mark.parametrize("time", [0, 101, 1.5])
def test_a_row_whose_time_is_not_in_the_span_is_set_aside(
    gateway: Gateway, client: IamportClient, time: float
) -> None:
    gateway.on("GET", PAID, page(*rows(1), *rows(2, paid_at=time), *rows(3)))
    payments, [row] = read_leniently(client)
    assert (payments, row.name) == (["imp_1", "imp_3"], "imp_2")


def test_two_rows_of_one_id_that_differ_are_both_set_aside(
    gateway: Gateway, client: IamportClient
) -> None:
    gateway.on("GET", PAID, page(*rows(1), *rows(2), *rows(2, amount=1), *rows(3)))
    payments, [row] = read_leniently(client)
    assert (payments, row.name) == (["imp_1", "imp_3"], "imp_2")
    assert "contradict" in row.why


@pytest.mark.parametrize(
    ("status", "second"),
    [("ready", 1), ("paid", 2), ("failed", 3), ("cancelled", 4), ("melted", 1)],
)
def test_a_list_files_a_payment_under_the_time_of_its_status(
    gateway: Gateway, client: IamportClient, status: str, second: int
) -> None:
    times = {"started_at": 1, "paid_at": 2, "failed_at": 3, "cancelled_at": 4}
    gateway.on("GET", PAID, page(payment(status=status, **times)))
    assert [row.filed_at for row in client.by_status("paid", from_=0, to=9)] == [second]

"""Lists by status: slices of 90 days, pages, and rows that move while we read."""

from collections.abc import Iterable
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
)
from payments.iamport.paging import SLICE, slices
from tests.payments.iamport.scripted import Answer, Gateway, envelope, html, page, payment, refusal

PAID = "/payments/status/paid"
PAST_THE_END = refusal(400, -1, "페이지")
DAY = 86_400


def rows(*numbers: int) -> list[dict[str, Any]]:
    return [payment(imp_uid=f"imp_{number}") for number in numbers]


def names(payments: Iterable[GatewayPayment]) -> list[str]:
    return [row.imp_uid for row in payments]


def test_one_page_is_one_call(gateway: Gateway, client: IamportClient) -> None:
    gateway.on("GET", PAID, page(*rows(1, 2)))
    assert names(client.by_status("paid", from_=100, to=200)) == ["imp_1", "imp_2"]
    assert gateway.seen[-1].query == [
        ("sorting", "started"),
        ("limit", "1000"),
        ("from", "100"),
        ("to", "200"),
        ("page", "1"),
    ]


def test_pages_are_followed_to_the_last(gateway: Gateway, client: IamportClient) -> None:
    gateway.on("GET", PAID, page(*rows(1), following=2), page(*rows(2), following=3), page())
    assert names(client.by_status("paid", from_=0, to=1, limit=1)) == ["imp_1", "imp_2"]
    assert [dict(seen.query)["page"] for seen in gateway.calls("GET", PAID)] == ["1", "2", "3"]


def test_a_row_that_slips_onto_the_next_page_comes_once(
    gateway: Gateway, client: IamportClient
) -> None:
    gateway.on("GET", PAID, page(*rows(1, 2), following=2), page(*rows(2, 3)))
    assert names(client.by_status("paid", from_=0, to=1)) == ["imp_1", "imp_2", "imp_3"]


@pytest.mark.parametrize("end", [PAST_THE_END, refusal(404, -1)])
def test_a_page_that_is_gone_meanwhile_is_the_end(
    gateway: Gateway, client: IamportClient, end: Answer
) -> None:
    gateway.on("GET", PAID, page(*rows(1), following=2), end)
    assert names(client.by_status("paid", from_=0, to=1)) == ["imp_1"]


@pytest.mark.parametrize(
    ("first", "error"),
    [(PAST_THE_END, Refused), (refusal(404, -1), NotFound), (html(400), Malformed)],
)
def test_trouble_with_the_first_page_is_no_empty_list(
    gateway: Gateway, client: IamportClient, first: Answer, error: type[IamportError]
) -> None:
    gateway.on("GET", PAID, first)
    with pytest.raises(error):
        list(client.by_status("paid", from_=0, to=1))


@pytest.mark.parametrize(
    ("second", "error"),
    [(html(400), Malformed), (html(404), Malformed), (refusal(200, 1), Refused)],
)
def test_trouble_with_a_later_page_is_not_the_end(
    gateway: Gateway, client: IamportClient, second: Answer, error: type[IamportError]
) -> None:
    gateway.on("GET", PAID, page(*rows(1), following=2), second)
    with pytest.raises(error):
        list(client.by_status("paid", from_=0, to=1))


@pytest.mark.parametrize("following", [1, -1, None, True, "2", 2.0])
def test_a_next_that_leads_nowhere_is_malformed(
    gateway: Gateway, client: IamportClient, following: bool | float | str | None
) -> None:
    gateway.on("GET", PAID, page(*rows(1), following=following))
    with pytest.raises(Malformed, match="next"):
        list(client.by_status("paid", from_=0, to=1))


@pytest.mark.parametrize("response", [None, [], {}, {"next": 0}, {"next": 0, "list": {}}])
def test_what_is_no_page_is_malformed(
    gateway: Gateway, client: IamportClient, response: object
) -> None:
    gateway.on("GET", PAID, envelope(response))
    with pytest.raises(Malformed):
        list(client.by_status("paid", from_=0, to=1))


def test_a_row_that_cannot_be_read_is_named(gateway: Gateway, client: IamportClient) -> None:
    gateway.on("GET", PAID, page(payment(), payment(amount="12000")))
    with pytest.raises(Malformed, match=r"list\[1\]\.amount"):
        list(client.by_status("paid", from_=0, to=1))


def test_a_year_goes_in_slices(gateway: Gateway, client: IamportClient) -> None:
    gateway.on("GET", PAID, page())
    list(client.by_status("paid", from_=0, to=365 * DAY))
    spans = [
        (int(dict(seen.query)["from"]), int(dict(seen.query)["to"]))
        for seen in gateway.calls("GET", PAID)
    ]
    assert spans == slices(0, 365 * DAY, newest_first=False)
    assert len(spans) == 5


def test_the_newest_slice_comes_first_for_a_descending_order(
    gateway: Gateway, client: IamportClient
) -> None:
    gateway.on("GET", PAID, page(*rows(2)), page(*rows(1)))
    payments = client.by_status("paid", from_=0, to=100 * DAY, sorting="-paid")
    assert names(payments) == ["imp_2", "imp_1"]
    assert dict(gateway.calls("GET", PAID)[0].query)["to"] == str(100 * DAY)


def test_a_payment_that_moved_shows_in_both_slices(gateway: Gateway, client: IamportClient) -> None:
    gateway.on("GET", "/payments/status/all", page(*rows(1)), page(*rows(1)))
    assert len(list(client.by_status("all", from_=0, to=100 * DAY))) == 2


@pytest.mark.parametrize(
    ("from_", "to"), [(0, 0), (5, SLICE), (0, SLICE), (0, SLICE + 1), (7, 1_000 * DAY + 3)]
)
def test_slices_cover_every_second_once_and_none_is_too_wide(from_: int, to: int) -> None:
    windows = slices(from_, to, newest_first=False)
    assert windows[0][0] == from_
    assert windows[-1][1] == to
    for (_, end), (start, _) in pairwise(windows):
        assert start == end + 1
    assert all(0 <= end - start <= 90 * DAY for start, end in windows)


def test_nothing_is_asked_before_the_first_row_is_wanted(
    gateway: Gateway, client: IamportClient
) -> None:
    client.by_status("paid", from_=0, to=1)
    assert gateway.seen == []


def test_rows_that_leave_make_the_page_before_be_read_again(
    gateway: Gateway, client: IamportClient
) -> None:
    # 2 was refunded while page 1 was read: 3 moved up onto page 1, and page 2 begins with 4.
    gateway.on(
        "GET",
        PAID,
        page(*rows(1, 2), following=2, total=4),
        page(*rows(4), total=3),
        page(*rows(1, 3), following=2, total=3),
    )
    imp_uids = names(client.by_status("paid", from_=0, to=1, limit=2))
    assert sorted(imp_uids) == ["imp_1", "imp_2", "imp_3", "imp_4"]
    pages = [dict(seen.query)["page"] for seen in gateway.calls("GET", PAID)]
    assert pages == ["1", "2", "1"]


def test_a_last_page_that_is_gone_has_moved_up(gateway: Gateway, client: IamportClient) -> None:
    gateway.on(
        "GET",
        PAID,
        page(*rows(1, 2), following=2, total=3),
        PAST_THE_END,
        page(*rows(1, 3), total=2),
    )
    assert names(client.by_status("paid", from_=0, to=1)) == ["imp_1", "imp_2", "imp_3"]


def test_ids_of_pages_long_read_are_forgotten(gateway: Gateway, client: IamportClient) -> None:
    gateway.on(
        "GET",
        PAID,
        *(page(*rows(number), following=number + 1) for number in range(1, 5)),
        page(*rows(1)),
    )
    imp_uids = names(client.by_status("paid", from_=0, to=1))
    assert imp_uids == ["imp_1", "imp_2", "imp_3", "imp_4", "imp_1"]


def test_a_row_that_cannot_be_read_is_set_aside_where_somebody_takes_it(
    gateway: Gateway, client: IamportClient
) -> None:
    bad = payment(imp_uid="imp_2", amount="12000")
    gateway.on("GET", PAID, page(payment(imp_uid="imp_1"), bad, payment(imp_uid="imp_3")))
    aside: dict[str, str] = {}
    payments = client.by_status("paid", from_=0, to=1, unreadable=aside.__setitem__)
    assert names(payments) == ["imp_1", "imp_3"]
    assert list(aside) == ["imp_2"]
    assert "amount" in aside["imp_2"]


def test_a_row_whose_id_cannot_be_stored_is_named_by_an_id_that_is_nobodys(
    gateway: Gateway, client: IamportClient
) -> None:
    gateway.on("GET", PAID, page(payment(imp_uid="imp_1\0\ud800"), payment(imp_uid="imp_1")))
    aside: dict[str, str] = {}
    payments = client.by_status("paid", from_=0, to=1, unreadable=aside.__setitem__)
    assert names(payments) == ["imp_1"]
    assert list(aside) == ["imp_1\ufffd\ufffd"]
    with pytest.raises(ValueError, match="imp_uid"):
        client.payments(imp_uids=aside)


def test_a_row_that_says_not_even_who_it_is_is_malformed(
    gateway: Gateway, client: IamportClient
) -> None:
    gateway.on("GET", PAID, page(payment(imp_uid=None)))
    with pytest.raises(Malformed, match="imp_uid"):
        list(client.by_status("paid", from_=0, to=1, unreadable=lambda *_: None))


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

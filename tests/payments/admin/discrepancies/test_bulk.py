"""The bar above the queue: many at once, a result for each, nothing that the person did not see."""

import re
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from payments.admin.discrepancies.admin import DiscrepancyAdmin
from payments.models import Discrepancy, Product
from payments.services.discrepancies import bulk
from tests.payments import builders
from tests.payments.admin.conftest import SignIn, messages_on, text_of
from tests.payments.books import filed, missing_here

from .pages import LIST, WORDS, address, close, own, results_on, tick

CLOSING: dict[str, Any] = {"reason": "accepted", "text": WORDS}


@pytest.fixture
def rows(customer: User, product: Product) -> list[Discrepancy]:
    """Three of different kinds."""
    return [
        filed(builders.paid(customer, product)),
        missing_here("imp_2", "order-2"),
        missing_here("imp_3", "order-3"),
    ]


@pytest.fixture
def client(finance: User, sign_in: SignIn) -> Client:
    """The browser of the finance person."""
    return sign_in(finance)


def test_the_list_has_a_box_for_each_with_what_the_page_shows_of_it(
    client: Client, rows: list[Discrepancy], viewer: User, sign_in: SignIn
) -> None:
    page = text_of(client.get(LIST))
    for row in rows:
        assert f'name="_selected_action" value="{row.pk}"' in page
        assert f'name="seen" value="{row.pk}:{row.version}"' in page
    assert 'class="actions bulk"' in page
    page = text_of(sign_in(viewer).get(LIST))
    assert f'<a href="{address(rows[0])}"><code class="id">{rows[0].merchant_uid}</code>' in page
    assert "_selected_action" not in page
    assert 'class="actions bulk"' not in page


def test_what_is_closed_has_no_box(client: Client, rows: list[Discrepancy]) -> None:
    close(client, rows[1])
    page = text_of(client.get(f"{LIST}?state=all"))
    assert f'name="_selected_action" value="{rows[0].pk}"' in page
    assert f'name="_selected_action" value="{rows[1].pk}"' not in page


def test_all_that_are_ticked_are_closed_and_each_is_said(
    client: Client, rows: list[Discrepancy], finance: User
) -> None:
    response = tick(client, "close_ticked", *rows[:2], query="age=today", **CLOSING)
    assert results_on(response) == {
        rows[0].merchant_uid: "Amount differs Closed –",
        "order-2": "Missing here Closed –",
    }
    page = text_of(response)
    assert f'<a href="{address(rows[0])}?_changelist_filters=age%3Dtoday">' in page
    assert f'href="{LIST}?age=today"' in page
    for row in rows:
        row.refresh_from_db()
    assert [row.is_open for row in rows] == [False, False, True]
    step = rows[0].steps.last()
    assert step is not None
    assert (step.actor, step.text) == (finance, WORDS)


def test_all_that_are_ticked_are_handed_to_one_person(
    client: Client, rows: list[Discrepancy], operator: User
) -> None:
    response = tick(client, "assign_ticked", *rows, owner=operator.pk)
    assert results_on(response)["order-2"] == "Missing here Assigned –"
    assert Discrepancy.objects.filter(owner=operator).count() == 3
    tick(client, "assign_ticked", *Discrepancy.objects.all(), owner="")
    assert Discrepancy.objects.filter(owner=None).count() == 3


def test_a_page_drawn_before_a_change_is_a_conflict_for_that_row_alone(
    client: Client, rows: list[Discrepancy], operator: User, sign_in: SignIn
) -> None:
    theirs = sign_in(operator)
    own(theirs, rows[0], operator)
    close(theirs, rows[1])
    response = tick(client, "close_ticked", *rows, **CLOSING)
    results = results_on(response)
    assert results[rows[0].merchant_uid].startswith("Amount differs Changed meanwhile This disc")
    assert results["order-2"] == ("Missing here Closed already This discrepancy is closed already.")
    assert results["order-3"] == "Missing here Closed –"
    rows[0].refresh_from_db()
    assert rows[0].is_open


def test_a_row_that_the_filter_lets_through_no_more_has_its_result(
    client: Client, rows: list[Discrepancy], operator: User
) -> None:
    own(client, rows[0], operator)
    response = tick(client, "close_ticked", rows[0], query="owner=nobody", **CLOSING)
    assert "Changed meanwhile" in results_on(response)[rows[0].merchant_uid]


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ({"text": WORDS}, "Choose a reason."),
        ({"reason": "accepted", "text": "x"}, "Say in at least 5 characters"),
        ({"reason": "agrees", "text": WORDS}, "agrees is not one of the available choices"),
    ],
)
def test_what_is_missing_is_asked_for_and_the_ticks_stay(
    client: Client, rows: list[Discrepancy], given: dict[str, str], missing: str
) -> None:
    response = tick(client, "close_ticked", *rows[:2], query="age=today", **given)
    page = text_of(response)
    assert missing in page
    assert given["text"] in page
    assert rows[0].merchant_uid in page
    assert f'name="seen" value="{rows[0].pk}:{rows[0].version}"' in page
    assert 'name="action" value="close_ticked"' in page
    assert Discrepancy.objects.filter(is_open=True).count() == 3
    body = {
        "action": "close_ticked",
        "index": 0,
        "_selected_action": [row.pk for row in rows[:2]],
        "seen": [f"{row.pk}:{row.version}" for row in rows[:2]],
    }
    client.post(f"{LIST}?age=today", body | CLOSING)
    assert Discrepancy.objects.filter(is_open=True).count() == 1


def test_nobody_but_who_may_work_on_them_can_own_one(
    client: Client, rows: list[Discrepancy], viewer: User
) -> None:
    page = text_of(tick(client, "assign_ticked", *rows, owner=viewer.pk))
    assert "Select a valid choice" in page
    assert not Discrepancy.objects.exclude(owner=None).exists()


@pytest.mark.parametrize("seen", [[], ["x"], ["1:"], ["1:x"], [":1"]])
def test_a_row_without_what_was_seen_of_it_is_left_alone(
    client: Client, rows: list[Discrepancy], seen: list[str]
) -> None:
    response = tick(client, "close_ticked", rows[1], seen=seen, **CLOSING)
    assert "Changed meanwhile" in results_on(response)["order-2"]


def test_nothing_ticked_changes_nothing(client: Client, rows: list[Discrepancy]) -> None:
    assert "Items must be selected" in messages_on(tick(client, "close_ticked", **CLOSING))
    page = text_of(tick(client, "close_ticked", _selected_action=["x", "999999999"], **CLOSING))
    assert "Nothing was ticked. Nothing was done." in page
    assert Discrepancy.objects.filter(is_open=True).count() == 3


def test_more_than_a_person_can_answer_for_are_refused(
    client: Client, rows: list[Discrepancy], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "MAX_ROWS", 2)
    response = tick(client, "close_ticked", *rows, **CLOSING)
    assert "Nothing was done; tick fewer." in messages_on(response)
    assert Discrepancy.objects.filter(is_open=True).count() == 3


def test_who_may_only_look_can_press_nothing(
    viewer: User, sign_in: SignIn, rows: list[Discrepancy]
) -> None:
    tick(sign_in(viewer), "close_ticked", *rows, **CLOSING)
    assert Discrepancy.objects.filter(is_open=True).count() == 3


# --- All of a filter --------------------------------------------------------------------------

ALL: dict[str, Any] = {"select_across": 1}


def test_all_of_a_filter_is_shown_before_anything_is_done_to_it(
    client: Client, rows: list[Discrepancy], operator: User
) -> None:
    close(client, rows[2])
    response = tick(client, "close_ticked", rows[0], query="state=all", **ALL, **CLOSING)
    page = text_of(response)
    assert "2 ticked discrepancies" in page
    assert [row.merchant_uid for row in response.context["rows"]] == [
        "order-2",
        rows[0].merchant_uid,
    ]
    assert WORDS in page
    assert Discrepancy.objects.filter(is_open=True).count() == 2
    own(client, rows[1], operator)
    body = {
        "action": "close_ticked",
        "index": 0,
        "_selected_action": re.findall(r'name="_selected_action" value="(\d+)"', page),
        "seen": re.findall(r'name="seen" value="([^"]+)"', page),
    }
    results = results_on(client.post(f"{LIST}?state=all", body | CLOSING))
    assert results[rows[0].merchant_uid] == "Amount differs Closed –"
    assert results["order-2"].startswith("Missing here Changed meanwhile")


def test_all_of_a_filter_is_no_more_than_the_filter(
    client: Client, rows: list[Discrepancy]
) -> None:
    response = tick(client, "assign_ticked", rows[1], query="bucket=amount", owner="", **ALL)
    assert [row.pk for row in response.context["rows"]] == [rows[0].pk]


def test_all_of_a_filter_that_is_too_much_is_neither_offered_nor_taken(
    client: Client, rows: list[Discrepancy], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(DiscrepancyAdmin, "list_per_page", 2)
    assert "Select all 3 discrepancies" in text_of(client.get(LIST))
    monkeypatch.setattr(bulk, "MAX_ROWS", 2)
    assert "Select all 3" not in text_of(client.get(LIST))
    response = tick(client, "close_ticked", rows[0], **ALL, **CLOSING)
    assert "Nothing was done; tick fewer." in messages_on(response)
    assert Discrepancy.objects.filter(is_open=True).count() == 3


def test_as_many_as_a_person_can_answer_for_fit_into_one_request(
    client: Client, rows: list[Discrepancy]
) -> None:
    seen = [f"{number}:1" for number in range(1_000, 1_000 + bulk.MAX_ROWS - 1)]
    ticked = [one.partition(":")[0] for one in seen]
    body: dict[str, Any] = {
        "seen": [*seen, f"{rows[1].pk}:1"],
        "_selected_action": [*ticked, rows[1].pk],
    }
    response = tick(client, "close_ticked", **body, **CLOSING)
    assert results_on(response) == {"order-2": "Missing here Closed –"}

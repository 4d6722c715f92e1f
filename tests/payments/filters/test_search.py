"""The search box as text: what is read of it, what is no word, and what others may see of it."""

import pytest
from django.db.models import Q
from django.utils import translation

from payments.filters.search import FIELDS, masked, read


def test_words_plain_text_and_people_are_told_apart() -> None:
    search = read('kim status:paid email:kim@example.com NAME:"김 민지" amount:>=10,000 seoul')
    assert search.text == "kim seoul"
    assert search.emails == ["kim@example.com"]
    assert search.names == ["김 민지"]
    assert search.conditions == [Q(status__in=["paid"]), Q(amount__gte=10_000)]
    assert search.problems == []


@pytest.mark.parametrize("field", FIELDS)
def test_every_word_needs_a_value(field: str) -> None:
    with translation.override("en"):
        assert read(f"{field}:").problems == [f"“{field}:” needs a value."]


def test_a_search_with_a_problem_keeps_what_it_understood() -> None:
    with translation.override("en"):
        search = read("colour:red status:paid")
    assert len(search.problems) == 1
    assert search.conditions == [Q(status__in=["paid"])]


@pytest.mark.parametrize(
    ("query", "seen"),
    {
        "": "",
        "status:paid imp:imp_1 20260401": "status:paid imp:imp_1 20260401",
        "email:kim@example.com": "email:ki***@example.com",
        'name:"김민지" amount:<5': "name:*** amount:<5",
        "kim@example.com 홍길동": "ki***@example.com ***",
        "kim@example.com,lee@example.com": "ki***@example.com,le***@example.com",
        "email:kim@example.com;lee@example.com": "email:ki***@example.com;le***@example.com",
        "name：“김 민지”": "name:***",
    }.items(),
)
def test_ids_and_words_stay_and_people_are_masked(query: str, seen: str) -> None:
    assert masked(query) == seen

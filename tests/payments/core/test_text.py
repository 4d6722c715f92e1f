"""Text that is kept, numbers from a URL, and sentences that hold a number."""

import pytest
from django.utils import translation
from django.utils.translation import gettext_lazy

from payments.core.text import MAX_ID, clean, clean_lines, filled, whole_number


def test_what_no_database_takes_is_left_out_and_the_rest_cut() -> None:
    assert clean("a\x00b\udc80c") == "abc"
    assert clean("나\x00쁨", 1) == "나"
    assert clean_lines("  first\r\nsecond \n") == "first\nsecond"


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0),
        ("007", 7),
        (str(MAX_ID), MAX_ID),
        (str(MAX_ID + 1), None),
        ("9" * 99, None),
        ("-1", None),
        ("1.0", None),
        ("１", None),
        (" 1", None),
        ("", None),
        (None, None),
    ],
)
def test_a_number_is_whole_and_fits_an_id(text: str | None, number: int | None) -> None:
    assert whole_number(text) == number


def test_a_sentence_is_filled_in_in_the_language_of_whoever_reads_it() -> None:
    sentence = filled(gettext_lazy("You have %(limit)s saved views. Delete one first."), limit=7)
    with translation.override("en"):
        assert str(sentence) == "You have 7 saved views. Delete one first."
    with translation.override("ko"):
        assert str(sentence) == "저장한 보기가 7개입니다. 하나를 삭제한 뒤 저장해 주세요."

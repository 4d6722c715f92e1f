"""Text that is kept, shown or typed, numbers from a URL, and sentences that hold a number."""

import unicodedata

import pytest
from django.utils import translation
from django.utils.translation import gettext_lazy

from payments.core.text import (
    MAX_ID,
    clean,
    clean_lines,
    filled,
    ids,
    plain,
    plain_id,
    readable,
    several_ids,
    spellings,
    whole_number,
)


def test_what_no_database_takes_is_left_out_and_the_rest_cut() -> None:
    assert clean("a\x00b\udc80c") == "abc"
    assert clean("나\x00쁨", 1) == "나"
    assert clean_lines("  first\r\nsecond \n") == "first\nsecond"


@pytest.mark.parametrize(
    ("text", "kept", "shown"),
    [
        ("invoice\u202egpj.exe", "invoicegpj.exe", "invoicegpj.exe"),
        ("\u2066a\u2069\u200fb\u061c", "ab", "ab"),
        ("a\x1a\x07b", "ab", "a\ufffd\ufffdb"),
        ("a\x85b\u2028c", "abc", "a\ufffdb\ufffdc"),
        ("a\x00\udc80", "a", "a\ufffd\ufffd"),
        ("one\ttwo\r\nthree", "one\ttwo\r\nthree", "one\ttwo\r\nthree"),
        ("김민지 \N{WOMAN}\u200d\N{PERSONAL COMPUTER}\u3000", None, None),
    ],
)
def test_control_signs_go_and_nothing_turns_the_reading_direction(
    text: str, kept: str | None, shown: str | None
) -> None:
    assert clean(text) == (text if kept is None else kept)
    assert readable(text) == (text if shown is None else shown)


NFD = unicodedata.normalize("NFD", "홍길동")


def test_a_name_is_the_same_whichever_way_it_was_composed() -> None:
    assert NFD != "홍길동"
    assert plain(NFD) == clean_lines(NFD) == "홍길동"
    assert spellings("홍길동") == spellings(NFD) == ["홍길동", NFD]
    assert spellings("imp_1") == ["imp_1"]


@pytest.mark.parametrize(
    "text",
    [
        " imp_1 ",
        "imp_1,",
        "imp_1;",
        "'imp_1",
        '"imp_1"',
        "“imp_1”",
        "‘imp_1’,",
        "「imp_1".replace("「", "«"),
        "\u200bimp_1\ufeff",
        "imp\u00ad_1",
        "\u00a0imp_1\u3000",
        "ｉｍｐ＿１",
        "\u202aimp_1\u202c",
    ],
)
def test_an_id_is_found_however_it_was_pasted(text: str) -> None:
    assert plain_id(text) == "imp_1"
    assert ids(text) == ["imp_1"]
    assert several_ids(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "imp_1\nimp_2",
        "imp_1\r\nimp_2\r\n",
        "imp_1, imp_2,",
        "imp_1,imp_2,imp_1",
        "imp_1\timp_2",
        "'imp_1;'imp_2",
        "“imp_1” “imp_2”",
        "imp_1，imp_2",
        "imp_1、imp_2",
        "\ufeffimp_1\u3000imp_2",
    ],
)
def test_several_ids_are_told_apart(text: str) -> None:
    assert ids(text) == several_ids(text) == ["imp_1", "imp_2"]


@pytest.mark.parametrize("text", ["imp_1 imp_1", "imp_1\timp_1\n", "imp_1, imp_1"])
def test_an_id_that_is_pasted_twice_is_that_id(text: str) -> None:
    assert ids(text) == several_ids(text) == ["imp_1"]


@pytest.mark.parametrize("text", ["<imp_1>", "(imp_1)", "「imp_1」", "[“imp_1”]", "<imp_1>,"])
def test_brackets_around_an_id_are_none_of_it(text: str) -> None:
    assert plain_id(text) == "imp_1"
    assert plain_id("주문(1)") == "주문(1)"


@pytest.mark.parametrize("text", ["홍 길동", "Jane Doe", "kim imp_1", "", " , "])
def test_a_text_with_words_in_it_is_no_list_of_ids(text: str) -> None:
    assert several_ids(text) == []


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
        assert str(sentence) == "저장한 조건이 7개입니다. 하나를 삭제한 뒤 저장해 주세요."

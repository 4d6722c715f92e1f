"""What looks personal in a text is found, and what only looks a little like it is left."""

import unicodedata

import pytest

from payments.iamport.personal import scrubbed


@pytest.mark.parametrize(
    "personal",
    [
        "9410123456789012",
        "9410-1234-5678-9012",
        "9410 1234 5678 9012",
        "9410-12**-****-9012",
        "９４１０１２３４５６７８９０１２",
        "900101-1234567",
        "01012345678",
        "010-1234-5678",
        "010 1234 5678",
        "+82 10-1234-5678",
        "+821012345678",
        "02-123-4567",
        "(02) 1234-5678",
        "hong.gildong+shop@mail.example.co.kr",
        "110-123-456789",
        "9410\u00a01234\u00a05678\u00a09012",
        "9410\u200b1234\u200b5678\u200b9012",
        "9410–1234–5678–9012",
        "9410/1234/5678/9012",
        "9410 - 1234 - 5678 - 9012",
        "０１０－１２３４－５６７８",
        "ｇｉｌ＠example.com",
    ],
)
@pytest.mark.parametrize(
    "text", ["{}", "카드 {} 거절", "카드번호{}승인거절", "{}님", "({})", "a:{}."]
)
def test_it_is_taken_out_wherever_it_stands(personal: str, text: str) -> None:
    assert scrubbed(text.format(personal)) == text.format("***")


def test_an_address_in_korean_is_taken_out() -> None:
    assert scrubbed("문의: 길동@예시.한국 으로") == "문의: *** 으로"


@pytest.mark.parametrize(
    "harmless",
    [
        "한도 초과",
        "12,000원 결제",
        "2026-04-01 12:30:11 승인 취소",
        "20260401PU733G8HS65F",
        "StdpayCARDINIpayTest2026040112345678",
        "imp_448280090638",
        "[8021] 포인트 부족(500)",
        "관리자페이지취소",
        "F1002|order@",
    ],
)
def test_what_names_nobody_is_left(harmless: str) -> None:
    assert scrubbed(harmless) == harmless


@pytest.mark.parametrize(
    ("person", "text", "left"),
    [
        ("김철수", "김철수님의 요청", "***님의 요청"),
        ("Lee", "Lee asked, a sleeper did not", "*** asked, a sleeper did not"),
        ("김", "김밥 주문", "김밥 주문"),
        ("a.b", "a.b aXb", "*** aXb"),
        ("Hong Gildong", "HONG GILDONG asked", "*** asked"),
        ("김철수", unicodedata.normalize("NFD", "김철수님"), "***님"),
        (unicodedata.normalize("NFD", "김철수"), "김철수님", "***님"),
    ],
)
def test_whom_the_answer_names_is_taken_out(person: str, text: str, left: str) -> None:
    assert scrubbed(text, [person]) == left

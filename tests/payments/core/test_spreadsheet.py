"""What a spreadsheet would change stays a text, everything else stays as it is."""

import pytest

from payments.core.spreadsheet import guarded, unguarded

CHANGED = [
    "1.23456789012345678",
    "오전 9:00",
    "3시 30분",
    "2026. 4. 1.",
    # It would be run.
    "=1+1",
    "==1+1",
    "+82",
    "-1",
    "\N{MINUS SIGN}1",
    "@SUM(1)",
    "\t=1",
    " =1",
    "\u3000=1",
    "\u00a0@x",
    "\ufeff=1",
    "\u200b=1",
    "\r=1",
    "\n=1",
    "\tx",
    " \tx",
    "\rx",
    "＝1+1",
    "＠SUM(1)",
    "－1",
    "﹣1",
    '=HYPERLINK("https://evil.example","ok")',
    # It would be a number.
    "00123456",
    "007",
    "0012.50",
    "1234567890123456",
    "9" * 40,
    "12E45678",
    "1e5",
    "1.5E+3",
    "1.50",
    "1,000",
    "１２３",
    "００１２",
    "10%",
    "₩1,000",
    "1,000원",
    "(5)",
    # A day or a time.
    "1-2",
    "3/4",
    "3 / 4",
    "2026-04",
    "2026-04-01",
    "1/2/2026",
    "2026.4.1",
    "2026-04-01 12:00",
    "2-Mar",
    "Mar-2",
    "SEPT2",
    "march1",
    "2MAR26",
    "4월 1일",
    "12:30",
    "5 PM",
    # Something else.
    "TRUE",
    "false",
    "1 1/2",
    "#N/A",
    # Its blanks would be gone.
    " x",
    "x ",
    "\u3000홍길동",
]
HARMLESS = [
    "",
    "x",
    "a=b",
    "홍길동",
    "'=1",
    "imp_1",
    "한 =1",
    "0",
    "10",
    "1.5",
    "30012345",
    "1" * 15,
    "20260401AAAAAAAAAAAA",
    "20260401E1234MARCH",
    "2026-04-01T12:00:00+09:00",
    "010-1234-5678",
    "May",
    "decline",
    "marketing",
    "matched",
    "truely",
    "cu***@example.com",
    "월",
    "first\r\nsecond",
]


@pytest.mark.parametrize("text", CHANGED)
def test_text_that_a_spreadsheet_would_change_gets_an_apostrophe_and_nothing_else(
    text: str,
) -> None:
    assert guarded(text) == f"'{text}"
    assert unguarded(guarded(text)) == text


@pytest.mark.parametrize("text", HARMLESS)
def test_harmless_text_stays_as_it_is(text: str) -> None:
    assert guarded(text) == text
    assert unguarded(text) == text or text == "'=1"


@pytest.mark.parametrize(
    ("text", "cell"),
    {
        "a\x1ab": "a\ufffdb",
        "\x00=1": "\ufffd=1",
        "a\x85b\u2028c": "a\ufffdb\ufffdc",
        "\udc80": "\ufffd",
        "\u202e=1": "'=1",
        "invoice\u202egpj.exe": "invoicegpj.exe",
    }.items(),
)
def test_signs_that_can_not_be_there_are_replaced_and_none_turns_the_direction(
    text: str, cell: str
) -> None:
    assert guarded(text) == cell

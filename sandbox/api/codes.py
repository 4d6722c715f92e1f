"""/banks and /cards: the standard codes and their names (contract 2.11, 3.7, 7.5).

To add one, add a line to `BANKS` or `CARDS`; how a PG spells a bank in requests is `standard_bank`.
"""

from __future__ import annotations

import re

from flask import Blueprint, Response

from .envelope import RefusalError, ok

BANKS = {
    "002": "KDB산업은행", "003": "IBK기업은행", "004": "KB국민은행", "007": "수협은행",
    "011": "NH농협은행", "012": "지역농축협", "020": "우리은행", "023": "SC제일은행",
    "027": "한국씨티은행", "031": "iM뱅크", "032": "부산은행", "034": "광주은행", "035": "제주은행",
    "037": "전북은행", "039": "경남은행", "045": "새마을금고", "048": "신협", "071": "우체국",
    "081": "하나은행", "088": "신한은행", "089": "케이뱅크", "090": "카카오뱅크", "092": "토스뱅크",
}  # fmt: skip
CARDS = {
    "361": "BC카드", "364": "광주카드", "365": "삼성카드", "366": "신한카드", "367": "현대카드",
    "368": "롯데카드", "369": "수협카드", "370": "씨티카드", "371": "NH농협카드", "372": "전북카드",
    "373": "제주카드", "374": "하나카드", "381": "KB국민카드", "002": "KDB산업은행",
    "041": "우리카드", "045": "새마을금고", "048": "신협", "071": "우체국", "089": "케이뱅크",
    "090": "카카오뱅크",
}  # fmt: skip
NO_BANK = "코드에 해당되는 은행정보를 찾을 수 없습니다."
NO_CARD = "코드에 해당되는 카드사정보를 찾을 수 없습니다."

blueprint = Blueprint("codes", __name__)


def standard_bank(pg_code: str) -> str | None:
    """The standard code of a bank as a PG writes it: 4, 04, BK04 or 004 (contract 7.5)."""
    digits = re.fullmatch(r"(?:BK)?(\d{1,3})", pg_code)
    code = digits[1].zfill(3) if digits else ""
    return code if code in BANKS else None


@blueprint.get("/banks")
def banks() -> Response:
    return ok([{"code": code, "name": name} for code, name in BANKS.items()])


@blueprint.get("/banks/<code>")
def bank(code: str) -> Response:
    return _institution(BANKS, code, NO_BANK)


@blueprint.get("/cards")
def cards() -> Response:
    return ok([{"code": code, "name": name} for code, name in CARDS.items()])


@blueprint.get("/cards/<code>")
def card(code: str) -> Response:
    return _institution(CARDS, code, NO_CARD)


def _institution(names: dict[str, str], code: str, unknown: str) -> Response:
    if code not in names:
        raise RefusalError(404, unknown)
    return ok({"code": code, "name": names[code]})

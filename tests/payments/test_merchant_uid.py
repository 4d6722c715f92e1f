"""Order numbers: the prototype's were the second they were made in, so two customers met in one."""

from datetime import UTC, datetime

from payments import merchant_uid

SECOND = datetime(2026, 3, 31, 15, 30, tzinfo=UTC)


def test_orders_of_the_same_second_get_different_numbers() -> None:
    assert len({merchant_uid.draw(at=SECOND) for _ in range(2000)}) == 2000


def test_a_number_begins_with_the_korean_day_and_fits_every_pg() -> None:
    number = merchant_uid.draw(at=SECOND)
    assert number.startswith("20260401")
    assert len(number) == 20
    assert set(number[8:]) <= set(merchant_uid.ALPHABET)


def test_no_character_is_mistaken_for_another() -> None:
    assert not set("01IO") & set(merchant_uid.ALPHABET)
    assert len(set(merchant_uid.ALPHABET)) == 32

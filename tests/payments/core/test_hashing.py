"""The bytes under a hash never change: rows of years ago are held against it."""

import hashlib

import pytest

from payments.core.hashing import chained


@pytest.mark.parametrize(
    ("fields", "data"),
    [
        (["", 1, "paid"], b"0:1:14:paid"),
        ([-3000, None, "환불"], "5:-30004:None6:환불".encode()),
        (["ab", "c"], b"2:ab1:c"),
    ],
)
def test_each_field_is_preceded_by_its_length_in_bytes(fields: list[object], data: bytes) -> None:
    assert chained(fields) == hashlib.sha256(data).hexdigest()


def test_no_text_moves_from_one_field_to_the_next() -> None:
    assert chained(["ab", "c"]) != chained(["a", "bc"])

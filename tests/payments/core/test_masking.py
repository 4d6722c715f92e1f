"""What stands in place of personal data still tells two values apart."""

import pytest

from payments.core.masking import mask, mask_email


def test_an_address_keeps_its_domain() -> None:
    assert mask_email("gildong@example.com") == "gi***@example.com"


@pytest.mark.parametrize(
    ("text", "masked"), [("010-1234-5678", "01***78"), ("홍길동", "***"), ("", "***")]
)
def test_a_text_keeps_its_ends_if_it_is_long_enough(text: str, masked: str) -> None:
    assert mask(text) == masked

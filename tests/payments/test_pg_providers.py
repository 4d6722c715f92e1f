"""PGs are named as people know them; a code that nobody knows is shown as it is."""

import pytest
from django.utils import translation

from payments import pg_providers


@pytest.mark.parametrize(
    ("code", "english", "korean"),
    [
        ("html5_inicis", "KG Inicis", "KG이니시스"),
        ("kcp_v2", "NHN KCP", "NHN KCP"),
        ("tosspayments", "Toss Payments", "토스페이먼츠"),
        ("brand_new_pg", "brand_new_pg", "brand_new_pg"),
        ("", "", ""),
    ],
)
def test_a_pg_is_shown_by_its_name(code: str, english: str, korean: str) -> None:
    for language, name in (("en", english), ("ko", korean)):
        with translation.override(language):
            assert pg_providers.label(code) == name

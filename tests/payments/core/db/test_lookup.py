"""A look-up by what is unique."""

from typing import Any

import pytest
from django.contrib.auth import get_user_model

from accounts.models import User
from payments.core.db.lookup import one_or_none


@pytest.mark.parametrize(("email", "is_there"), [("customer@example.com", True), ("", False)])
def test_it_is_the_row_or_none_and_nothing_is_sorted(
    customer: User, django_assert_num_queries: Any, email: str, is_there: bool
) -> None:
    with django_assert_num_queries(1) as captured:
        row = one_or_none(get_user_model().objects.filter(email=email))
    assert row == (customer if is_there else None)
    assert "ORDER BY" not in captured[0]["sql"]

"""Several sets are counted in one query, none further than asked for."""

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext

from payments.core.db.counting import counted

pytestmark = pytest.mark.django_db


def test_each_set_is_counted_as_far_as_asked_for_in_one_query() -> None:
    Group.objects.all().delete()
    Group.objects.bulk_create(Group(name=f"group {number}") for number in range(5))
    groups = Group.objects.order_by("name")
    sets = {
        "all": groups,
        "one": groups.filter(name="group 3"),
        "nobody's": groups.filter(name="nobody"),
        "impossible": groups.filter(pk__in=[]),
    }
    with CaptureQueriesContext(connection) as queries:
        assert counted(sets, at_most=4) == {"all": 4, "one": 1, "nobody's": 0, "impossible": 0}
    assert len(queries) == 1


def test_sets_that_can_hold_nothing_ask_nothing() -> None:
    with CaptureQueriesContext(connection) as queries:
        assert counted({"none": Group.objects.none()}, at_most=4) == {"none": 0}
    assert not queries.captured_queries

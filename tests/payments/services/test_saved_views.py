"""Saved views as a service: few, named, one's own."""

import pytest
from django.utils import translation

from accounts.models import User
from payments.errors import NotAllowed
from payments.models import SavedView
from payments.selectors.saved_views import own_views
from payments.services import saved_views


def test_the_same_name_again_replaces_the_filter(viewer: User) -> None:
    first = saved_views.keep(owner=viewer, name="Mine", query="status=paid")
    again = saved_views.keep(owner=viewer, name=" Mine ", query="status=ready")
    assert (again.pk, again.query) == (first.pk, "status=ready")
    assert own_views(viewer) == [again]


def test_two_people_may_use_one_name(viewer: User, finance: User) -> None:
    saved_views.keep(owner=viewer, name="Mine", query="status=paid")
    saved_views.keep(owner=finance, name="Mine", query="status=ready")
    assert [view.query for view in own_views(finance)] == ["status=ready"]


@pytest.mark.parametrize("name", ["", "   ", "\x00", "x" * 61])
def test_a_view_needs_a_short_name(viewer: User, name: str) -> None:
    with translation.override("en"), pytest.raises(NotAllowed, match="at most 60 characters"):
        saved_views.keep(owner=viewer, name=name, query="status=paid")


def test_the_longest_name_is_as_long_as_the_words_say(viewer: User) -> None:
    assert saved_views.keep(owner=viewer, name="x" * 60, query="status=paid").name == "x" * 60


@pytest.mark.parametrize("query", ["", "q=" + "x" * 2_000])
def test_a_view_needs_a_filter_that_fits(viewer: User, query: str) -> None:
    with pytest.raises(NotAllowed):
        saved_views.keep(owner=viewer, name="Mine", query=query)


def test_the_strip_stays_short(viewer: User) -> None:
    for number in range(20):
        saved_views.keep(owner=viewer, name=f"View {number}", query="status=paid")
    with translation.override("en"), pytest.raises(NotAllowed, match="You have 20 saved views"):
        saved_views.keep(owner=viewer, name="One more", query="status=paid")
    saved_views.keep(owner=viewer, name="View 0", query="status=ready")
    assert SavedView.objects.count() == 20


def test_nobody_deletes_anothers_view(viewer: User, finance: User) -> None:
    view = saved_views.keep(owner=viewer, name="Mine", query="status=paid")
    assert saved_views.forget(owner=finance, pk=view.pk) is None
    assert saved_views.forget(owner=viewer, pk=view.pk) == "Mine"
    assert saved_views.forget(owner=viewer, pk=view.pk) is None

"""A filter under a name: one's own, found again in the navigation, shared by its address."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from payments.models import SavedView
from tests.payments.admin.conftest import LIST, SignIn, messages_on, text_of

VIEWS = f"{LIST}views/"


def delete_of(view: SavedView) -> str:
    return f"{VIEWS}{view.pk}/delete/"


def saved(client: Client, address: str = "/admin/") -> dict[str, tuple[str, bool]]:
    """The names in the navigation of a page with their addresses, and whether one is there now."""
    sections = client.get(address).context["navigation"]
    views = [view for section in sections for item in section.items for view in item.views]
    return {view.label: (view.href, view.is_current) for view in views}


def strip(client: Client, query: str = "") -> list[str]:
    """The names above the list."""
    return [tab.label for tab in client.get(f"{LIST}?{query}").context["tabs"]]


def test_the_current_filter_is_kept_and_found_again(viewer: User, sign_in: SignIn) -> None:
    client = sign_in(viewer)
    page = text_of(client.get(f"{LIST}?status=paid&status=ready&p=1&user=&o=-4"))
    assert (
        '<input type="hidden" name="query" value="o=-4&amp;status=paid&amp;status=ready">' in page
    )
    assert 'name="name" maxlength="60"' in page
    response = client.post(VIEWS, {"name": "  Mine ", "query": "o=-4&status=paid&status=ready"})
    assert response["Location"] == f"{LIST}?o=-4&status=paid&status=ready"
    assert "Saved as “Mine”" in messages_on(response)
    there = f"{LIST}?status=paid&status=ready&o=-4&p=1"
    assert saved(client, there) == {"Mine": (f"{LIST}?o=-4&status=paid&status=ready", True)}
    # Above the list stands only the one that is open: there it can be deleted.
    assert "Mine" in strip(client, "status=paid&status=ready&o=-4&p=1")
    assert "Mine" not in strip(client)


@pytest.mark.parametrize(
    "address", ["/admin/", LIST, "/admin/payments/product/", "/admin/payments/webhookdelivery/"]
)
def test_it_stands_in_the_navigation_of_every_page_for_one_query(
    viewer: User, sign_in: SignIn, address: str
) -> None:
    client = sign_in(viewer)
    for number in range(20):
        client.post(VIEWS, {"name": f"View {number:02}", "query": f"amount_min={number + 1}"})
    with CaptureQueriesContext(connection) as captured:
        found = saved(client, address)
    assert len(found) == 20
    assert found["View 07"] == (f"{LIST}?amount_min=8", False)
    own = [entry["sql"] for entry in captured.captured_queries if "savedview" in entry["sql"]]
    assert len(own) == 1


def test_a_page_has_one_place_in_the_navigation(viewer: User, sign_in: SignIn) -> None:
    client = sign_in(viewer)
    client.post(VIEWS, {"name": "Mine", "query": "status=paid"})
    for query in ("", "?status=paid"):
        navigation = text_of(client.get(LIST + query)).split('id="site-nav"')[1].split("</nav>")[0]
        assert navigation.count('aria-current="page"') == 1


def test_who_may_not_see_payments_has_no_views_of_them(
    viewer: User, customer: User, sign_in: SignIn
) -> None:
    client = sign_in(viewer)
    client.post(VIEWS, {"name": "Mine", "query": "status=paid"})
    viewer.groups.clear()
    assert saved(client, "/admin/password_change/") == {}


def test_everybody_has_only_their_own(viewer: User, finance: User, sign_in: SignIn) -> None:
    sign_in(viewer).post(VIEWS, {"name": "Mine", "query": "status=paid"})
    view = SavedView.objects.get()
    other = sign_in(finance)
    assert saved(other) == {}
    assert other.post(delete_of(view), {"query": ""})["Location"] == LIST
    assert SavedView.objects.get() == view


def test_a_view_can_be_deleted_and_one_stays_where_one_was(viewer: User, sign_in: SignIn) -> None:
    client = sign_in(viewer)
    client.post(VIEWS, {"name": "Mine", "query": "status=paid"})
    response = client.post(delete_of(SavedView.objects.get()), {"query": "status=ready"})
    assert response["Location"] == f"{LIST}?status=ready"
    assert "“Mine” is no longer saved" in messages_on(response)
    assert saved(client) == {}


def test_what_cannot_be_saved_is_said(viewer: User, sign_in: SignIn) -> None:
    client = sign_in(viewer)
    assert "Give the view a name" in messages_on(
        client.post(VIEWS, {"name": " ", "query": "status=paid"})
    )
    assert "Filter the list first" in messages_on(
        client.post(VIEWS, {"name": "All", "query": "p=2"})
    )
    assert not SavedView.objects.exists()
    assert "Save this view" not in text_of(client.get(LIST))
    assert "Save this view" not in text_of(client.get(f"{LIST}?status=bogus"))


@pytest.mark.parametrize("query", ["//evil.example", "https://evil.example/?a=b", "\r\nX: y=1"])
def test_a_saved_query_never_leads_off_the_list(viewer: User, sign_in: SignIn, query: str) -> None:
    client = sign_in(viewer)
    response = client.post(VIEWS, {"name": "Mine", "query": query})
    assert response["Location"].startswith(LIST)
    for view in SavedView.objects.all():
        assert saved(client)[view.name][0].startswith(f"{LIST}?")


def test_nothing_is_saved_or_deleted_by_looking(viewer: User, sign_in: SignIn) -> None:
    client = sign_in(viewer)
    client.post(VIEWS, {"name": "Mine", "query": "status=paid"})
    view = SavedView.objects.get()
    assert client.get(VIEWS)["Location"] == LIST
    assert client.get(delete_of(view))["Location"] == LIST
    assert SavedView.objects.exists()


def test_saving_needs_the_right_to_see_payments_and_a_token(
    customer: User, viewer: User, sign_in: SignIn
) -> None:
    User.objects.filter(pk=customer.pk).update(is_staff=True)
    body = {"name": "Mine", "query": "status=paid"}
    assert sign_in(customer).post(VIEWS, body).status_code == 403
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(viewer)
    assert strict.post(VIEWS, body).status_code == 403
    assert Client().post(VIEWS, body).status_code == 302
    assert not SavedView.objects.exists()

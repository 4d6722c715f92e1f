"""The panels of filters: headings until somebody opens one, and then what the list is narrowed by.

With JavaScript they are fetched from an address of their own, without it the heading is a link to
the list that has them. That a browser does either is seen in tests/journeys.
"""

import re
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from payments.models import Payment, PersonalDataAccess, Product
from tests.payments import builders
from tests.payments.admin.conftest import LIST, SignIn, text_of
from tests.payments.books import filed

PANELS = f"{LIST}filters/"
FETCHED = {"HX-Request": "true"}
# A value of a filter for each list, and the number of the panel that holds it.
LISTS = {
    LIST: ("status=paid", 2),
    "/admin/payments/movement/": ("kind=refund", 2),
    "/admin/payments/discrepancy/": ("state=all", 1),
}
EACH_LIST = pytest.mark.parametrize(
    ("address", "query", "number"), [(one, *two) for one, two in LISTS.items()], ids=list(LISTS)
)


@pytest.fixture
def payment(customer: User, product: Product) -> Payment:
    payment = builders.refunded(customer, product, refund=1_000)
    filed(payment)
    return payment


@pytest.fixture
def client(viewer: User, sign_in: SignIn) -> Client:
    return sign_in(viewer)


def openers(page: str) -> list[str]:
    """Where the headings of closed panels lead."""
    return [unescape(one) for one in re.findall(r'<a class="opener" href="([^"]*)"', page)]


def fields(page: str) -> set[str]:
    """The names of what can be filled in, hidden fields aside."""
    form = (
        page.split('class="filters"')[1].split("</form>", maxsplit=1)[0]
        if "<html" in page
        else page
    )
    tags = re.findall(r"<(?:input|select)[^>]*>", form)
    named = [re.search(r'name="(\w+)"', tag) for tag in tags if 'type="hidden"' not in tag]
    return {name[1] for name in named if name}


def is_chosen(page: str, query: str) -> bool:
    name, _equals, value = query.partition("=")
    box = re.search(rf'<input[^>]*name="{name}" value="{value}"[^>]*>', page)
    return bool(box and "checked" in box[0])


@EACH_LIST
def test_a_list_draws_headings_and_carries_on_what_is_chosen(
    payment: Payment, client: Client, address: str, query: str, number: int
) -> None:
    page = text_of(client.get(f"{address}?{query}"))
    name, _equals, value = query.partition("=")
    assert fields(page) == {"q"}
    assert f'<input type="hidden" name="{name}" value="{value}">' in page
    links = openers(page)
    assert links[number - 1] == f"?_filters={number}&{query}#panel-{number}"
    assert page.count('aria-expanded="false"') == len(links)
    assert page.count('<span class="used-count">1</span>') == 1
    assert 'class="chip-words"' in page


@EACH_LIST
def test_without_javascript_the_heading_leads_to_the_list_with_its_panel_open(
    payment: Payment, client: Client, address: str, query: str, number: int
) -> None:
    closed = client.get(f"{address}?{query}")
    link = openers(text_of(closed))[number - 1]
    response = client.get(address + link.partition("#")[0])
    page = text_of(response)
    assert page.count("<details") >= len(openers(text_of(closed)))
    assert f'id="panel-{number}" open>' in page
    assert len(re.findall(r'id="panel-\d+" open>', page)) == 1
    assert is_chosen(page, query)
    assert not openers(page)
    rows = [closed.context["cl"].result_list, response.context["cl"].result_list]
    assert list(rows[0]) == list(rows[1])


@EACH_LIST
def test_with_javascript_the_panels_alone_are_fetched(
    payment: Payment, client: Client, address: str, query: str, number: int
) -> None:
    fetched = client.get(f"{address}filters/?_filters={number}&{query}", headers=FETCHED)
    part = text_of(fetched)
    assert "<html" not in part
    assert f'id="panel-{number}" open>' in part
    assert is_chosen(part, query)
    whole = text_of(client.get(f"{address}?_filters={number}&{query}"))
    assert fields(part) | {"q"} == fields(whole)


@EACH_LIST
def test_whoever_opens_the_address_of_the_panels_arrives_at_the_list(
    client: Client, address: str, query: str, number: int
) -> None:
    response = client.get(f"{address}filters/?{query}", follow=True)
    assert response.request["PATH_INFO"] == address
    assert parse_qs(response.request["QUERY_STRING"]) == parse_qs(f"{query}&_filters=1")
    assert 'id="panel-1" open>' in text_of(response)


@EACH_LIST
def test_panels_are_for_whoever_may_see_the_list(
    client: Client, customer: User, sign_in: SignIn, address: str, query: str, number: int
) -> None:
    assert client.get(f"{address}filters/", headers=FETCHED).status_code == 200
    assert client.post(f"{address}filters/", headers=FETCHED).status_code == 405
    User.objects.filter(pk=customer.pk).update(is_staff=True)  # staff without a role
    refused = sign_in(customer).get(f"{address}filters/", headers=FETCHED)
    assert refused.status_code == 403
    assert "panel" not in text_of(refused)
    signed_out = Client().get(f"{address}filters/")
    assert signed_out["Location"].startswith("/admin/login/")
    assert not Client().get(f"{address}filters/", headers=FETCHED).content


@pytest.mark.parametrize("number", ["0", "99", "x", "", "-1", "1e9", "%00", "2&_filters=7"])
def test_a_panel_that_is_none_leaves_the_others_closed(
    payment: Payment, client: Client, number: str
) -> None:
    for address, headers in ((LIST, {}), (PANELS, FETCHED)):
        page = text_of(client.get(f"{address}?_filters={number}&status=paid", headers=headers))
        assert "status" in fields(page)
        assert not re.search(r'id="panel-\d+" open>', page)


def test_an_open_panel_is_no_filter(
    payment: Payment, finance: User, sign_in: SignIn, customer: User, product: Product
) -> None:
    for _turn in range(51):
        builders.paid(customer, product)
    client = sign_in(finance)
    page = text_of(client.get(f"{LIST}?_filters=2&amount_min=1"))
    links = [unescape(link) for link in re.findall(r'href="([^"]*)"', page)]
    assert any(link.endswith("p=2") for link in links)
    assert not [link for link in links if re.search(r"[?&]_filters=", link)]
    assert 'name="_changelist_filters" value="amount_min=1"' in page
    assert 'name="query" value="amount_min=1"' in page
    assert page.count('<span class="chip-words">') == 1


def test_what_a_panel_names_is_masked_as_on_the_list_and_on_record_once(
    payment: Payment, finance: User, customer: User, sign_in: SignIn
) -> None:
    finance.user_permissions.add(Permission.objects.get(codename="unmask_payment"))
    client, query = sign_in(finance), f"user={customer.pk}"

    def picker() -> str:
        part = text_of(client.get(f"{PANELS}?_filters=4&{query}", headers=FETCHED))
        return part.split('id="id_user"')[1].split("</select>")[0]

    assert "cu***@example.com" in picker()
    client.post(f"{LIST}unmask/", {"reason": "환불 문의 확인", "next": f"{LIST}?{query}"})
    client.get(f"{LIST}?{query}")
    client.get(f"{LIST}?_filters=4&{query}")
    assert "customer@example.com" in picker()
    assert [access.query for access in PersonalDataAccess.objects.all()] == [query]


def test_the_panels_ask_for_nothing_but_who_looks_and_whom_they_name(
    payment: Payment, client: Client, customer: User
) -> None:
    client.get(PANELS, headers=FETCHED)

    def asked(address: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            client.get(address, headers=FETCHED)
        return len(queries)

    # Session, person, rights; with a customer, who that is and whether the address is theirs.
    assert asked(f"{PANELS}?_filters=1&status=paid") == 3
    assert asked(f"{PANELS}?_filters=4&user={customer.pk}") <= 6


def test_nonsense_is_said_beside_closed_panels(payment: Payment, client: Client) -> None:
    page = text_of(client.get(f"{LIST}?amount_min=much"))
    assert 'class="errornote"' in page
    assert '<input type="hidden" name="amount_min" value="much">' in page
    assert urlsplit(openers(page)[2]).query == "_filters=3&amount_min=much"

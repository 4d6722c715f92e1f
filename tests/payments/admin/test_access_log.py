"""The screen of who saw personal data: for those who watch over it, and only to read."""

import pytest
from django.core.management import call_command
from django.test import Client

from accounts.models import User
from payments.models import AccessKind, PersonalDataAccess, Product
from payments.services.access_log import record_access
from tests.payments import builders

from .conftest import SignIn, page_of, text_of

SCREEN = "/admin/payments/personaldataaccess/"


@pytest.fixture
def client(admin_person: User, sign_in: SignIn) -> Client:
    """The admin's browser."""
    return sign_in(admin_person)


def looked(actor: User, **fields: object) -> PersonalDataAccess:
    arguments = {"kind": AccessKind.VIEWED, "reason": "환불 문의 확인", "unmasked": True} | fields
    return record_access(actor=actor, **arguments)  # type: ignore[arg-type]


def test_it_says_who_saw_what_and_why(
    client: Client, finance: User, customer: User, product: Product
) -> None:
    payment = builders.paid(customer, product)
    looked(finance, payment=payment)
    exported = {"kind": AccessKind.EXPORTED, "rows": 1_234}
    looked(finance, unmasked=False, reason="4월 마감", **exported)
    looked(finance, reason="세무 조사", **exported)
    page = text_of(client.get(SCREEN))
    assert "finance@example.com" in page
    assert f'<a href="{page_of(payment)}">{payment.merchant_uid}</a>' in page
    for text in ("환불 문의 확인", "Viewed unmasked", "Exported, masked", "1,234"):
        assert text in page
    assert "Exported with personal data" in page


def test_a_count_that_was_cut_short_says_so(client: Client, finance: User) -> None:
    looked(finance, kind=AccessKind.EXPORTED, rows=10_001)
    assert "10,000+" in text_of(client.get(SCREEN))


def test_one_access_shows_its_filter(client: Client, finance: User) -> None:
    access = looked(finance, query="status=paid&q=hong")
    assert "status=paid&amp;q=hong" in text_of(client.get(f"{SCREEN}{access.pk}/change/"))


def test_a_filter_that_was_erased_says_so(client: Client, finance: User) -> None:
    access = looked(finance, query="q=minji%40example.com")
    call_command("erase_search_words", "minji@example.com")
    page = text_of(client.get(f"{SCREEN}{access.pk}/change/"))
    assert "erased" in page
    assert "minji" not in page


@pytest.mark.parametrize(
    ("text", "found"),
    {
        "FINANCE@": {"환불 문의", "세무 조사"},
        "문의": {"환불 문의"},  # where a word begins
        "세무 finance": {"세무 조사"},
        "세무 viewer": set(),
        "viewer": {"4월 마감"},
        "number": {"환불 문의"},
    }.items(),
)
def test_it_is_searched_by_who_why_and_the_whole_order_number(
    client: Client,
    finance: User,
    viewer: User,
    customer: User,
    product: Product,
    text: str,
    found: set[str],
) -> None:
    payment = builders.paid(customer, product)
    looked(finance, payment=payment, reason="환불 문의")
    looked(finance, reason="세무 조사")
    looked(viewer, reason="4월 마감")
    words = payment.merchant_uid if text == "number" else text
    rows = client.get(SCREEN, {"q": words}).context["cl"].result_list
    assert {row.reason for row in rows} == found


def test_of_a_list_it_says_which(client: Client, finance: User) -> None:
    looked(finance, query="status=paid&p=2")
    assert 'List <code class="id">status=paid&amp;p=2</code>' in text_of(client.get(SCREEN))


def test_an_empty_one_says_so_and_one_without_a_match_says_that(client: Client) -> None:
    assert "Nobody has looked at personal data" in text_of(client.get(SCREEN))
    page = text_of(client.get(SCREEN, {"q": "nobody"}))
    assert "Nothing matches." in page
    assert '<a href="?">Show everything</a>' in page


def test_it_is_found_by_who_why_and_which_payment(
    client: Client, finance: User, approver: User, customer: User, product: Product
) -> None:
    payment = builders.paid(customer, product)
    looked(finance, reason="세무 조사", payment=payment)
    looked(approver)
    for term in ("finance@", "세무", payment.merchant_uid):
        [access] = client.get(SCREEN, {"q": term}).context["cl"].result_list
        assert access.actor == finance


@pytest.mark.parametrize("who", ["viewer", "finance", "operator", "approver"])
def test_nobody_else_sees_it(request: pytest.FixtureRequest, sign_in: SignIn, who: str) -> None:
    assert sign_in(request.getfixturevalue(who)).get(SCREEN).status_code == 403


def test_nobody_adds_changes_or_deletes_there(sign_in: SignIn, finance: User, db: None) -> None:
    access = looked(finance)
    root = User.objects.create_superuser(username="root", email="root@example.com")
    client = sign_in(root)
    url = f"{SCREEN}{access.pk}/"
    for page in (f"{SCREEN}add/", f"{url}change/", f"{url}delete/"):
        assert client.post(page, {"reason": "x", "post": "yes"}).status_code == 403
    client.post(SCREEN, {"action": "delete_selected", "_selected_action": access.pk, "post": "y"})
    assert PersonalDataAccess.objects.get() == access


def test_more_rows_take_no_more_queries(
    client: Client,
    finance: User,
    customer: User,
    product: Product,
    django_assert_max_num_queries: object,
) -> None:
    for _ in range(50):
        looked(finance, payment=builders.paid(customer, product))
    with django_assert_max_num_queries(9):  # type: ignore[operator]
        assert client.get(SCREEN).status_code == 200

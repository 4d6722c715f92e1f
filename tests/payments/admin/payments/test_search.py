"""The search box: ids, people, words. What it does not understand it says, and finds nothing."""

import re
import unicodedata
from html import unescape
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from accounts.models import User
from payments.models import Payment, Product
from payments.selectors.payments import search
from tests.payments import builders
from tests.payments.admin.conftest import (
    CUSTOMERS,
    LIST,
    MARK_FAILED,
    SignIn,
    act,
    listed,
    page_of,
    text_of,
)

FACTS: dict[str, Any] = {
    "pg_tid": "StdpayCARDINIpay1",
    "card_last4": "9694",
    "buyer_tel": "010-1234-5678",
}


@pytest.fixture
def shop(customer: User, stranger: User, product: Product) -> dict[str, Payment]:
    """Payments of two people, by name."""
    User.objects.filter(pk=customer.pk).update(last_name="홍", first_name="길동")
    User.objects.filter(pk=stranger.pk).update(last_name="Doe", first_name="Jane")
    return {
        "card": builders.paid(customer, product, amount=50_000),
        "wallet": builders.paid(stranger, product, amount=9_000, pay_method="kakaopay"),
        "open": builders.ordered(customer, product, amount=10_000),
        "failed": builders.failed(stranger, product, amount=10_000),
    }


@pytest.fixture
def masked(viewer: User, sign_in: SignIn) -> Client:
    """Somebody to whom addresses are shown in part."""
    return sign_in(viewer)


@pytest.fixture
def unmasked(finance: User, sign_in: SignIn) -> Client:
    """Somebody who has said why they need to see addresses."""
    finance.user_permissions.add(Permission.objects.get(codename="unmask_payment"))
    client = sign_in(finance)
    client.post(f"{LIST}unmask/", {"reason": "환불 문의 확인"})
    return client


def found(client: Client, shop: dict[str, Payment], term: str) -> set[str]:
    """Names of the payments that the list shows."""
    numbers = listed(client, f"q={quote(term)}")
    return {name for name, payment in shop.items() if payment.merchant_uid in numbers}


@pytest.mark.parametrize("term", ["{number}", "{number:.16}", "{imp_uid}", " {imp_uid} "])
def test_an_order_is_found_by_its_number_its_beginning_or_its_portone_id(
    shop: dict[str, Payment], masked: Client, term: str
) -> None:
    payment = shop["wallet"]
    term = term.format(number=payment.merchant_uid, imp_uid=payment.imp_uid)
    assert found(masked, shop, term) == {"wallet"}


def test_a_payment_is_found_by_its_whole_approval_number(
    shop: dict[str, Payment], masked: Client
) -> None:
    assert found(masked, shop, "30012345") == {"card", "wallet"}
    assert found(masked, shop, "3001234") == set()


@pytest.mark.parametrize(
    ("term", "names"),
    {
        "status:paid": {"card", "wallet"},
        "status:ready,failed": {"open", "failed"},
        "status:ready status:failed": set(),
        "amount:10000": {"open", "failed"},
        "amount:=10,000": {"open", "failed"},
        "amount:>10000": {"card"},
        "amount:>=10000 amount:<50000": {"open", "failed"},
        "amount:<=9000": {"wallet"},
        "method:kakaopay": {"wallet"},
        "METHOD:card,trans status:paid": {"card"},
        "pg:html5_inicis": {"card", "wallet"},
        "verification:never": {"open", "failed"},
        "approval:30012345 amount:<10000": {"wallet"},
        "approval:1": set(),
        "imp:imp_": set(),
        "order:20260401 status:failed": {"failed"},
        "email:customer@example.com": {"card", "open"},
        "email:CUSTOMER@example.com status:ready": {"open"},
        "email:customer@example.com email:stranger@example.com": set(),
        "name:홍길동": {"card", "open"},
        'name:"Jane Doe"': {"wallet", "failed"},
        "Jane Doe": {"wallet", "failed"},
        "홍길동 status:ready": {"open"},
        "customer@example.com amount:>20000": {"card"},
    }.items(),
)
def test_words_narrow_and_plain_text_goes_on_meaning_what_it_means(
    shop: dict[str, Payment], masked: Client, term: str, names: set[str]
) -> None:
    assert found(masked, shop, term) == names


@pytest.mark.parametrize(
    ("term", "said"),
    {
        "colour:red": "There is no search word “colour:”",
        "status:paid stauts:paid": "There is no search word “stauts:”",
        "상태:결제완료": "There is no search word “상태:”",
        "status:bogus": "“status:bogus” makes no sense: use ready, paid, failed, cancelled",
        "amount:lots": "use whole won",
        "amount:>=99999999999999": "use whole won",
        "imp:": "“imp:” needs a value",
        "customer@example.com\x00": "can&#x27;t hold this sign",
    }.items(),
)
def test_what_makes_no_sense_is_told_and_finds_nothing(
    shop: dict[str, Payment], masked: Client, term: str, said: str
) -> None:
    response = masked.get(f"{LIST}?q={quote(term)}")
    assert list(response.context["cl"].result_list) == []
    page = text_of(response)
    assert said in page
    assert page.count('class="chip wrong"') == 1


@pytest.mark.parametrize("between", ["\n", "\r\n", ", ", ",", "\t", ";", " ", "\u3000", ",\n"])
def test_of_several_numbers_any_is_found(
    shop: dict[str, Payment], masked: Client, between: str
) -> None:
    card, wallet, failed = (shop[name] for name in ("card", "wallet", "failed"))
    numbers = [card.merchant_uid, f"'{wallet.imp_uid}", f"“{failed.merchant_uid[:18]}”"]
    assert found(masked, shop, between.join(numbers)) == {"card", "wallet", "failed"}
    assert found(masked, shop, f"{between.join(numbers)} status:paid") == {"card", "wallet"}
    assert found(masked, shop, f"{wallet.imp_uid}{between}imp_nobody") == {"wallet"}


def test_several_addresses_and_words_with_several_ids_find_any(
    shop: dict[str, Payment], masked: Client
) -> None:
    everybody = {"card", "open", "wallet", "failed"}
    assert found(masked, shop, "customer@example.com, stranger@example.com") == everybody
    assert found(masked, shop, "email:customer@example.com,stranger@example.com") == everybody
    imp = f"imp:{shop['card'].imp_uid},{shop['wallet'].imp_uid},"
    assert found(masked, shop, imp) == {"card", "wallet"}
    order = f"order:{shop['open'].merchant_uid},'{shop['failed'].merchant_uid}"
    assert found(masked, shop, order) == {"open", "failed"}


@pytest.mark.parametrize(
    "term",
    [
        "'{number}",
        "“{number}”",
        "{number},",
        "\u200b{number}\ufeff",
        "\u00a0{number}\u3000",
        "order:'{number}",
        "order：{number}",
        "order:“{number}”",
    ],
)
def test_a_number_is_found_however_it_was_pasted(
    shop: dict[str, Payment], masked: Client, term: str
) -> None:
    number = shop["wallet"].merchant_uid
    assert found(masked, shop, term.format(number=number)) == {"wallet"}
    wide = "".join(chr(ord(sign) + 0xFEE0) for sign in number)
    assert found(masked, shop, term.format(number=wide)) == {"wallet"}


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_a_name_is_found_in_either_spelling_whichever_was_saved(
    shop: dict[str, Payment], masked: Client, unmasked: Client, stranger: User, form: Any
) -> None:
    written = {name: unicodedata.normalize("NFD", name) for name in ("김", "민지")}
    User.objects.filter(pk=stranger.pk).update(last_name=written["김"], first_name=written["민지"])
    for name, payments in {"김민지": {"wallet", "failed"}, "홍길동": {"card", "open"}}.items():
        term = unicodedata.normalize(form, name)
        for client in (masked, unmasked):
            assert found(client, shop, term) == found(client, shop, f"name:{term}") == payments


def test_more_numbers_than_fit_are_said(shop: dict[str, Payment], masked: Client) -> None:
    page = masked.get(f"{LIST}?q={','.join(f'imp_{number}' for number in range(201))}")
    assert list(page.context["cl"].result_list) == []
    assert "at most 200 numbers at once" in text_of(page)


@pytest.mark.parametrize("term", ['"', "'", "''", "order:'", "order:\u200b", ",", "email:,", "“”"])
def test_a_quote_or_a_comma_alone_is_nobody(
    shop: dict[str, Payment], masked: Client, term: str
) -> None:
    assert found(masked, shop, term) == set()


@pytest.mark.parametrize("term", ["%", "_", "imp_", "'; --", "\\", "2026%", "10:30", "email:%"])
def test_signs_with_a_meaning_elsewhere_have_none_here(
    shop: dict[str, Payment], masked: Client, term: str
) -> None:
    assert found(masked, shop, term) == set()


def test_too_many_customers_are_said_and_none_is_shown(
    shop: dict[str, Payment], masked: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "MAX_CUSTOMERS", 1)
    page = masked.get(f"{LIST}?q=%40example.com")
    assert list(page.context["cl"].result_list) == []
    assert "More than 1 customers match" in text_of(page)


# --- A whole id leads to its payment ---------------------------------------------------------


def reached(client: Client, query: str) -> str:
    """Where the list leads on to, "" if it is shown."""
    response = client.get(f"{LIST}?{query}")
    return str(response.headers.get("Location", ""))


def found_at(payment: Payment, query: str) -> str:
    """The payment's page, from which the way back leads to the search."""
    return f"{page_of(payment)}?{urlencode({'_changelist_filters': query})}"


@pytest.mark.parametrize("who", ["viewer", "finance", "operator", "approver", "admin_person"])
@pytest.mark.parametrize("term", ["{number}", "{imp_uid}", "{tid}", "  {imp_uid} ", "'{number}"])
def test_a_whole_id_leads_straight_to_its_payment(
    shop: dict[str, Payment],
    customer: User,
    product: Product,
    request: pytest.FixtureRequest,
    sign_in: SignIn,
    who: str,
    term: str,
) -> None:
    payment = builders.paid(customer, product, **FACTS)
    ids = {"number": payment.merchant_uid, "imp_uid": payment.imp_uid, "tid": payment.pg_tid}
    query = urlencode({"q": term.format(**ids)})
    client = sign_in(request.getfixturevalue(who))
    assert reached(client, query) == found_at(payment, query)
    page = text_of(client.get(reached(client, query)))
    back = re.search(rf'href="({LIST}\?[^"]*q=[^"]*)"', page)
    assert back
    listed_again = client.get(unescape(back[1]))
    assert listed_again.status_code == 200
    assert [row.pk for row in listed_again.context["cl"].result_list] == [payment.pk]
    assert listed_again.context["cl"].query == term.format(**ids)


def test_whoever_may_not_see_payments_is_led_to_none(
    shop: dict[str, Payment], customer: User, sign_in: SignIn
) -> None:
    query = f"q={shop['wallet'].imp_uid}"
    User.objects.filter(pk=customer.pk).update(is_staff=True)  # staff without a role
    assert sign_in(customer).get(f"{LIST}?{query}").status_code == 403
    assert reached(Client(), query).startswith("/admin/login/")


def test_another_filter_that_leaves_it_out_is_heeded(
    shop: dict[str, Payment], masked: Client
) -> None:
    payment = shop["wallet"]
    number = f"q={payment.merchant_uid}"
    assert reached(masked, f"{number}&status=failed") == ""
    assert reached(masked, f"{number}+status:failed") == ""
    assert reached(masked, f"{number}&bogus=1") == f"{LIST}?e=1"
    assert reached(masked, f"{number}&status=bogus") == ""
    narrowed = f"q={payment.merchant_uid}&status=paid"
    assert reached(masked, narrowed) == found_at(payment, narrowed)


def test_what_is_no_whole_id_of_one_payment_shows_the_list(
    shop: dict[str, Payment], customer: User, product: Product, masked: Client
) -> None:
    named = builders.paid(customer, product, **FACTS)
    for term in (
        named.merchant_uid[:-1],
        "9694",
        "status:ready",
        f"{named.imp_uid},imp_nobody",
        "imp_nobody",
        "",
        "'",
    ):
        assert reached(masked, urlencode({"q": term})) == "", term
    builders.paid(customer, product, **FACTS)
    assert reached(masked, f"q={FACTS['pg_tid']}") == ""


def test_an_action_on_a_payment_that_was_searched_for_runs_on_the_list(
    shop: dict[str, Payment], operator: User, sign_in: SignIn
) -> None:
    payment, client = shop["open"], sign_in(operator)
    query = f"q={payment.merchant_uid}"
    assert act(client, "mark_failed", payment, query=query)["Location"].startswith(MARK_FAILED)


# --- What a search gives away ----------------------------------------------------------------


@pytest.mark.parametrize("term", ["cus", "custome", "customer@", "email:custom", "tomer", "길동님"])
def test_masked_a_part_of_an_address_or_name_finds_nobody(
    shop: dict[str, Payment], masked: Client, term: str
) -> None:
    assert found(masked, shop, term) == set()


@pytest.mark.parametrize("term", ["cu", "customer@example.com", "email:cu"])
def test_masked_what_is_on_the_screen_and_a_whole_address_find_their_owner(
    shop: dict[str, Payment], masked: Client, term: str
) -> None:
    assert found(masked, shop, term) == {"card", "open"}


@pytest.mark.parametrize("term", ["custome", "tomer@", "email:CUSTOM", "name:길"])
def test_unmasked_any_part_will_do(shop: dict[str, Payment], unmasked: Client, term: str) -> None:
    assert found(unmasked, shop, term) == {"card", "open"}


def test_the_list_of_customers_to_pick_gives_away_no_more(
    customer: User, masked: Client, unmasked: Client
) -> None:
    def offered(client: Client, term: str) -> list[str]:
        return [one["text"] for one in client.get(f"{CUSTOMERS}?term={term}").json()["results"]]

    assert offered(masked, "custo") == []
    assert offered(masked, "cu") == ["cu***@example.com"]
    assert offered(unmasked, "custo") == ["customer@example.com"]


def test_addresses_stand_masked_in_the_list_unless_one_has_said_why(
    shop: dict[str, Payment], customer: User, masked: Client, unmasked: Client
) -> None:
    query = f"user={customer.pk}"
    assert "customer<wbr>" not in text_of(masked.get(f"{LIST}?{query}"))
    assert "customer@example.com" not in text_of(masked.get(f"{LIST}?{query}"))
    assert "customer<wbr>@example.com" in text_of(unmasked.get(f"{LIST}?{query}"))


@pytest.mark.parametrize(
    "term",
    ["StdpayCARDINIpay1", "tid:StdpayCARDINIpay1", "9694", "card:9694", "5678", "phone:5678"],
)
def test_a_payment_is_found_by_what_a_sheet_a_card_or_a_caller_says(
    shop: dict[str, Payment], customer: User, product: Product, masked: Client, term: str
) -> None:
    shop["named"] = builders.paid(customer, product, **FACTS)
    assert found(masked, shop, term) == {"named"}


@pytest.mark.parametrize("term", ["card:96", "card:433028******9694", "phone:010-1234-5678"])
def test_of_a_card_and_a_telephone_the_last_four_digits_are_asked_for(
    shop: dict[str, Payment], customer: User, product: Product, masked: Client, term: str
) -> None:
    shop["named"] = builders.paid(customer, product, **FACTS)
    assert found(masked, shop, term) == set()
    assert "use the last four digits" in text_of(masked.get(LIST, {"q": term}))


def test_no_empty_fact_is_found(shop: dict[str, Payment], masked: Client) -> None:
    assert found(masked, shop, "0000") == set()

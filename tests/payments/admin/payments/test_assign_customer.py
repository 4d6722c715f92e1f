"""A payment that was taken in has no product and at first no customer: every screen takes it."""

import pytest

from accounts.models import User
from payments.checkout.status_view import page_url as payment_page
from payments.models import Payment
from payments.services import import_payment
from payments.services.verification.verify import verify
from payments.states import Source
from tests.gateway import SandboxGateway
from tests.payments.admin.conftest import (
    EXPORT,
    LIST,
    MARK_FAILED,
    SignIn,
    listed,
    page_of,
    text_of,
    verify_of,
)
from tests.payments.books import missing_here


@pytest.fixture
def taken_in(sandbox: SandboxGateway, approver: User) -> Payment:
    """Nobody's payment."""
    paid = sandbox.pay("order-elsewhere", 5_000, name="책 한 권")
    discrepancy = missing_here(paid["imp_uid"], "order-elsewhere")
    return import_payment.import_payment(
        discrepancy=discrepancy,
        actor=approver,
        customer=None,
        expected_version=discrepancy.version,
    )


def test_the_list_has_it(taken_in: Payment, sign_in: SignIn, viewer: User) -> None:
    client = sign_in(viewer)
    assert "No customer yet" in text_of(client.get(LIST))
    assert listed(client, "q=order-elsewhere") == {"order-elsewhere"}
    assert client.get("/admin/").status_code == 200


def test_its_page_says_how_it_came(taken_in: Payment, sign_in: SignIn, admin_person: User) -> None:
    # Whoever may look at people gets a link to the customer: here there is none.
    page = text_of(sign_in(admin_person).get(page_of(taken_in)))
    assert "No customer yet" in page
    assert "Taken in from the gateway&#x27;s list" in page
    assert "user=None" not in page


def test_it_is_exported(taken_in: Payment, sign_in: SignIn, admin_person: User) -> None:
    client = sign_in(admin_person)
    for personal in ("masked", "unmasked"):
        answer = client.post(EXPORT, {"reason": "closing March", "personal": personal})
        assert "order-elsewhere" in text_of(answer)


def test_it_is_verified_like_any_other(taken_in: Payment, sign_in: SignIn, operator: User) -> None:
    answer = sign_in(operator).post(verify_of(taken_in), {"version": taken_in.version})
    assert answer.status_code == 302
    taken_in.refresh_from_db()
    assert taken_in.verification == "matched"


def test_it_is_refused_where_only_open_ones_can_be_marked(
    taken_in: Payment, sign_in: SignIn, operator: User
) -> None:
    answer = sign_in(operator).get(MARK_FAILED, {"id": taken_in.pk})
    assert "Only a payment that is not paid yet" in text_of(answer)


def test_who_looks_for_the_customer_is_told_what_a_masked_search_finds(
    taken_in: Payment, sign_in: SignIn, admin_person: User
) -> None:
    hint = "the first two letters of the e-mail"
    client = sign_in(admin_person)
    page = client.get(f"{LIST}{taken_in.pk}/customer/")
    assert hint in text_of(page)
    client.post(f"{LIST}unmask/", {"reason": "환불 문의 확인", "next": LIST})
    assert hint not in text_of(client.get(f"{LIST}{taken_in.pk}/customer/"))


def test_a_customer_sees_it_once_it_is_theirs(
    taken_in: Payment, sign_in: SignIn, approver: User, customer: User
) -> None:
    client = sign_in(customer)
    url = f"/payments/{taken_in.merchant_uid}/"
    assert client.get(url).status_code == 404
    import_payment.decide_customer(
        payment=taken_in, actor=approver, customer=customer, note="전화로 확인했습니다"
    )
    page = client.get(url)
    assert page.status_code == 200
    assert "order-again" not in text_of(page)
    assert "order-elsewhere" in text_of(client.get("/payments/"))


@pytest.mark.parametrize("number", ["order.2026:1", "주문 1", "a/b", "a?b#c", "100%"])
def test_a_number_of_another_shops_making_has_an_address_too(
    taken_in: Payment, sign_in: SignIn, customer: User, number: str
) -> None:
    Payment.objects.update(user=customer, merchant_uid=number)
    client = sign_in(customer)
    assert client.get("/payments/").status_code == 200
    taken_in.refresh_from_db()
    assert client.get(payment_page(taken_in)).status_code == 200
    assert client.get("/payments/%00/").status_code == 404


@pytest.mark.parametrize("source", Source)
def test_rows_of_every_door_have_their_line_in_the_timeline(
    taken_in: Payment, sign_in: SignIn, viewer: User, source: Source
) -> None:
    verify(payment=taken_in, source=source)
    assert sign_in(viewer).get(page_of(taken_in)).status_code == 200

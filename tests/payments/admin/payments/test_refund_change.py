"""A person confirms on the payment's page that refunds have changed at the PG."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from payments.core.kst import day_of
from payments.models import Payment, Product
from payments.services.verification.verify import verify
from payments.states import MovementKind, PaymentStatus, Source
from tests.gateway import SandboxGateway
from tests.payments import builders
from tests.payments.admin.conftest import SignIn, messages_on, page_of, text_of

NOTE = "이니시스 관리자에서 취소 원복을 확인함"


@pytest.fixture
def client(sign_in: SignIn, approver: User) -> Client:
    return sign_in(approver)


@pytest.fixture
def gone(customer: User, product: Product, sandbox: SandboxGateway) -> Payment:
    """A payment of yesterday of which the gateway shows one of two refunds no more."""
    at = datetime.now(UTC) - timedelta(days=2)
    payment = builders.ordered(customer, product, at=at)
    paid_at = int(at.timestamp()) + 60
    paid = sandbox.pay(payment.merchant_uid, 99_000, paid_at=paid_at, started_at=paid_at - 20)
    for amount, later in ((30_000, 3_600), (20_000, 7_200)):
        sandbox.cancel(paid["imp_uid"], amount, cancelled_at=paid_at + later)
        verify(payment=payment, source=Source.ADMIN, imp_uid=paid["imp_uid"])
    sandbox.take_back(paid["imp_uid"])
    verify(payment=payment, source=Source.ADMIN, imp_uid=paid["imp_uid"])
    payment.refresh_from_db()
    return payment


def address(payment: Payment) -> str:
    return reverse("admin:payments_payment_refund_change", args=[payment.pk])


def today() -> str:
    return day_of(datetime.now(UTC)).isoformat()


def test_the_payments_page_leads_there_for_whoever_may_confirm(
    client: Client, sign_in: SignIn, operator: User, gone: Payment
) -> None:
    link = f'href="{address(gone)}"'
    assert link in text_of(client.get(page_of(gone)))
    assert link not in text_of(sign_in(operator).get(page_of(gone)))


def test_the_page_names_what_is_gone_and_what_is_booked(client: Client, gone: Payment) -> None:
    page = client.get(address(gone))
    assert [movement.amount for movement in page.context["proposed"].reversed] == [-20_000]
    assert "−₩20,000" in text_of(page) or "-₩20,000" in text_of(page)


def test_confirming_books_what_the_gateway_answers(client: Client, gone: Payment) -> None:
    given = {"reversed_on": today(), "note": NOTE, "version": gone.version}
    done = client.post(address(gone), given)
    assert done["Location"] == page_of(gone)
    gone.refresh_from_db()
    assert (gone.status, gone.cancelled_amount) == (PaymentStatus.CANCELLED, 30_000)
    assert gone.movements.filter(kind=MovementKind.REFUND_REVERSAL, amount=20_000).exists()
    page = text_of(client.get(page_of(gone)))
    assert "Change of refunds confirmed" in page
    assert NOTE in page
    assert f"Taken back at the PG on {today()}" in page
    assert "no refund that changed" in messages_on(client.get(address(gone)))


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"reversed_on": ""}, "reversed_on"),
        ({"reversed_on": "2026-02-30"}, "reversed_on"),
        ({"reversed_on": "2020-01-01"}, "reversed_on"),
        ({"reversed_on": "2999-01-01"}, "reversed_on"),
        ({"note": ""}, "note"),
        ({"note": "x"}, "note"),
        ({"version": "1"}, "__all__"),
        ({"version": "x"}, "__all__"),
    ],
)
def test_a_field_that_is_wrong_is_named_and_changes_nothing(
    client: Client, gone: Payment, given: dict[str, str], field: str
) -> None:
    whole = {"reversed_on": today(), "note": NOTE, "version": str(gone.version)}
    page = client.post(address(gone), whole | given)
    assert list(page.context["form"].errors) == [field]
    gone.refresh_from_db()
    assert (gone.cancelled_amount, gone.movements.count()) == (50_000, 3)


def test_the_finding_is_named_beside_the_refunded_amount(client: Client, gone: Payment) -> None:
    page = text_of(client.get(page_of(gone)))
    assert "A refund that was there is there no more" in page

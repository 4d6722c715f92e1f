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


class TestOfASecondApproval:
    """It gave everything back, and the PG took the last of it back since."""

    @pytest.fixture
    def twice(self, customer: User, product: Product, sandbox: SandboxGateway) -> Payment:
        at = datetime.now(UTC) - timedelta(days=2)
        payment, paid_at = builders.ordered(customer, product, at=at), int(at.timestamp()) + 60
        for _ in range(2):
            times = {"paid_at": paid_at, "started_at": paid_at - 20, "ignore_prepare": True}
            imp_uid = sandbox.pay(payment.merchant_uid, 99_000, **times)["imp_uid"]
            verify(payment=payment, source=Source.ADMIN, imp_uid=imp_uid)
        for amount, later in ((60_000, 3_600), (39_000, 7_200)):
            sandbox.cancel(imp_uid, amount, cancelled_at=paid_at + later)
            verify(payment=payment, source=Source.ADMIN, imp_uid=imp_uid)
        sandbox.take_back(imp_uid)
        verify(payment=payment, source=Source.ADMIN, imp_uid=imp_uid)
        payment.refresh_from_db()
        return payment

    def there(self, payment: Payment) -> str:
        second = payment.discrepancies.get(is_open=True).imp_uid
        return f"{address(payment)}?imp_uid={second}"

    def test_case_and_payment_lead_there_for_whoever_may_confirm(
        self, client: Client, sign_in: SignIn, operator: User, twice: Payment
    ) -> None:
        found, link = twice.discrepancies.get(is_open=True), f'href="{self.there(twice)}"'
        of_case = reverse("admin:payments_discrepancy_change", args=[found.pk])
        page = text_of(client.get(of_case))
        assert f'href="{page_of(twice)}"' in page
        # The order's own refunds are no measure of it.
        assert "refunded at the gateway" not in page
        assert link in text_of(client.get(page_of(twice)))
        assert link not in text_of(sign_in(operator).get(page_of(twice)))
        assert sign_in(operator).get(self.there(twice)).status_code == 403

    def test_the_page_says_whose_refund_it_is(self, client: Client, twice: Payment) -> None:
        page = client.get(self.there(twice))
        assert [movement.amount for movement in page.context["proposed"].reversed] == [-39_000]
        assert "This is about another attempt of the order" in text_of(page)
        assert "This is about another attempt" not in text_of(client.get(address(twice)))

    def test_confirming_books_it_beside_the_order_and_says_what_is_open(
        self, client: Client, twice: Payment
    ) -> None:
        given = {"reversed_on": today(), "note": NOTE, "version": twice.version}
        done = client.post(self.there(twice), given)
        assert done["Location"] == page_of(twice)
        words = messages_on(done)
        assert "Booked as the gateway tells it now. Still to be settled" in words
        assert "The order was approved a second time" in words
        twice.refresh_from_db()
        assert (twice.status, twice.net_amount) == (PaymentStatus.PAID, 99_000)
        movement = twice.movements.get(kind=MovementKind.REFUND_REVERSAL)
        assert (movement.amount, movement.is_own) == (39_000, False)
        assert f"Taken back at the PG on {today()}" in text_of(client.get(page_of(twice)))

    @pytest.mark.parametrize("imp_uid", ["imp_nobody", "%00", "x" * 300])
    def test_an_attempt_that_is_none_has_nothing_to_confirm(
        self, client: Client, twice: Payment, imp_uid: str
    ) -> None:
        response = client.get(f"{address(twice)}?imp_uid={imp_uid}")
        assert response["Location"] == page_of(twice)
        assert "no refund that changed" in messages_on(response)

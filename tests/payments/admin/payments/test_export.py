"""The export's file: exactly the filtered payments, safe in Excel, in Korean time, streamed."""

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import translation
from django.utils.text import capfirst
from django.utils.translation import gettext

from accounts.models import User
from payments.admin.payments.resource import PaymentResource
from payments.admin.shared import csv_file as export_module
from payments.admin.shared.cells import TextCell
from payments.models import Payment, Product
from payments.services.verification.verify import verify
from payments.states import Source, Verification
from tests.gateway import SandboxGateway
from tests.payments import builders
from tests.payments.admin.conftest import (
    LIST,
    SignIn,
    exported,
    listed,
    page_of,
    rows_of,
    take,
    text_of,
)
from tests.payments.conftest import start

# Names that a spreadsheet would change, and one that it would not.
AWKWARD = [
    "=1+1",
    " @x",
    "＋1",
    "00123456",
    "12E45678",
    "1-2",
    "TRUE",
    "9" * 16,
    "x\x1ay",
    "x ",
    "카드",
]
NOON = 1669691757  # 2022-11-29T03:15:57Z
HEADER = [
    "Order number",
    "PortOne payment id",
    "Status",
    "Order name",
    "Customer's e-mail",
    "Buyer's name",
    "Buyer's phone",
    "Depositor's name",
    "Amount",
    "Refunded amount",
    "Net amount",
    "Currency",
    "Payment method",
    "PG",
    "MID",
    "PG transaction id",
    "Approval number",
    "Card company",
    "Card's first digits",
    "Card's last digits",
    "Instalments",
    "Bank of the transfer",
    "Escrow",
    "Test payment",
    "Ordered",
    "Payment date",
    "Refunded at",
    "Reason of the refund",
    "Failed at",
    "Reason of failure",
    "Verification",
]
FACTS: dict[str, Any] = {
    "pg_id": "00MID",
    "pg_tid": "StdpayCARD1",
    "card_name": "현대카드",
    "card_first6": "433028",
    "card_last4": "0012",
    "card_quota": 3,
    "escrow": True,
    "is_test": True,
    "cancel_reason": "=변심",
    "buyer_name": "김구매",
    "buyer_tel": "010-1234-5678",
}


@pytest.fixture
def client(finance: User, sign_in: SignIn) -> Client:
    """The finance person's browser."""
    return sign_in(finance)


def test_the_export_holds_exactly_the_filtered_payments(
    client: Client, customer: User, stranger: User, product: Product
) -> None:
    expected = {builders.paid(customer, product).merchant_uid for _ in range(60)}
    builders.paid(stranger, product)
    builders.ordered(customer, product)
    assert exported(client, f"user={customer.pk}&status=paid") == expected


def test_a_row_holds_the_facts_as_they_are(
    client: Client, customer: User, product: Product
) -> None:
    payment = builders.refunded(customer, product, refund=9_000, **FACTS)
    [row] = rows_of(take(client))
    assert list(row) == HEADER
    assert list(row.values()) == [
        payment.merchant_uid,
        payment.imp_uid,
        "cancelled",
        "Devket 프리미엄",
        "cu***@example.com",
        "***",
        "01***78",
        "",
        "99000",
        "9000",
        "90000",
        "KRW",
        "card",
        "html5_inicis",
        "00MID",
        "StdpayCARD1",
        "30012345",
        "현대카드",
        "433028",
        "'0012",
        "3",
        "",
        "escrow",
        "test",
        "2026-04-01T11:58:00+09:00",
        "2026-04-01T12:00:00+09:00",
        "2026-04-01T13:00:00+09:00",
        "'=변심",
        "",
        "",
        "matched",
    ]


@pytest.mark.usefixtures("server_zone")
def test_the_gateways_second_is_the_same_moment_on_every_screen(
    client: Client, customer: User, product: Product, sandbox: SandboxGateway
) -> None:
    a_minute_before = datetime.fromtimestamp(NOON - 60, UTC)
    payment = start(customer, product, requested_at=a_minute_before)
    sandbox.pay(payment.merchant_uid, 99_000, paid_at=NOON, started_at=NOON - 20)
    verify(payment=payment, source=Source.BROWSER)
    query = "from=2022-11-29&to=2022-11-29"
    assert listed(client, query) == exported(client, query) == {payment.merchant_uid}
    for url in (f"{LIST}?{query}", page_of(payment)):
        assert ">2022-11-29 12:15:57 KST<" in text_of(client.get(url))
    [row] = rows_of(take(client))
    assert row["Payment date"] == "2022-11-29T12:15:57+09:00"


def test_the_readers_zone_does_not_reach_the_file(
    client: Client, finance: User, customer: User, product: Product
) -> None:
    User.objects.filter(pk=finance.pk).update(time_zone="America/New_York")
    builders.paid(customer, product, at=datetime(2026, 3, 31, 15, 30, tzinfo=UTC))
    [row] = rows_of(take(client))
    assert row["Payment date"] == "2026-04-01T00:30:00+09:00"


# --- A spreadsheet opens it ------------------------------------------------------------------


def test_excel_sees_utf_8_and_its_own_line_ends(
    client: Client, customer: User, product: Product
) -> None:
    builders.paid(customer, product)
    response: Any = take(client)
    body = b"".join(response.streaming_content)
    assert body.startswith(b"\xef\xbb\xbf")
    assert body.count(b"\r\n") == body.count(b"\n") == 2
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert "no-store" in response["Cache-Control"]


def test_an_order_name_from_an_attacker_stays_text_and_numbers_stay_numbers(
    client: Client, customer: User, product: Product
) -> None:
    evil = '=cmd|"/c calc"!A1,\r\n"x"'
    builders.paid(customer, product, name=evil, fail_reason="-1+1")
    User.objects.filter(pk=customer.pk).update(email="+1@example.com")
    text = text_of(take(client, personal="unmasked")).removeprefix("\ufeff")
    header, row = csv.reader(io.StringIO(text, newline=""))
    cells = dict(zip(header, row, strict=True))
    assert cells["Order name"] == f"'{evil}"
    assert cells["Customer's e-mail"] == "'+1@example.com"
    assert cells["Reason of failure"] == "'-1+1"
    assert cells["Amount"] == "99000"


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_header_is_in_the_readers_language_although_it_is_sent_afterwards(
    client: Client, finance: User, language: str
) -> None:
    User.objects.filter(pk=finance.pk).update(language=language)
    response: Any = take(client)
    with translation.override("en" if language == "ko" else "ko"):
        header = text_of(response).removeprefix("\ufeff").split(",")
    with translation.override(language):
        expected = [gettext("order number"), gettext("PortOne payment id"), gettext("status")]
    assert header[:3] == [capfirst(name) for name in expected]


def test_the_file_is_named_after_the_korean_day(client: Client, time_machine: Any) -> None:
    time_machine.move_to(datetime(2026, 3, 31, 15, 30, tzinfo=UTC))
    response: Any = take(client)
    text_of(response)
    assert response["Content-Disposition"] == 'attachment; filename="payments-2026-04-01.csv"'


@pytest.mark.parametrize("unmasked", [False, True])
def test_the_quick_way_writes_what_import_export_would(
    customer: User, stranger: User, product: Product, unmasked: bool
) -> None:
    User.objects.filter(pk=stranger.pk).update(email="")
    second = datetime(2026, 4, 1, 3, 4, 5, 999_999, tzinfo=UTC)
    for number, name in enumerate([*AWKWARD, "", 'ab,"c"\r\nd']):
        builders.paid(customer, product, at=second + timedelta(days=number), name=name)
    builders.refunded(customer, product, refund=99_000, at=second)
    builders.refunded(stranger, product, refund=1, at=datetime(1988, 5, 8, tzinfo=UTC))
    builders.failed(stranger, product, **FACTS)
    builders.ordered(customer, product, vbank_num="110-1", pay_method="vbank", card_quota=0)
    builders.found(builders.paid(customer, product), Verification.MISMATCHED)
    resource = PaymentResource(unmasked=unmasked)
    payments = Payment.objects.order_by("-pk")
    quick = [list(row) for block in resource.blocks(payments, 3) for row in block]
    assert quick == [resource.export_resource(payment) for payment in payments]
    assert len(quick) == len(AWKWARD) + 7


@pytest.mark.parametrize("text", [name for name in AWKWARD if name.isprintable()])
def test_a_cell_that_is_read_in_again_holds_the_text(text: str) -> None:
    cell = TextCell()
    assert cell.clean(cell.render(text)) == text


# --- It streams -------------------------------------------------------------------------------


def test_it_streams_in_blocks_with_one_query_for_all(
    client: Client,
    customer: User,
    product: Product,
    monkeypatch: pytest.MonkeyPatch,
    django_assert_max_num_queries: Any,
) -> None:
    monkeypatch.setattr(export_module, "CHUNK", 10)
    for _ in range(25):
        builders.paid(customer, product)
    response: Any = take(client)
    assert response.streaming
    with django_assert_max_num_queries(1):
        blocks = list(response.streaming_content)
    assert [block.count(b"\r\n") for block in blocks] == [1, 10, 10, 5]

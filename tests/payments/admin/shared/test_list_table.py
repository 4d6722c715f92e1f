"""Every list of the console is Django's to whoever looks at it, and costs no more per row."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.options import ModelAdmin
from django.contrib.admin.templatetags.admin_list import items_for_result
from django.core.exceptions import ObjectDoesNotExist
from django.db import connection
from django.db.models import Model
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls.resolvers import URLResolver
from django.utils import translation
from django.utils.html import format_html

from accounts.models import User
from payments.admin.payments.admin import PaymentAdmin
from payments.admin.shared.list_table import Table, tick_box
from payments.models import AccessKind, Movement, Payment, Product
from payments.services import webhooks
from payments.services.access_log import record_access
from payments.services.daily_close.close import close_day
from payments.services.verification_runs import control
from tests.payments import builders
from tests.payments.admin.conftest import LIST, SignIn, text_of
from tests.payments.books import begun, filed

Missing = ObjectDoesNotExist
APRIL_1 = datetime(2026, 4, 1, tzinfo=UTC)
Fill = Callable[[int], None]


@pytest.fixture
def root(db: None) -> User:
    return User.objects.create_superuser("root", "root@example.com", "")


@pytest.fixture
def fill(customer: User, product: Product, root: User, time_machine: Any) -> Fill:
    """So many more rows on every list."""
    time_machine.move_to(APRIL_1 + timedelta(days=90), tick=False)
    made: list[Payment] = []

    def rows(number: int) -> None:
        for _turn in range(number):
            payment = builders.refunded(customer, product, refund=1_000)
            made.append(payment)
            filed(payment)
            webhooks.receive(
                body=b'{"imp_uid": "%s"}' % str(payment.imp_uid).encode(),
                content_type="application/json",
                remote_address=None,
            )
            record_access(
                actor=root,
                kind=AccessKind.VIEWED,
                reason="환불 문의",
                unmasked=True,
                payment=payment,
            )
            control.start(
                payments=Payment.objects.filter(pk=payment.pk),
                query=f"amount_min={len(made)}",
                actor=root,
                enqueue=lambda pk: None,
            )
            day = (APRIL_1 + timedelta(days=len(made))).date()
            close_day(day=day, actor=root)
            begun(day)
            User.objects.create_user(f"buyer{len(made)}", f"buyer{len(made)}@example.com")
            Product.objects.create(slug=f"plan{len(made)}", name="Plan", price=1_000)

    return rows


# Every list that can have many rows, and how many queries its page takes in all.
LISTS = {
    "payments/payment/": 8,
    "payments/movement/": 6,
    "payments/discrepancy/": 9,
    "payments/verificationrun/": 7,
    "payments/reconciliationrun/": 5,
    "payments/webhookdelivery/": 5,
    "payments/dailyclose/": 8,
    "payments/product/": 5,
    "payments/personaldataaccess/": 5,
    "accounts/user/": 7,
}


def costs(client: Any, monkeypatch: pytest.MonkeyPatch, address: str) -> tuple[int, int, int]:
    """(rows, queries, addresses that were reversed) of a page."""
    reversed_ = 0
    reverse: Any = vars(URLResolver)["_reverse_with_prefix"]

    def counted(self: Any, *args: Any, **kwargs: Any) -> Any:
        nonlocal reversed_
        reversed_ += 1
        return reverse(self, *args, **kwargs)

    with monkeypatch.context() as patch, CaptureQueriesContext(connection) as queries:
        patch.setattr(URLResolver, "_reverse_with_prefix", counted)
        page = client.get(f"/admin/{address}")
    return len(page.context["cl"].result_list), len(queries), reversed_


def test_a_page_of_many_rows_asks_and_reverses_no_more_than_one_of_few(
    fill: Fill, root: User, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = sign_in(root)
    fill(3)
    for address in LISTS:  # what is kept from page to page is known then
        client.get(f"/admin/{address}")
    few = {address: costs(client, monkeypatch, address) for address in LISTS}
    fill(17)
    many = {address: costs(client, monkeypatch, address) for address in LISTS}
    assert all(many[address][0] >= few[address][0] + 14 for address in LISTS)
    assert {address: queries for address, (_rows, queries, _reversed) in many.items()} == LISTS
    assert {address: cost[1:] for address, cost in many.items()} == {
        address: cost[1:] for address, cost in few.items()
    }


# --- What it shows is what Django would show ---------------------------------------------------


def changelist_of(model: type[Model], user: User, query: str = "") -> Any:
    request = RequestFactory().get(f"/admin/{model._meta.label_lower.replace('.', '/')}/?{query}")
    request.user, request.session = user, {}  # type: ignore[assignment]
    return admin.site.get_model_admin(model).get_changelist_instance(request)


WITH_A_TEMPLATE = [
    *("payment", "movement", "verificationrun", "webhookdelivery", "discrepancy", "dailyclose"),
    *("reconciliationrun", "personaldataaccess", "product", "user"),
]
# Of which every cell is made by Django's rules for functions and fields; one is no list.
WITHOUT_A_TEMPLATE = [
    model
    for model in admin.site._registry
    if model._meta.model_name not in {*WITH_A_TEMPLATE, "worker"}
]


@pytest.mark.parametrize("model", WITHOUT_A_TEMPLATE, ids=lambda model: model.__name__)
@pytest.mark.parametrize("language", ["ko", "en"])
def test_cells_are_those_that_django_draws(
    fill: Fill, root: User, model: type[Model], language: str
) -> None:
    fill(2)
    with translation.override(language):
        changelist = changelist_of(model, root, "o=1")
        table = Table(changelist)
        for row in table.rows:
            ours = [
                column.shown(row, table.url(row) if column.is_link else "")
                for column in table.columns
            ]
            assert ours == list(items_for_result(changelist, row, None))


def test_a_box_to_tick_is_the_one_of_django(customer: User, product: Product) -> None:
    product.name = 'A "quoted" & <b>bold</b> one'
    for language in ("ko", "en"):
        with translation.override(language):
            screen = admin.site.get_model_admin(Product)
            assert tick_box(product) == ModelAdmin.action_checkbox(screen, product)


@pytest.mark.parametrize("model", WITH_A_TEMPLATE)
def test_every_column_whose_cells_are_in_a_template_has_one_there(
    fill: Fill, root: User, sign_in: SignIn, model: str
) -> None:
    fill(1)
    app = "accounts" if model == "user" else "payments"
    page = text_of(sign_in(root).get(f"/admin/{app}/{model}/"))
    row = page.split("<tbody>")[1].split("</tr>")[0]
    assert row.count("</td>") + row.count("</th>") == page.count('<th scope="col"')


def test_a_page_shows_the_cells_of_its_list(fill: Fill, root: User, sign_in: SignIn) -> None:
    fill(1)
    client, movement = sign_in(root), Movement.objects.latest("pk")
    cell = (
        f'<a href="{LIST}{movement.payment_id}/change/"><code class="id">{movement.payment}</code>'
    )
    for address in ("", f"{movement.pk}/change/"):
        assert cell in text_of(client.get(f"/admin/payments/movement/{address}"))


# --- The seams of Django's list go on working --------------------------------------------------


@pytest.fixture
def payment(customer: User, product: Product) -> Payment:
    return builders.paid(customer, product)


def test_a_column_that_somebody_adds_needs_no_template(
    payment: Payment, viewer: User, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    def note(self: PaymentAdmin, row: Payment) -> str:
        return format_html("<em>{}</em> of {}", "<note>", row.merchant_uid)

    note.short_description = "What was noted"  # type: ignore[attr-defined]
    monkeypatch.setattr(PaymentAdmin, "note", note, raising=False)
    columns = ["merchant_uid", "note", "version", "amount_words", lambda row: row.pk]
    monkeypatch.setattr(PaymentAdmin, "get_list_display", lambda self, request: columns)
    page = text_of(sign_in(viewer).get(LIST))
    assert f'<td class="field-note"><em>&lt;note&gt;</em> of {payment.merchant_uid}</td>' in page
    assert f'<td class="field-version">{payment.version}</td>' in page
    assert f'<td class="field-lambda4">{payment.pk}</td>' in page
    assert '<td class="field-amount_words"><span class="won">₩99,000</span></td>' in page
    assert "What was noted" in page
    assert "field-customer" not in page


@pytest.mark.parametrize("value", ["", "  ", None, 0, False, [], APRIL_1.date(), 1_000, Missing])
def test_a_value_of_any_kind_looks_as_in_django(
    payment: Payment, root: User, monkeypatch: pytest.MonkeyPatch, value: Any
) -> None:
    def note(self: PaymentAdmin, row: Payment) -> Any:
        if value is Missing:
            raise Missing
        return value

    monkeypatch.setattr(PaymentAdmin, "note", note, raising=False)
    monkeypatch.setattr(PaymentAdmin, "get_list_display", lambda self, request: ["note"])
    changelist = changelist_of(Payment, root)
    [column], [row] = Table(changelist).columns[1:], changelist.result_list
    cell = column.shown(row, Table(changelist).url(row))
    assert cell == list(items_for_result(changelist, row, None))[1]


@pytest.mark.parametrize("links", [None, ["paid", "amount_words"]])
def test_the_columns_that_lead_to_a_page_are_those_that_the_screen_names(
    payment: Payment, viewer: User, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch, links: Any
) -> None:
    monkeypatch.setattr(PaymentAdmin, "get_list_display_links", lambda *arguments: links)
    rows = text_of(sign_in(viewer).get(LIST)).split("<tbody>")[1].split("</tbody>")[0]
    address = f'<a href="{LIST}{payment.pk}/change/'
    assert rows.count(address) == len(links or [])
    if links:
        assert f'<th class="field-amount_words">{address}' in rows
        assert f'<td class="field-paid">{address}' in rows
        assert f'<td class="field-merchant_uid">{payment.merchant_uid}</td>' in rows


def test_a_list_in_a_pop_up_is_drawn_by_django(
    product: Product, root: User, sign_in: SignIn
) -> None:
    page = text_of(sign_in(root).get("/admin/payments/product/?_popup=1"))
    assert f'data-popup-opener="{product.pk}"' in page

"""What every endpoint refuses, and that the status and the named field tell why."""

import json
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from payments.models import Payment, Product
from tests.gateway import SandboxGateway
from tests.payments.checkout.conftest import START, Browser, error

ENDPOINTS = ["start", "complete", "give-up"]


@pytest.mark.parametrize("name", ENDPOINTS)
def test_signed_out_is_401_in_json_and_never_a_redirect(nobody: Browser, name: str) -> None:
    response = nobody.post(name, {})
    assert error(response) == (401, "sign_in", None)
    assert response["Content-Type"] == "application/json"


@pytest.mark.parametrize("name", ENDPOINTS)
@pytest.mark.parametrize("method", ["get", "put", "delete", "patch"])
def test_another_method_than_post_is_405(buyer: Browser, name: str, method: str) -> None:
    response = getattr(buyer.client, method)(f"/checkout/{name}/")
    assert error(response) == (405, "method", None)
    assert response["Allow"] == "POST"


@pytest.mark.parametrize("name", ENDPOINTS)
@pytest.mark.parametrize("body", [" ", "{", "[]", '"x"', "null", "1", b"\xff", "[" * 99_999])
def test_broken_json_is_400(buyer: Browser, name: str, body: Any) -> None:
    assert error(buyer.post(name, body)) == (400, "broken_json", None)


@pytest.mark.parametrize("name", ENDPOINTS)
def test_another_content_type_is_415(buyer: Browser, name: str) -> None:
    response = buyer.post(name, "x", content_type="text/plain")
    assert error(response) == (415, "content_type", None)


def test_a_broken_multipart_form_is_400(buyer: Browser) -> None:
    response = buyer.post("start", "x", content_type="multipart/form-data; boundary=")
    assert error(response) == (400, "broken_form", None)


def test_a_huge_body_is_413(buyer: Browser) -> None:
    assert error(buyer.post("start", b"x" * 1_048_577)) == (413, "too_large", None)


@pytest.mark.parametrize("name", ENDPOINTS)
def test_a_missing_csrf_token_is_403(customer: User, name: str) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(customer)
    response = client.post(f"/checkout/{name}/", "{}", content_type="application/json")
    assert response.status_code == 403


def test_a_script_is_told_of_a_missing_csrf_token_in_json(customer: User, settings: Any) -> None:
    settings.CSRF_FAILURE_VIEW = "payments.checkout.refusals.csrf_failure"
    client = Client(enforce_csrf_checks=True)
    client.force_login(customer)
    response = client.post("/checkout/start/", "{}", content_type="application/json")
    assert error(response) == (403, "csrf", None)
    page = client.post("/accounts/logout/")
    assert page.status_code == 403
    assert page["Content-Type"].startswith("text/html")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("pay_method", 1),
        ("pay_method", True),
        ("pay_method", ["card"]),
        ("pay_method", None),
        ("pay_method", ""),
        ("pay_method", "bitcoin"),
        ("pay_method", "x" * 21),
        ("checkout_key", None),
        ("checkout_key", " "),
        ("checkout_key", "k" * 65),
        ("checkout_key", "a\x00b"),
        ("checkout_key", "a\ud800b"),
        ("product", None),
        ("product", 7),
        ("buyer_tel", None),
        ("buyer_tel", "010 1234"),
        ("buyer_tel", "+1 415 555 2671"),
        ("price", "99,000"),
        ("price", "-1"),
        ("price", 99_000),
        ("buyer_tel", "call me maybe"),
        ("buyer_tel", "0" * 17),
        ("buyer_tel", "123"),
        ("buyer_name", "가" * 17),
        ("buyer_name", 5),
    ],
)
def test_a_bad_field_of_start_is_400_and_named(buyer: Browser, field: str, value: Any) -> None:
    assert error(buyer.start(**{field: value})) == (400, "bad_input", field)
    assert not Payment.objects.exists()


@pytest.mark.parametrize("field", ["amount", "currency", "merchant_uid", "status", "user", "type"])
def test_start_takes_nothing_else_from_a_browser(buyer: Browser, field: str) -> None:
    assert error(buyer.start(**{field: "1"})) == (400, "bad_input", field)
    assert not Payment.objects.exists()


@pytest.mark.parametrize("field", ["merchant_uid", "imp_uid"])
@pytest.mark.parametrize("value", [None, "", "   ", 0, 17, {"a": 1}, "x" * 41, "imp\x00"])
def test_a_bad_id_is_400_and_named(
    buyer: Browser, payment: Payment, sandbox: SandboxGateway, field: str, value: Any
) -> None:
    before = len(sandbox.calls())
    body = {"merchant_uid": payment.merchant_uid, "imp_uid": "imp_1", field: value}
    assert error(buyer.post("complete", body)) == (400, "bad_input", field)
    assert len(sandbox.calls()) == before


@pytest.mark.parametrize("wrong", ["merchant_id", "merchant_order_id", "imp_id", "payment_id"])
def test_another_name_for_a_field_is_400_and_the_answer_says_which_are_right(
    buyer: Browser, payment: Payment, wrong: str
) -> None:
    response = buyer.post("complete", {wrong: payment.merchant_uid, "imp_uid": "imp_1"})
    assert error(response) == (400, "bad_input", wrong)
    assert "merchant_uid, imp_uid" in json.loads(response.content)["error"]["message"]


@pytest.mark.parametrize("name", ["complete", "give-up"])
def test_an_order_that_is_not_yours_is_404(
    buyer: Browser, others_payment: Payment, sandbox: SandboxGateway, name: str
) -> None:
    before = len(sandbox.calls())
    for merchant_uid in (others_payment.merchant_uid, "20260101AAAAAAAAAAAA"):
        response = buyer.post(name, {"merchant_uid": merchant_uid, "imp_uid": "imp_1"})
        assert error(response) == (404, "not_found", "merchant_uid")
    assert len(sandbox.calls()) == before


def test_an_unknown_product_is_404(buyer: Browser) -> None:
    assert error(buyer.start(product="nothing")) == (404, "not_found", "product")


def test_a_product_that_is_not_on_sale_is_409(buyer: Browser, product: Product) -> None:
    Product.objects.update(active=False)
    assert error(buyer.start()) == (409, "not_allowed", None)


def test_a_form_is_taken_as_well(buyer: Browser, sandbox: SandboxGateway) -> None:
    response = buyer.client.post("/checkout/start/", START | {"csrfmiddlewaretoken": "x"})
    assert response.status_code == 200

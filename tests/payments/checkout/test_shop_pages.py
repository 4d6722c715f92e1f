"""The pages of the shop: what is on sale, and the pay button."""

import re
from typing import Any

import pytest

from payments.models import Product
from payments.pay_methods import label
from tests.payments.checkout.conftest import Browser


def text(browser: Browser, url: str) -> str:
    response = browser.client.get(url)
    assert response.status_code == 200
    return str(response.content.decode())


def attribute(page: str, name: str) -> str:
    match = re.search(rf'{name}="([^"]*)"', page)
    assert match, name
    return match[1]


class TestProducts:
    def test_what_is_on_sale_is_listed_with_its_price(
        self, nobody: Browser, product: Product
    ) -> None:
        Product.objects.create(slug="gone", name="Sold out", price=1_000, active=False)
        page = text(nobody, "/")
        assert product.name in page
        assert "99,000" in page
        assert "Sold out" not in page

    def test_an_empty_shop_says_so(self, nobody: Browser) -> None:
        Product.objects.all().delete()
        assert "empty" in text(nobody, "/")

    @pytest.mark.parametrize("slug", ["nothing", "gone"])
    def test_a_product_that_is_not_on_sale_is_404(self, nobody: Browser, slug: str) -> None:
        Product.objects.create(slug="gone", name="Sold out", price=1_000, active=False)
        assert nobody.client.get(f"/products/{slug}/").status_code == 404


class TestThePayButton:
    def test_signed_out_it_leads_to_sign_in_and_back(self, nobody: Browser) -> None:
        page = text(nobody, "/products/premium/")
        assert 'href="/accounts/login/?next=/products/premium/"' in page
        assert "iamport.js" not in page

    def test_the_methods_of_the_shop_are_offered_and_unknown_ones_shown_as_they_are(
        self, buyer: Browser, settings: Any
    ) -> None:
        settings.IAMPORT_PAY_METHODS = ["card", "moonmoney"]
        page = text(buyer, "/products/premium/")
        assert re.findall(r'name="pay_method" value="(\w+)"', page) == ["card", "moonmoney"]
        assert "<span>moonmoney</span>" in page
        assert label("card") != "card"

    def test_each_page_has_a_key_of_its_own_and_is_not_kept(self, buyer: Browser) -> None:
        keys = {attribute(text(buyer, "/products/premium/"), "data-checkout-key") for _ in range(3)}
        assert len(keys) == 3
        assert all(16 <= len(key) <= 64 for key in keys)
        assert "no-store" in buyer.client.get("/products/premium/")["Cache-Control"]

    def test_only_this_page_may_load_the_window(self, buyer: Browser, settings: Any) -> None:
        settings.IAMPORT_SDK_URL = "https://sdk.example/v1/iamport.js"
        sources = ["https://sdk.example"]
        settings.CHECKOUT_CSP = {"script-src": sources, "frame-src": sources}
        response = buyer.client.get("/products/premium/")
        policy = response["Content-Security-Policy"]
        assert "script-src 'self' https://sdk.example" in policy
        assert "frame-src https://sdk.example" in policy
        assert '<script src="https://sdk.example/v1/iamport.js" defer>' in response.content.decode()
        assert "sdk.example" not in buyer.client.get("/")["Content-Security-Policy"]

    def test_a_popup_of_the_window_can_answer(self, buyer: Browser) -> None:
        response = buyer.client.get("/products/premium/")
        assert response["Cross-Origin-Opener-Policy"] == "same-origin-allow-popups"

    @pytest.mark.parametrize("url", ["/", "/products/premium/", "/payments/"])
    def test_there_is_nothing_inline(self, buyer: Browser, url: str) -> None:
        page = text(buyer, url)
        assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", page)

"""Every page says that no money moves where the stand-in is used, also the page of an error."""

from typing import Any

import pytest
from django.template.loader import render_to_string
from django.test import Client

ERRORS = ["400.html", "403.html", "403_csrf.html", "404.html", "429.html", "500.html", "503.html"]
BAND = 'class="environment demo" role="note"'


@pytest.mark.parametrize("page", ERRORS)
def test_the_page_of_an_error_says_so_without_any_context(page: str) -> None:
    assert render_to_string(page).count(BAND) == 1


@pytest.mark.parametrize("page", ERRORS)
def test_it_says_nothing_of_it_with_a_real_account(page: str, settings: Any) -> None:
    settings.IAMPORT_KEY, settings.IAMPORT_API_URL = "1234", "https://api.iamport.kr"
    assert BAND not in render_to_string(page)


@pytest.mark.django_db
@pytest.mark.parametrize("page", ["/", "/accounts/login/", "/admin/login/", "/nowhere/"])
def test_a_page_says_so_once(client: Client, page: str) -> None:
    assert client.get(page, follow=True).content.decode().count(BAND) == 1

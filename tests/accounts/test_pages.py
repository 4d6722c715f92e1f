"""What every page has: the language, the way around, and nothing that a strict CSP would refuse."""

import html
import re

import pytest
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path
from pytest_django import Settings

from accounts.models import User
from backoffice.urls import urlpatterns as product

ANONYMOUS = ["/accounts/login/", "/accounts/signup/", "/accounts/password/reset/", "/no-such-page/"]
SIGNED_IN = [
    "/accounts/settings/",
    "/accounts/email/",
    "/accounts/password/change/",
    "/accounts/logout/",
    "/accounts/3rdparty/",
]


def refuse(request: HttpRequest) -> HttpResponse:
    raise PermissionDenied


def misread(request: HttpRequest) -> HttpResponse:
    raise BadRequest


def fail(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("the database went away")


urlpatterns = [path("403/", refuse), path("400/", misread), path("500/", fail), *product]


@pytest.fixture
def errors(settings: Settings, client: Client) -> Client:
    """A browser on a site with pages that fail."""
    settings.ROOT_URLCONF = __name__
    client.raise_request_exception = False
    return client


def assert_csp_clean(page: str) -> None:
    assert not re.search(r"<[^>]+\s(style|on\w+)=", page)
    assert "<style" not in page
    assert "javascript:" not in page
    for attributes, body in re.findall(r"<script([^>]*)>(.*?)</script>", page, re.DOTALL):
        assert "application/json" in attributes or ("src=" in attributes and not body.strip())


@pytest.mark.parametrize("url", ANONYMOUS)
def test_pages_of_anonymous_people_run_under_a_strict_csp(
    client: Client, db: None, url: str
) -> None:
    assert_csp_clean(client.get(url).content.decode())


@pytest.mark.parametrize("url", SIGNED_IN)
def test_pages_of_signed_in_people_run_under_a_strict_csp(
    client: Client, customer: User, url: str
) -> None:
    client.force_login(customer)

    assert_csp_clean(client.get(url).content.decode())


@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_page_says_which_language_it_is_in(client: Client, db: None, language: str) -> None:
    client.cookies["django_language"] = language

    assert f'<html lang="{language}">' in client.get("/accounts/login/").content.decode()


def test_customers_see_their_payments_and_no_admin(client: Client, customer: User) -> None:
    client.force_login(customer)

    page = client.get("/accounts/settings/").content.decode()

    assert 'href="/payments/"' in page
    assert 'href="/admin/"' not in page
    assert '<form method="post" action="/accounts/logout/">' in page


def test_staff_see_the_admin(client: Client, viewer: User) -> None:
    client.force_login(viewer)

    assert 'href="/admin/"' in client.get("/accounts/settings/").content.decode()


def test_the_band_says_that_this_is_a_demo(client: Client, db: None) -> None:
    page = client.get("/accounts/login/").content.decode()

    assert '<div class="environment demo" role="note"><strong>DEMO</strong>' in page


def test_the_band_is_not_there_with_real_money(
    client: Client, db: None, settings: Settings
) -> None:
    settings.IAMPORT_KEY, settings.IAMPORT_API_URL = "real", "https://api.iamport.kr"

    assert 'class="environment' not in client.get("/accounts/login/").content.decode()


@pytest.mark.parametrize(
    ("url", "status", "text"),
    [
        ("/400/", 400, "잘못된 요청입니다"),
        ("/403/", 403, "이 페이지를 볼 수 있는 권한이 없습니다"),
        ("/404/", 404, "페이지를 찾을 수 없습니다"),
        ("/500/", 500, "일시적인 오류가 발생했습니다"),
    ],
)
def test_an_error_page_says_what_happened_and_what_to_do(
    errors: Client, db: None, url: str, status: int, text: str
) -> None:
    response = errors.get(url)
    page = response.content.decode()

    assert response.status_code == status
    assert text in page
    assert 'class="button' in page
    assert_csp_clean(page)


def test_the_500_page_needs_no_database(errors: Client) -> None:
    """Rendered without the `db` fixture: any query would fail the test."""
    assert "일시적인 오류" in errors.get("/500/").content.decode()


def test_a_host_that_is_not_ours_gets_the_400_page(client: Client, db: None) -> None:
    response = client.get("/accounts/login/", headers={"host": "evil.example"})

    assert response.status_code == 400
    assert "evil.example" not in response.content.decode()


def test_a_form_without_its_token_gets_a_page_that_says_what_to_do(db: None) -> None:
    response = Client(enforce_csrf_checks=True).post("/accounts/login/", {"login": "a"})

    assert response.status_code == 403
    assert "변경된 내용은 없습니다." in response.content.decode()
    assert 'href="/accounts/login/"' in response.content.decode()


def test_who_may_not_open_a_page_can_sign_in_as_somebody_else(
    client: Client, customer: User
) -> None:
    client.force_login(customer)
    page = client.get("/admin/login/?a=1&b=2").content.decode()
    target = re.search(r'name="next" value="(/accounts/login/[^"]+)"', page)
    assert target is not None

    response = client.post("/accounts/logout/", {"next": html.unescape(target[1])})

    assert response["Location"] == "/accounts/login/?next=%2Fadmin%2Flogin%2F%3Fa%3D1%26b%3D2"

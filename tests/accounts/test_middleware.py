"""Each reader's own time zone and language."""

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.utils import timezone, translation
from pytest_django import Settings

from accounts.models import User

SERVER_ZONES = ["UTC", "Asia/Seoul", "America/New_York"]
PAGE = "/accounts/settings/"


def zone_shown(client: Client) -> str:
    return client.get("/").content.decode()


@pytest.fixture
def probe(settings: Settings) -> None:
    """A page at / that answers with the active zone and language."""
    settings.ROOT_URLCONF = "tests.accounts.probe_urls"


@pytest.mark.parametrize("server", SERVER_ZONES)
@pytest.mark.usefixtures("probe")
class TestWhateverZoneTheServerIsIn:
    def test_anonymous_people_see_korean_time(
        self, client: Client, db: None, settings: Settings, server: str
    ) -> None:
        settings.TIME_ZONE = server

        assert zone_shown(client) == "Asia/Seoul ko"

    @pytest.mark.parametrize("own", ["Asia/Seoul", "America/New_York", "Europe/Paris"])
    def test_people_see_their_own(
        self, client: Client, customer: User, settings: Settings, server: str, own: str
    ) -> None:
        settings.TIME_ZONE = server
        User.objects.update(time_zone=own)
        client.force_login(customer)

        assert zone_shown(client) == f"{own} ko"

    @pytest.mark.parametrize("stored", ["Mars/Olympus", "", "../etc/passwd", "America"])
    def test_a_broken_stored_zone_breaks_no_page(
        self, client: Client, customer: User, settings: Settings, server: str, stored: str
    ) -> None:
        settings.TIME_ZONE = server
        User.objects.update(time_zone=stored)
        client.force_login(customer)

        assert zone_shown(client) == "Asia/Seoul ko"

    def test_nothing_is_left_behind(
        self, client: Client, customer: User, settings: Settings, server: str
    ) -> None:
        settings.TIME_ZONE = server
        User.objects.update(time_zone="Europe/Paris", language="en")
        client.force_login(customer)

        assert zone_shown(client) == "Europe/Paris en"
        assert timezone.get_current_timezone_name() == server
        assert translation.get_language() == "ko"


@pytest.mark.usefixtures("probe")
class TestLanguage:
    def test_an_english_browser_still_gets_korean(self, client: Client, db: None) -> None:
        response = client.get("/", headers={"accept-language": "en-US,en;q=0.9"})

        assert response.content.decode() == "Asia/Seoul ko"
        assert response["Content-Language"] == "ko"

    def test_the_switch_lasts_for_anonymous_people(self, client: Client, db: None) -> None:
        client.post("/accounts/language/", {"language": "en", "next": "/"})

        assert zone_shown(client) == "Asia/Seoul en"

    def test_the_switch_is_saved_for_signed_in_people(self, client: Client, customer: User) -> None:
        client.force_login(customer)

        response = client.post("/accounts/language/", {"language": "en", "next": "/payments/"})

        assert response["Location"] == "/payments/"
        client.cookies.pop("django_language")
        assert zone_shown(client) == "Asia/Seoul en"

    def test_the_account_goes_before_the_cookie(self, client: Client, customer: User) -> None:
        client.cookies["django_language"] = "en"
        client.force_login(customer)

        assert zone_shown(client) == "Asia/Seoul ko"

    @pytest.mark.parametrize("wrong", ["fr", "xx", "", "<script>"])
    def test_a_language_we_do_not_speak_changes_nothing(
        self, client: Client, customer: User, wrong: str
    ) -> None:
        client.force_login(customer)
        client.post("/accounts/language/", {"language": wrong})
        customer.refresh_from_db()
        assert customer.language == "ko"

        client.logout()
        client.cookies["django_language"] = wrong
        assert zone_shown(client) == "Asia/Seoul ko"

    def test_the_switch_takes_a_post(self, client: Client, db: None) -> None:
        response = client.get("/accounts/language/", {"language": "en"})

        assert response["Location"] == "/"
        assert "django_language" not in client.cookies

    def test_the_switch_leads_to_no_other_site(self, client: Client, db: None) -> None:
        response = client.post(
            "/accounts/language/", {"language": "en", "next": "https://evil.example/"}
        )

        assert response["Location"] == "/"


def answer(request: HttpRequest) -> HttpResponse:
    """The probe page."""
    return HttpResponse(f"{timezone.get_current_timezone_name()} {translation.get_language()}")

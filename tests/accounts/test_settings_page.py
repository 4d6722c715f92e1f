"""The page where a person chooses their time zone and language."""

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from accounts.forms import offered_time_zones
from accounts.models import User, validate_time_zone

PAGE = "/accounts/settings/"


def test_it_is_for_people_who_are_signed_in(client: Client, db: None) -> None:
    assert client.get(PAGE)["Location"] == f"/accounts/login/?next={PAGE}"


def test_a_choice_is_saved_and_said_in_the_new_language(client: Client, customer: User) -> None:
    client.force_login(customer)

    response = client.post(PAGE, {"time_zone": "America/New_York", "language": "en"}, follow=True)

    customer.refresh_from_db()
    assert (customer.time_zone, customer.language) == ("America/New_York", "en")
    assert "Your settings are saved." in response.content.decode()


def test_nothing_else_about_the_account_can_be_posted(client: Client, customer: User) -> None:
    client.force_login(customer)

    client.post(PAGE, {"time_zone": "UTC", "language": "ko", "is_staff": "on", "email": "x@y.kr"})

    customer.refresh_from_db()
    assert not customer.is_staff
    assert customer.email == "customer@example.com"


@pytest.mark.parametrize("name", ["Mars/Olympus", "../../etc/passwd", "KST", "Asia", ""])
def test_what_is_no_time_zone_is_refused(client: Client, customer: User, name: str) -> None:
    client.force_login(customer)

    response = client.post(PAGE, {"time_zone": name, "language": "ko"})

    assert response.status_code == 200
    assert response.context["form"].errors["time_zone"]
    customer.refresh_from_db()
    assert customer.time_zone == "Asia/Seoul"


def test_an_unknown_language_is_refused(client: Client, customer: User) -> None:
    client.force_login(customer)

    assert client.post(PAGE, {"time_zone": "UTC", "language": "fr"}).context["form"].errors


def test_the_field_suggests_zones(client: Client, customer: User) -> None:
    client.force_login(customer)

    page = client.get(PAGE).content.decode()

    assert 'list="time-zones"' in page
    assert '<option value="Asia/Seoul">' in page


def test_what_is_offered_is_valid_and_korea_comes_first() -> None:
    offered = offered_time_zones()

    assert offered[0] == "Asia/Seoul"
    assert len(offered) == len(set(offered))
    for name in offered:
        validate_time_zone(name)


def test_the_error_names_the_value() -> None:
    with pytest.raises(ValidationError, match="Mars/Olympus"):
        validate_time_zone("Mars/Olympus")

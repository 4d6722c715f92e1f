"""Dashboard and background work say when our clock is wrong, and what to do."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from payments.models import MOST_APART, ClockComparison

PAGES = ["admin:index", "admin:payments_worker_changelist"]


@pytest.fixture
def apart(db: None) -> ClockComparison:
    """A machine that is three days ahead."""
    now = timezone.now()
    return ClockComparison.objects.create(
        pk=1, host="shop-2", skew=259_200.0, compared_at=now, apart_at=now
    )


def read(client: Client, person: User, page: str, language: str) -> str:
    User.objects.filter(pk=person.pk).update(language=language)
    client.force_login(person)
    return client.get(reverse(page)).content.decode()


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize(
    ("language", "words"),
    [
        (
            "en",
            ["72 h 0 min ahead of the gateway", "no day is closed", "shop-2", "3 minutes apart"],
        ),
        ("ko", ["72시간 0분 빠릅니다", "일마감", "shop-2", "3분 미만"]),
    ],
)
def test_it_says_so_in_both_languages(
    client: Client,
    admin_person: User,
    apart: ClockComparison,
    page: str,
    language: str,
    words: list[str],
) -> None:
    answer = read(client, admin_person, page, language)
    for word in words:
        assert word in answer


@pytest.mark.parametrize("page", PAGES)
def test_it_is_gone_when_they_agree_again(
    client: Client, admin_person: User, apart: ClockComparison, page: str
) -> None:
    ClockComparison.objects.update(skew=-MOST_APART.total_seconds())
    assert "Our clock" not in read(client, admin_person, page, "en")

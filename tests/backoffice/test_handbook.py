"""The handbook calls things what the screens call them."""

from pathlib import Path

import pytest
from django.test import Client
from django.utils import translation

from accounts.models import User
from payments.models import Bucket

DOCS = Path(__file__).resolve().parents[2] / "docs"


def handbook(language: str) -> str:
    return (DOCS / f"handbook.{language}.md").read_text(encoding="utf-8")


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["ko", "en"])
def test_it_explains_every_tile_of_the_dashboard_by_its_name(
    language: str, client: Client, admin_person: User
) -> None:
    client.force_login(admin_person)
    tiles = client.get("/admin/").context["waiting"]
    with translation.override(language):
        names = {str(tile.label) for tile in tiles}
    assert len(names) == 9
    assert {name for name in names if f"\n| {name} |" not in handbook(language)} == set()


@pytest.mark.parametrize("language", ["ko", "en"])
def test_what_can_be_taken_in_is_called_what_the_queue_calls_it(language: str) -> None:
    with translation.override(language):
        assert f"**{Bucket.MISSING_HERE.label}**" in handbook(language)

"""What Django says is reworded for staff, and stays so when Django spells it anew."""

import json
from pathlib import Path

import django
import polib
import pytest
from django.conf import settings
from django.contrib.auth.models import Group
from django.db.models import Model
from django.test import Client
from django.utils import translation

from accounts.models import User
from backoffice import django_words
from payments.models import Product

SCRIPTS = Path(settings.LOCALE_PATHS[0]) / "ko/LC_MESSAGES/djangojs.po"


def of_django(domain: str) -> dict[str, str]:
    """Django's own Korean, by what it translates."""
    folder = Path(django.__file__).parent
    files = folder.glob(f"**/locale/ko/LC_MESSAGES/{domain}.po")
    return {entry.msgid: entry.msgstr for file in files for entry in polib.pofile(str(file))}


@pytest.mark.parametrize("text", django_words.WORDS)
def test_a_text_is_djangos_and_reads_otherwise(text: str) -> None:
    known = of_django("django")
    with translation.override("ko"):
        said = translation.gettext(text)
    assert said not in {text, known[text]}


@pytest.mark.parametrize(
    ("model", "field", "words"),
    [(Product, "name", "상품명"), (User, "username", "아이디"), (Group, "name", "이름")],
)
def test_a_name_is_that_of_its_thing(model: type[Model], field: str, words: str) -> None:
    with translation.override("ko"):
        assert model._meta.get_field(field).verbose_name == words  # type: ignore[union-attr]


def test_the_scripts_of_the_admin_say_it_in_the_same_words(operator: User) -> None:
    known, ours = of_django("djangojs"), polib.pofile(str(SCRIPTS))
    assert {entry.msgid for entry in ours} <= set(known)
    User.objects.update(language="ko")
    client = Client()
    client.force_login(operator)
    script = client.get("/admin/jsi18n/").content.decode()
    for entry in ours:
        words = entry.msgstr or entry.msgstr_plural[0]
        assert words != known[entry.msgid]
        assert json.dumps(words)[1:-1] in script

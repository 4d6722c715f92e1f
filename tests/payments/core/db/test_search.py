"""The search box of any list: several ids find any, a name is found in either spelling."""

import unicodedata

import pytest

from accounts.models import User
from payments.core.db import parts
from payments.core.db.search import part_of, searched

FIELDS = ("email", "last_name", "username__exact")
NFC = "홍길동"
NFD = unicodedata.normalize("NFD", NFC)


@pytest.fixture
def people(db: None) -> None:
    """Three of them; one was saved as a Mac writes it."""
    for number, name in enumerate([NFC, "Doe", "x"]):
        User.objects.create_user(
            username=f"user_{number}", email=f"person{number}@example.com", last_name=name
        )
    User.objects.filter(username="user_2").update(last_name=NFD)


def found(text: str) -> set[str]:
    return {person.username for person in searched(User.objects.all(), text, fields=FIELDS)}


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize(
    ("text", "names"),
    {
        "": {"user_0", "user_1", "user_2"},
        " \u200b ": {"user_0", "user_1", "user_2"},
        "user_1": {"user_1"},
        "'user_1": {"user_1"},
        "user_0\nuser_1,": {"user_0", "user_1"},
        "“user_0”;ｕｓｅｒ＿１": {"user_0", "user_1"},
        "user_": set(),
        "person1@example.com, person2@example.com": {"user_1", "user_2"},
        "person1@": {"user_1"},
        NFC: {"user_0", "user_2"},
        NFD: {"user_0", "user_2"},
        "doe person1": {"user_1"},
        "doe person2": set(),
        '"': set(),
        "'": set(),
        ",;": set(),
        "%": set(),
        "\x00": set(),
    }.items(),
)
def test_ids_and_names_are_found_as_people_paste_and_type_them(text: str, names: set[str]) -> None:
    assert found(text.replace("\x00", "\ufffd")) == names


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize(
    ("text", "names"),
    {
        "ser_1": {"user_1"},
        "USER_2": {"user_2"},
        "@exa": {"user_0", "user_1", "user_2"},
        "길동": {"user_0"},  # where a word begins
        "홍": {"user_0"},
        "do": {"user_1"},
        "동": set(),
        "er": set(),
        "1@": set(),
        "@": set(),
        "%": set(),
        "._": set(),
    }.items(),
)
def test_a_part_of_an_address_or_name_is_one_that_an_index_knows(
    text: str, names: set[str]
) -> None:
    User.objects.filter(username="user_0").update(last_name="홍", first_name="길동")
    User.objects.filter(username="user_2").update(last_name="")
    rows = User.objects.get_queryset().with_search_words()
    condition = part_of("lower_email", text) | part_of("names", text)
    assert {person.username for person in rows.filter(condition)} == names
    fields = ("lower_email__holds", "names__holds")
    assert {person.username for person in searched(rows, text, fields=fields)} == names


@pytest.mark.usefixtures("people")
@pytest.mark.sqlite
def test_sqlite_asks_its_table_of_parts_whatever_happens_to_people() -> None:
    """Its triggers keep up with rows that come, change and go, by the ORM or past it."""
    person = User.objects.get(username="user_0")
    person.first_name, person.email = "길동", "moved@example.org"
    person.save()
    User.objects.filter(username="user_1").delete()
    User.objects.bulk_create([User(username="user_3", email='a"quoted@example.org')])
    rows = User.objects.get_queryset().with_search_words()
    for text, names in {
        "moved@": {"user_0"},
        "person0": set(),
        "person1": set(),
        "길동": {"user_0"},
        'a"q': {"user_3"},
        "example.org": {"user_0", "user_3"},
        "USER_3": {"user_3"},
    }.items():
        condition = part_of("lower_email", text) | part_of("names", text)
        found = rows.filter(condition)
        assert {one.username for one in found} == names, text
        plan = found.order_by().values_list("pk").explain()
        assert "SEARCH accounts_user USING INTEGER PRIMARY KEY" in plan


@pytest.mark.usefixtures("people")
@pytest.mark.sqlite
def test_a_sqlite_without_parts_reads_the_people(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "_tables", lambda connection: set())
    rows = User.objects.get_queryset().with_search_words()
    for text in ("person1", "us", "r_1"):
        found = rows.filter(part_of("lower_email", text) | part_of("names", text))
        assert "user_1" in {one.username for one in found}
        assert " MATCH " not in str(found.query)

"""Each deployment check, by its id: seen to fail, and its way out."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.checks import run_checks
from django.db import connection

from backoffice.checks import ROLES

REAL = {
    "DEBUG": False,
    "ALLOW_STAND_IN": False,
    "ALLOWED_HOSTS": ["backoffice.example.com", ".shop.example.com"],
    "SITE_URL": "https://backoffice.example.com",
    "BEHIND_PROXY": True,
    "TRUSTED_PROXIES": 1,
    "WEB_BIND": "127.0.0.1:8000",
    "WEB_PROCESSES": 2,
    "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
    "CACHES": {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache"}},
    "IAMPORT_KEY": "1234567890123456",
    "IAMPORT_SECRET": "0123456789abcdef",
    "IAMPORT_API_URL": "https://api.iamport.kr",
    "IAMPORT_ACCEPT_TEST_PAYMENTS": False,
}
STAND_IN = {"IAMPORT_KEY": "sandbox_key", "IAMPORT_API_URL": "http://127.0.0.1:8001"}
Said = Callable[..., dict[str, str]]


@pytest.fixture
def said(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Said:
    """What our checks say, with its way out, by the end of its id."""
    # The database of the suite belongs to whoever runs it; W010 has its own tests.
    monkeypatch.setattr("backoffice.checks._may_drop_triggers", lambda: False)

    def run(**changes: Any) -> dict[str, str]:
        for name, value in (REAL | changes).items():
            setattr(settings, name, value)
        messages = run_checks(include_deployment_checks=True)
        ours = [message for message in messages if str(message.id).startswith("backoffice.")]
        assert all(message.hint for message in ours)
        return {str(message.id).partition(".")[2]: message.msg for message in ours}

    return run


def test_a_production_as_the_files_in_deploy_make_it_passes(said: Said) -> None:
    assert said() == {}


def test_nothing_is_asked_of_a_demo(said: Said) -> None:
    demo = {"EMAIL_BACKEND": "django.core.mail.backends.console.EmailBackend", "SITE_URL": ""}
    assert said(DEBUG=True, BEHIND_PROXY=None, **STAND_IN, **demo) == {}


@pytest.mark.parametrize(
    "changes",
    [
        {"IAMPORT_KEY": "sandbox_key"},
        {"IAMPORT_API_URL": "http://api.iamport.kr"},
        {"IAMPORT_API_URL": "https://localhost:8001"},
        {"IAMPORT_API_URL": "https://127.0.0.1"},
    ],
)
def test_e001_a_stand_in_in_production_fails(said: Said, changes: dict[str, Any]) -> None:
    assert set(said(**changes)) == {"E001"}


def test_e001_a_trial_may_say_that_it_uses_the_stand_in(said: Said) -> None:
    assert said(**STAND_IN, ALLOW_STAND_IN=True) == {}


def test_w011_the_permission_of_a_trial_is_not_left_beside_a_real_account(said: Said) -> None:
    assert set(said(ALLOW_STAND_IN=True)) == {"W011"}


def test_e002_test_payments_in_production_fail(said: Said) -> None:
    assert set(said(IAMPORT_ACCEPT_TEST_PAYMENTS=True)) == {"E002"}


def test_e003_a_key_without_its_secret_fails(said: Said) -> None:
    assert set(said(IAMPORT_SECRET="sandbox_secret")) == {"E003"}


def test_e004_a_window_without_a_pg_fails(said: Said) -> None:
    assert set(said(IAMPORT_PG=" ")) == {"E004"}
    assert said(IAMPORT_PG="html5_inicis") == {}


@pytest.mark.parametrize("backend", ["console", "dummy", "filebased", "locmem"])
def test_e005_mails_that_reach_nobody_fail(said: Said, backend: str) -> None:
    answer = said(EMAIL_BACKEND=f"django.core.mail.backends.{backend}.EmailBackend")
    assert set(answer) == {"E005"}


@pytest.mark.parametrize("backend", ["locmem.LocMemCache", "dummy.DummyCache"])
def test_e006_limits_that_each_process_counts_by_itself_fail(said: Said, backend: str) -> None:
    caches = {"default": {"BACKEND": f"django.core.cache.backends.{backend}"}}
    assert set(said(CACHES=caches)) == {"E006"}
    assert said(CACHES=caches, WEB_PROCESSES=1) == {}


@pytest.mark.parametrize("way", ["optional", "none"])
def test_e007_a_sign_up_that_confirms_nothing_fails(said: Said, way: str) -> None:
    assert set(said(ACCOUNT_EMAIL_VERIFICATION=way)) == {"E007"}
    assert said(ACCOUNT_EMAIL_VERIFICATION="mandatory") == {}


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("", "is no address"),
        ("backoffice.example.com", "is no address"),
        ("ftp://backoffice.example.com", "is no address"),
        ("https://", "is no address"),
        ("https://[broken", "is no address"),
        ("https://other.example.com", "ALLOWED_HOSTS refuses"),
        ("http://backoffice.example.com", "no https"),
        ("https://localhost", "this machine alone"),
    ],
)
def test_e008_an_address_that_nobody_can_follow_fails(said: Said, url: str, why: str) -> None:
    hosts = [*REAL["ALLOWED_HOSTS"], "localhost"]  # type: ignore[misc]
    answer = said(SITE_URL=url, ALLOWED_HOSTS=hosts)
    assert set(answer) == {"E008"}
    assert why in answer["E008"]


@pytest.mark.parametrize(
    "url",
    [
        "https://backoffice.example.com/",
        "https://BACKOFFICE.example.com:8443",
        "https://a.shop.example.com",
    ],
)
def test_e008_an_address_of_an_allowed_host_passes(said: Said, url: str) -> None:
    assert said(SITE_URL=url) == {}


def test_e008_a_trial_is_reached_from_its_own_machine_in_the_clear(said: Said) -> None:
    trial = {"ALLOWED_HOSTS": ["127.0.0.1"], "SITE_URL": "http://127.0.0.1:8000"}
    assert (
        said(**STAND_IN, ALLOW_STAND_IN=True, BEHIND_PROXY=False, TRUSTED_PROXIES=0, **trial) == {}
    )


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"BEHIND_PROXY": None, "TRUSTED_PROXIES": 0}, "is not set"),
        ({"TRUSTED_PROXIES": 0}, "says that there is none"),
        ({"BEHIND_PROXY": False}, "counts proxies"),
        ({"BEHIND_PROXY": False, "TRUSTED_PROXIES": 0}, "127.0.0.1:8000"),
        ({"BEHIND_PROXY": False, "TRUSTED_PROXIES": 0, "WEB_BIND": "[::1]:80"}, "[::1]:80"),
        ({"BEHIND_PROXY": False, "TRUSTED_PROXIES": 0, "WEB_BIND": "unix:/run/a"}, "unix:/run/a"),
    ],
)
def test_e009_a_proxy_that_nobody_told_of_fails(
    said: Said, changes: dict[str, Any], why: str
) -> None:
    answer = said(**changes)
    assert set(answer) == {"E009"}
    assert why in answer["E009"]


def test_e009_without_a_proxy_the_server_listens_where_people_reach_it(said: Said) -> None:
    assert said(BEHIND_PROXY=False, TRUSTED_PROXIES=0, WEB_BIND="0.0.0.0:443") == {}


def test_e009_several_proxies_may_stand_in_front(said: Said) -> None:
    assert said(TRUSTED_PROXIES=2, WEB_BIND="10.0.0.5:8000") == {}


# --- The database's user ---------------------------------------------------------------------


def of_the_database(settings: Any) -> list[Any]:
    for name, value in REAL.items():
        setattr(settings, name, value)
    messages = run_checks(include_deployment_checks=True)
    return [message for message in messages if message.id == "backoffice.W010"]


@pytest.fixture
def as_web() -> Iterator[None]:
    """The connection as the role that deploy/roles.sql makes for web and worker."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE ROLE backoffice_of_a_test NOLOGIN")
        sql = ROLES.read_text().replace("TO backoffice;", "TO backoffice_of_a_test;")
        cursor.execute(sql)
        # As it would have signed in: SET ROLE alone is no other person.
        cursor.execute("SET SESSION AUTHORIZATION backoffice_of_a_test")
        yield
        cursor.execute("RESET SESSION AUTHORIZATION")


@pytest.mark.postgresql
@pytest.mark.django_db
def test_w010_a_user_who_could_drop_the_triggers_is_warned_of(settings: Any) -> None:
    (warning,) = of_the_database(settings)
    assert "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES" in warning.hint


@pytest.mark.postgresql
@pytest.mark.django_db
def test_w010_a_role_that_owns_nothing_passes(settings: Any, as_web: None) -> None:
    assert of_the_database(settings) == []


@pytest.mark.sqlite
@pytest.mark.django_db
def test_w010_sqlite_has_no_other_user(settings: Any) -> None:
    assert of_the_database(settings) == []

"""The environment decides, strictly, and production is what you get without one."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
BASE = {"PATH": os.environ["PATH"], "ENV_FILE": "", "SECRET_KEY": "x" * 50}


def value_of(expression: str, **environment: str) -> str:
    """What a setting is in a fresh process with this environment."""
    script = f"from backoffice import settings; print({expression})"
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env=BASE | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip() or done.stderr.strip().splitlines()[-1]


def test_production_is_the_default() -> None:
    assert value_of("settings.DEBUG, settings.SESSION_COOKIE_SECURE, settings.ALLOWED_HOSTS") == (
        "False True []"
    )


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, "None 0 False"),
        ({"BEHIND_PROXY": ""}, "None 0 False"),
        ({"BEHIND_PROXY": "False"}, "False 0 False"),
        ({"BEHIND_PROXY": "True"}, "True 1 True"),
        ({"BEHIND_PROXY": "True", "TRUSTED_PROXIES": "2"}, "True 2 True"),
    ],
)
def test_a_proxy_is_believed_only_where_one_is_said_to_be(
    environment: dict[str, str], expected: str
) -> None:
    settings = "settings.BEHIND_PROXY, settings.TRUSTED_PROXIES"
    believed = "hasattr(settings, 'SECURE_PROXY_SSL_HEADER')"
    assert value_of(f"{settings}, {believed}", **environment) == expected


def test_processes_share_the_limits_of_the_sign_in() -> None:
    backend = "settings.CACHES['default']['BACKEND'].rpartition('.')[2]"
    assert value_of(backend) == value_of(backend, CACHE_URL="") == "DatabaseCache"
    assert value_of(backend, DEBUG="True") == "LocMemCache"


@pytest.mark.parametrize("text", ["yes", "ture", "", "0.5"])
def test_a_flag_is_true_or_false_and_nothing_else(text: str) -> None:
    assert "write True or False" in value_of("settings.DEBUG", DEBUG=text)


@pytest.mark.parametrize("text", ["0", "-5", "1.5", "an hour", "", "１２"])
@pytest.mark.parametrize("name", ["STAFF_SESSION_IDLE_MINUTES", "STAFF_SESSION_HOURS"])
def test_how_long_staff_stay_signed_in_is_a_whole_number(name: str, text: str) -> None:
    assert "write a whole number, at least 1" in value_of("1", **{name: text})


def test_staff_stay_signed_in_for_an_hour_of_rest_and_twelve_in_all() -> None:
    assert value_of("settings.STAFF_SESSION_IDLE_MINUTES, settings.STAFF_SESSION_HOURS") == "60 12"


def test_a_missing_secret_stops_the_start() -> None:
    assert "SECRET_KEY is not set" in value_of("1", SECRET_KEY="")


def test_a_secret_may_come_from_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("from-a-file")
    environment = {"IAMPORT_KEY": "1", "IAMPORT_SECRET_FILE": str(secret)}
    assert value_of("settings.IAMPORT_SECRET", **environment) == "from-a-file"


def test_without_a_key_it_talks_to_the_stand_in() -> None:
    assert value_of("settings.IAMPORT_API_URL", SANDBOX_PORT="9001") == "http://127.0.0.1:9001"


def test_with_a_key_it_talks_to_portone() -> None:
    assert value_of("settings.IAMPORT_API_URL, settings.IAMPORT_SDK_URL", IAMPORT_KEY="1") == (
        "https://api.iamport.kr https://cdn.iamport.kr/v1/iamport.js"
    )


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"DEBUG": "True"}, "optional False"),
        ({"DEBUG": "True", "IAMPORT_KEY": "1"}, "mandatory True"),
        ({}, "mandatory True"),
        # What an .env of before says weakens nothing.
        ({"ACCOUNT_EMAIL_VERIFICATION": "optional"}, "mandatory True"),
    ],
)
def test_only_the_demo_is_tried_without_confirming_an_address(
    environment: dict[str, str], expected: str
) -> None:
    settings = "ACCOUNT_EMAIL_VERIFICATION", "ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED"
    expression = ", ".join(f"settings.{name}" for name in settings)
    assert value_of(expression, **environment) == expected


def test_every_variable_that_is_read_is_in_the_example() -> None:
    source = (ROOT / "backoffice" / "settings.py").read_text()
    read = set(
        re.findall(r'(?:env\.\w+\(|flag\(|flag_or_none\(|at_least\(\d+,)\s*"([A-Z_]+)"', source)
    )
    read |= {f"{name}_CLIENT_{part}" for name in ("NAVER", "KAKAO") for part in ("ID", "SECRET")}
    named = set(re.findall(r"^([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert read
    assert named == read

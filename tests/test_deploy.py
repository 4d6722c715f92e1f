"""The files of deploy/ fit the product that they start."""

import configparser
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.backoffice.test_settings import value_of
from tests.conftest import ROOT

DEPLOY = ROOT / "deploy"
UNITS = sorted(DEPLOY.glob("*.service"))
ENVIRONMENT = (DEPLOY / "backoffice.env").read_text()


def unit(file: Path) -> configparser.RawConfigParser:
    parser = configparser.RawConfigParser(strict=False)
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read(file)
    return parser


def test_every_variable_is_one_that_the_settings_read_and_is_explained() -> None:
    known = set(re.findall(r"^([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    named = re.findall(r"^([A-Z_]+)=", ENVIRONMENT, re.MULTILINE)
    assert set(named) <= known
    assert len(named) == len(set(named))
    explained = re.findall(r"(?:^#.*\n)(?:[A-Z_]+=.*\n)+", ENVIRONMENT, re.MULTILINE)
    assert sum(block.count("=") for block in explained) >= len(named)


def test_filled_in_it_is_a_production_without_a_fault(tmp_path: Path) -> None:
    values = {
        "SECRET_KEY": "deploy-only-" + "0123456789abcdef" * 4,
        "IAMPORT_KEY": "1234567890123456",
        "IAMPORT_SECRET": "0123456789abcdef",
        "IAMPORT_USER_CODE": "imp12345678",
        "IAMPORT_PG": "html5_inicis.MOItest",
        "EMAIL_URL": "smtp+tls://user:password@smtp.example.com:587",
        # Nobody listens there; what the database would say has its own tests.
        "DATABASE_URL": f"sqlite:///{tmp_path / 'deploy.sqlite3'}",
    }
    lines = [
        f"{name}={values[name]}" if (name := line.partition("=")[0]) in values else line
        for line in ENVIRONMENT.splitlines()
    ]
    file = tmp_path / "backoffice.env"
    file.write_text("\n".join(lines))
    done = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "ENV_FILE": str(file)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_as_it_comes_every_gap_is_named() -> None:
    values = dict(re.findall(r"^([A-Z_]+)=(.*)$", ENVIRONMENT, re.MULTILINE))
    values["SECRET_KEY"] = "deploy-only-" + "0123456789abcdef" * 4
    done = subprocess.run(
        [sys.executable, "-c", "import backoffice.wsgi"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "ENV_FILE": "", **values},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode
    for number in (1, 4, 5):
        assert f"backoffice.E00{number}" in done.stderr


@pytest.mark.parametrize("file", UNITS, ids=lambda file: file.stem)
def test_a_unit_starts_what_there_is_as_a_user_who_may_little(file: Path) -> None:
    service = unit(file)["Service"]
    assert service["User"] in {"backoffice", "backoffice_owner"}
    assert service["NoNewPrivileges"] == "yes"
    assert service["ProtectSystem"] == "strict"
    assert service["Environment"] == "ENV_FILE=/etc/backoffice/backoffice.env"
    command = service["ExecStart"]
    named = set(re.findall(r"(?:manage\.py \w+|deploy/\S+|backoffice\.wsgi)", command))
    assert named
    commands = subprocess.run(
        [sys.executable, "manage.py", "help", "--commands"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "ENV_FILE": "", "SECRET_KEY": "x"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    for name in named:
        if name.startswith("manage.py "):
            assert name.partition(" ")[2] in commands
        elif "/" in name:
            assert (ROOT / name).is_file()


@pytest.mark.parametrize("name", ["web", "worker"])
def test_web_and_worker_are_always_started_again(name: str) -> None:
    parser = unit(DEPLOY / f"backoffice-{name}.service")
    assert parser["Service"]["Restart"] == "always"
    assert parser["Unit"]["StartLimitIntervalSec"] == "0"


@pytest.mark.parametrize("file", sorted(DEPLOY.glob("*.timer")), ids=lambda file: file.stem)
def test_a_timer_starts_a_unit_at_a_time_in_korea(file: Path) -> None:
    assert file.with_suffix(".service") in UNITS
    assert unit(file)["Timer"]["OnCalendar"].endswith(" Asia/Seoul")


def test_gunicorn_takes_its_settings_from_the_environment() -> None:
    expression = "[conf[name] for name in ('bind', 'workers', 'threads', 'worker_class')]"
    environment = {"WEB_BIND": "127.0.0.1:9000", "WEB_PROCESSES": "3", "WEB_THREADS": "5"}
    conf = f"__import__('runpy').run_path({str(DEPLOY / 'gunicorn.conf.py')!r})"
    values = value_of(
        f"(lambda conf: {expression})({conf})",
        DJANGO_SETTINGS_MODULE="backoffice.settings",
        **environment,
    )
    assert values == "['127.0.0.1:9000', 3, 5, 'gthread']"


def test_the_proxy_tells_its_own_word_and_keeps_slow_clients_off() -> None:
    handed_on = (DEPLOY / "nginx.proxy.conf").read_text()
    for line in (
        "proxy_set_header X-Forwarded-For $remote_addr;",
        "proxy_set_header X-Forwarded-Proto $scheme;",
        "proxy_request_buffering on;",
        "proxy_next_upstream off;",
    ):
        assert line in handed_on
    # Whatever is handed on is handed on that way.
    site = (DEPLOY / "nginx.conf").read_text()
    passes = site.count("proxy_pass http://backoffice;")
    assert passes == site.count("include /srv/backoffice/deploy/nginx.proxy.conf;") > 3

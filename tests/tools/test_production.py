"""`make run-production`: the files of deploy/ as this machine runs them."""

import argparse
import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tools.production import __main__ as production
from tools.production import nginx

PORTS = argparse.Namespace(port=8010, sandbox_port=8011, http_port=8012, https_port=8013)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(production, "FOLDER", tmp_path)
    return tmp_path


def variables(file: Path) -> dict[str, str]:
    return dict(re.findall(r"^([A-Z_]+)=(.*)$", file.read_text(), re.MULTILINE))


def test_each_variable_of_the_file_is_there_once_with_the_trials_values(folder: Path) -> None:
    site = production._site(PORTS, has_nginx=True)
    written = production._write_environment({**site, "DATABASE_URL": "postgres://x"})
    names = re.findall(r"^([A-Z_]+)=", written.read_text(), re.MULTILINE)
    assert len(names) == len(set(names))
    assert set(variables(ROOT / "deploy" / "backoffice.env")) < set(names)
    assert variables(written)["SITE_URL"] == "https://localhost:8013"
    assert variables(written)["BEHIND_PROXY"] == "True"
    assert variables(written)["ALLOW_STAND_IN"] == "True"
    assert written.stat().st_mode & 0o077 == 0


def test_without_nginx_nobody_is_said_to_stand_in_front(folder: Path) -> None:
    site = production._site(PORTS, has_nginx=False)
    assert (site["BEHIND_PROXY"], site["SITE_URL"]) == ("False", "http://127.0.0.1:8010")
    assert site["SECURE_SSL_REDIRECT"] == "False"
    assert set(production._commands(PORTS, 25, has_nginx=False)) == {
        *("gateway", "mail", "web", "worker"),
    }


def test_a_second_start_keeps_the_key(folder: Path) -> None:
    keys = {
        variables(production._write_environment({"DATABASE_URL": f"postgres://{number}"}))[
            "SECRET_KEY"
        ]
        for number in range(2)
    }
    assert len(keys) == 1
    assert len(keys.pop()) > 50


def test_what_ends_is_started_again(folder: Path) -> None:
    commands = production._commands(PORTS, 25, has_nginx=True)
    assert set(commands) == {"gateway", "mail", "web", "worker", "nginx"}
    for command in commands.values():
        assert re.search(r"while :; do .+; sleep 2; done$", command)


def test_webhooks_come_in_the_clear_and_through_nginx(folder: Path) -> None:
    gateway = production._commands(PORTS, 25, has_nginx=True)["gateway"]
    assert "--webhook-url http://localhost:8012/webhooks/iamport/" in gateway


def test_the_site_of_production_is_what_is_tried(folder: Path) -> None:
    main = nginx.write(folder, project=ROOT, port=8010, http_port=8012, https_port=8013)
    site = (folder / "site.conf").read_text()
    assert f"include {folder}/site.conf;" in main.read_text()
    for words in ("server 127.0.0.1:8010;", "listen 127.0.0.1:8013 ssl http2;", "localhost:8013$"):
        assert words in site
    assert "example.com" not in site
    assert "/srv/" not in site
    assert (folder / "key.pem").stat().st_mode & 0o077 == 0


def test_the_certificate_is_kept_while_it_is_good(folder: Path) -> None:
    ports = {"port": 8010, "http_port": 8012, "https_port": 8013}
    nginx.write(folder, project=ROOT, **ports)
    before = (folder / "certificate.pem").read_bytes()
    nginx.write(folder, project=ROOT, **ports)
    assert (folder / "certificate.pem").read_bytes() == before


def test_nginx_accepts_it(folder: Path) -> None:
    program = nginx.program()
    if program is None and os.environ.get("REQUIRE_NGINX") != "1":
        pytest.skip("no nginx here: apt-get install -y nginx")
    main = nginx.write(folder, project=ROOT, port=8010, http_port=8012, https_port=8013)
    assert program, "REQUIRE_NGINX=1, but there is no nginx: apt-get install -y nginx"
    done = subprocess.run(
        [program, "-t", "-c", str(main)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr

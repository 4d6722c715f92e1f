"""`python -m tools.production`: the shape of production on this machine, until Ctrl-C.

What `make run-production` starts: PostgreSQL with its two roles, gunicorn, a worker, nginx where it
is installed, all by the files in deploy/; in place of the gateway the stand-in, in place of a mail
server one that prints. What ends is started again, as systemd does. A second start keeps the data
(var/production). A process more is one more `add_process`.
"""

import argparse
import os
import re
import secrets
import shlex
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import psycopg
from honcho.manager import Manager

from tools.postgres import Cluster
from tools.processes import HOST, STOPPED, check_free, command_line, free_port
from tools.production import nginx

PROJECT = Path(__file__).resolve().parent.parent.parent
FOLDER = PROJECT / "var" / "production"
OWNER, ROLE, DATABASE = "backoffice_owner", "backoffice", "backoffice"


def main(words: Sequence[str] | None = None) -> int:
    """Checks first: nothing is half started. The database is stopped in good order at the end."""
    ports = _arguments(words)
    has_nginx = nginx.program() is not None
    for name, port in vars(ports).items():
        if has_nginx or name in {"port", "sandbox_port"}:
            check_free(port, name.upper(), target="run-production")
    FOLDER.mkdir(parents=True, exist_ok=True)
    cluster = Cluster(FOLDER / "postgres", port=free_port(), owner=OWNER)
    cluster.make()
    cluster.start()
    try:
        return _run(cluster, ports, has_nginx=has_nginx)
    finally:
        cluster.stop(mode="fast")


def _arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tools.production",
        description="Try production out on this machine. Ctrl-C stops everything.",
    )
    parser.add_argument("--port", type=int, default=8000, help="gunicorn's")
    parser.add_argument("--sandbox-port", type=int, default=8001)
    parser.add_argument("--http-port", type=int, default=8080, help="nginx's, in the clear")
    parser.add_argument("--https-port", type=int, default=8443, help="nginx's")
    return parser.parse_args(words)


def _run(cluster: Cluster, ports: argparse.Namespace, *, has_nginx: bool) -> int:
    """Set everything up, then all processes until Ctrl-C; the exit code."""
    mail_port = free_port()
    values = _site(ports, has_nginx=has_nginx) | {
        "DATABASE_URL": cluster.url(user=ROLE, database=DATABASE),
        "EMAIL_URL": f"smtp://{HOST}:{mail_port}",
    }
    environment = _environment(_write_environment(values))
    _set_up(cluster, environment)
    manager = Manager()
    for name, command in _commands(ports, mail_port, has_nginx=has_nginx).items():
        manager.add_process(name, command, env=environment, cwd=str(PROJECT))
    manager.loop()
    return 0 if manager.returncode in STOPPED else int(manager.returncode or 0)


# --- The environment -------------------------------------------------------------------------


def _site(ports: argparse.Namespace, *, has_nginx: bool) -> dict[str, str]:
    """What deploy/backoffice.env leaves open, or says for a site that others reach."""
    site = {
        "ALLOWED_HOSTS": f"{nginx.HOST},{HOST}",
        "WEB_BIND": f"{HOST}:{ports.port}",
        "IAMPORT_PG": "html5_inicis",
        "IAMPORT_PAY_METHODS": "card,trans,vbank,phone",
        "DEFAULT_FROM_EMAIL": "backoffice@localhost",
        "SHOP_NAME": "Devket",
        "ALLOW_STAND_IN": "True",
        "SANDBOX_PORT": str(ports.sandbox_port),
    }
    if has_nginx:
        url = f"https://{nginx.HOST}:{ports.https_port}"
        return site | {"SITE_URL": url, "CSRF_TRUSTED_ORIGINS": url}
    return site | {
        "SITE_URL": f"http://{HOST}:{ports.port}",
        "CSRF_TRUSTED_ORIGINS": "",
        "BEHIND_PROXY": "False",
        "TRUSTED_PROXIES": "",
        # Nobody speaks https here.
        "SECURE_SSL_REDIRECT": "False",
        "SECURE_COOKIES": "False",
        "SECURE_HSTS_SECONDS": "0",
    }


def _write_environment(values: Mapping[str, str]) -> Path:
    """deploy/backoffice.env with these values; the key is the one of the first start."""
    file = FOLDER / "backoffice.env"
    known = (
        re.search(r"^SECRET_KEY=(.+)$", file.read_text(), re.MULTILINE) if file.exists() else None
    )
    wanted = {"SECRET_KEY": known[1] if known else secrets.token_urlsafe(50), **values}
    lines = []
    for line in (PROJECT / "deploy" / "backoffice.env").read_text().splitlines():
        name = line.partition("=")[0]
        lines.append(f"{name}={wanted.pop(name)}" if name in wanted else line)
    lines += ["", "# --- A trial", *(f"{name}={value}" for name, value in wanted.items())]
    file.touch(mode=0o600)
    file.write_text("\n".join(lines) + "\n")
    return file


def _environment(file: Path) -> dict[str, str]:
    """Whoever starts it may say otherwise: STAFF_MFA_REQUIRED=False make run-production."""
    own = {"ENV_FILE": str(file), "DEBUG": "False", "PYTHONUNBUFFERED": "1"}
    return {**os.environ, **own}


# --- Database, static files ------------------------------------------------------------------


def _set_up(cluster: Cluster, environment: Mapping[str, str]) -> None:
    """Idempotent: what docs/operations.md has an operator do."""
    with psycopg.connect(cluster.url(), autocommit=True) as connection:
        _create(connection, "pg_roles WHERE rolname", ROLE, f"ROLE {ROLE} LOGIN")
        _create(connection, "pg_database WHERE datname", DATABASE, f"DATABASE {DATABASE}")
    owners = {**environment, "DATABASE_URL": cluster.url(database=DATABASE)}
    _manage(owners, "migrate", "--no-input", "-v", "0")
    roles = (PROJECT / "deploy" / "roles.sql").read_bytes()
    with psycopg.connect(owners["DATABASE_URL"], autocommit=True) as connection:
        connection.execute(roles)
    _manage(environment, "collectstatic", "--no-input", "-v", "0")


def _create(connection: psycopg.Connection, where: str, name: str, what: str) -> None:
    if not connection.execute(f"SELECT 1 FROM {where} = %s".encode(), [name]).fetchone():
        connection.execute(f"CREATE {what}".encode())


def _manage(environment: Mapping[str, str], *words: str) -> None:
    command = [sys.executable, "manage.py", *words]
    if subprocess.run(command, cwd=PROJECT, env=environment, check=False).returncode:
        raise SystemExit(f"manage.py {words[0]} failed; nothing was started.")


# --- Processes -------------------------------------------------------------------------------


def _commands(ports: argparse.Namespace, mail_port: int, *, has_nginx: bool) -> dict[str, str]:
    """By name: command lines for the shell."""
    webhook = f"http://{HOST}:{ports.port}/webhooks/iamport/"
    if has_nginx:
        # As a console that names http:// would have it: never redirected.
        webhook = f"http://{nginx.HOST}:{ports.http_port}/webhooks/iamport/"
    gunicorn = command_line("-m", "gunicorn", "-c", "deploy/gunicorn.conf.py", "backoffice.wsgi")
    sandbox = command_line(
        *("-m", "sandbox", "--port", str(ports.sandbox_port), "--webhook-url", webhook),
        *("--data", str(FOLDER / "sandbox.sqlite3")),
    )
    mails = ("-n", "--class", "tools.production.mails.Printed", "--listen", f"{HOST}:{mail_port}")
    seed = command_line("-m", "demo.seed")
    commands = {
        "gateway": _always(sandbox),
        "mail": _always(command_line("-m", "aiosmtpd", *mails)),
        # Known passwords, but nobody gets in before the people are there.
        "web": f"LOG_LEVEL=WARNING {seed} && {_always(gunicorn)}",
        "worker": _always(command_line("manage.py", "worker")),
    }
    if has_nginx:
        main = nginx.write(
            FOLDER / "nginx",
            project=PROJECT,
            port=ports.port,
            http_port=ports.http_port,
            https_port=ports.https_port,
        )
        commands["nginx"] = _always(shlex.join([nginx.program() or "nginx", "-c", str(main)]))
    return commands


def _always(command: str) -> str:
    """Whatever ends is started again two seconds later, as the units in deploy/ say."""
    return f"while :; do {command}; sleep 2; done"


if __name__ == "__main__":
    sys.exit(main())

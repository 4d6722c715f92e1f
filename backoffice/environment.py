"""The environment, read strictly: a typing error stops the start, it never switches something off.

`settings` reads every variable through `env` or one of these. To read another kind of value: a
function here that raises ImproperlyConfigured with the variable's name and what to write.
"""

import os
from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.FileAwareEnv()
if _env_file := os.environ.get("ENV_FILE", str(BASE_DIR / ".env")):
    env.read_env(_env_file)


def flag(name: str, *, default: bool) -> bool:
    """A strict yes or no."""
    text = str(env.str(name, default=str(default))).strip().lower()
    if text not in {"true", "false", "1", "0"}:
        raise ImproperlyConfigured(f"{name} is {text!r}: write True or False.")
    return text in {"true", "1"}


def flag_or_none(name: str) -> bool | None:
    """A strict yes or no that has no default: None while it is empty or missing."""
    return flag(name, default=False) if env.str(name, default="").strip() else None


def at_least(least: int, name: str, *, default: int) -> int:
    """A whole number that must not be less."""
    text = str(env.str(name, default=str(default))).strip()
    if not text.isascii() or not text.isdecimal() or int(text) < least:
        raise ImproperlyConfigured(f"{name} is {text!r}: write a whole number, at least {least}.")
    return int(text)

"""The product's settings for both sides of the comparison; the environment is `sides.ENVIRONMENT`.

As in the tests: nothing is collected, hashed for long or sent.
"""

import logging

from backoffice.settings import *  # noqa: F403
from backoffice.settings import STORAGES

STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
WHITENOISE_AUTOREFRESH = True
WHITENOISE_USE_FINDERS = True
# What was logged while the last request was answered.
logged: list[str] = []


class Noting(logging.Handler):
    """Keeps the name, or the sentence, of each event; the module that logged it may have moved."""

    def emit(self, record: logging.LogRecord) -> None:
        event = record.msg.get("event") if isinstance(record.msg, dict) else record.getMessage()
        logged.append(f"{record.levelname} {event}")


LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"noting": {"class": "screens.settings.Noting"}},
    "root": {"handlers": ["noting"], "level": "INFO"},
}

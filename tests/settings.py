"""The product's settings as the tests run them: production mode, a database of their own.

The environment is set here, before the settings read it, and a developer's .env is not read: a
test must not depend on the machine it runs on.
"""

import os

os.environ.update(
    {
        "ENV_FILE": "",
        "DEBUG": "False",
        "SECRET_KEY": "tests-only-" + "0123456789abcdef" * 4,
        "ALLOWED_HOSTS": "testserver,localhost,127.0.0.1",
        "SECURE_SSL_REDIRECT": "False",
        "SECURE_COOKIES": "False",
        "SECURE_HSTS_SECONDS": "0",
        "DATABASE_URL": os.environ.get("TEST_DATABASE_URL", "sqlite:///var/tests.sqlite3"),
        "IAMPORT_KEY": "",
        "IAMPORT_SECRET": "",
        "IAMPORT_API_URL": "",
        "IAMPORT_SDK_URL": "",
        "IAMPORT_ACCEPT_TEST_PAYMENTS": "False",
        "EMAIL_URL": "memorymail://",
        "CACHE_URL": "locmemcache://",
        # Most tests are about something else; tests/accounts/test_second_factor.py switches it on.
        "STAFF_MFA_REQUIRED": "False",
        "LOG_LEVEL": "WARNING",
    }
)

from backoffice.environment import BASE_DIR
from backoffice.settings import *  # noqa: F403
from backoffice.settings import DATABASES, STORAGES

if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # A file: threads of the live server must meet on one database, as they do in production. One of
    # this process, so that two runs of the suite don't.
    DATABASES["default"]["TEST"] = {"NAME": str(BASE_DIR / f"var/test-{os.getpid()}.sqlite3")}
# Threads of the live server let go of their connection after each request.
DATABASES["default"]["CONN_MAX_AGE"] = 0
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# Straight from the apps: tests collect no static files.
WHITENOISE_AUTOREFRESH = True
WHITENOISE_USE_FINDERS = True

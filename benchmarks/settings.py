"""The product as a web server runs it here: production mode, static files from the apps."""

from backoffice.settings import *  # noqa: F403 (settings are one namespace)
from backoffice.settings import STORAGES

SECURE_SSL_REDIRECT = False
WHITENOISE_AUTOREFRESH = True
WHITENOISE_USE_FINDERS = True
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}

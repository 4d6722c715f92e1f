"""The product as a web server runs it here, and the stock twin beside it, with Django's templates.

The twin has an engine of its own (`ENGINE`), which does not look into the product's `templates/`.
"""

from benchmarks.settings import *  # noqa: F403 (settings are one namespace)
from benchmarks.settings import INSTALLED_APPS, TEMPLATES
from benchmarks.stock import ENGINE

INSTALLED_APPS = [*INSTALLED_APPS, "benchmarks.stock.apps.StockConfig"]
ROOT_URLCONF = "benchmarks.stock.urls"
_context_processors = [
    "django.template.context_processors.request",
    "django.contrib.auth.context_processors.auth",
    "django.contrib.messages.context_processors.messages",
]
TEMPLATES = [
    *TEMPLATES,
    {
        "NAME": ENGINE,
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {"context_processors": _context_processors},
    },
]

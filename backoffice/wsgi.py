"""The WSGI application that gunicorn serves."""

import os

import django

from backoffice.readable_text import Application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backoffice.settings")
django.setup(set_prefix=False)
application = Application()

# Only now: models can be imported once Django is set up.
from payments import gateway  # noqa: E402

gateway.serve_pages()

"""The WSGI application that gunicorn serves; it doesn't load in a production that is unsafe."""

import os

import django

from backoffice.readable_text import Application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backoffice.settings")
django.setup(set_prefix=False)
application = Application()

# Only now: models can be imported once Django is set up.
from payments import gateway  # noqa: E402
from payments.management.start import refuse_if_unsafe  # noqa: E402

refuse_if_unsafe()
gateway.serve_pages()

"""The WSGI application that gunicorn serves."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backoffice.settings")
application = get_wsgi_application()

# Only now: models can be imported once Django is set up.
from payments import gateway  # noqa: E402

gateway.serve_pages()

"""The WSGI application that gunicorn serves."""

import os
from typing import Any

import django
from django.core.handlers.wsgi import WSGIHandler
from django.http.response import HttpResponseBase

from backoffice.readable_text import safe_content_type


class Application(WSGIHandler):
    """Django's, with a content type that it can take."""

    def __call__(self, environ: dict[str, Any], start_response: Any) -> HttpResponseBase:
        content_type = environ.get("CONTENT_TYPE", "")
        environ["CONTENT_TYPE"] = safe_content_type(content_type)
        return super().__call__(environ, start_response)


os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backoffice.settings")
django.setup(set_prefix=False)
application = Application()

# Only now: models can be imported once Django is set up.
from payments import gateway  # noqa: E402

gateway.serve_pages()

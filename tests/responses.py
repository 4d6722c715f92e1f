"""What Django's test client returns, under a name that can be imported.

django-stubs describes it as a class that does not exist at run time.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as ClientResponse
else:
    from django.http.response import HttpResponseBase as ClientResponse

__all__ = ["ClientResponse"]

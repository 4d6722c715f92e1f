"""See `backoffice.formats`."""

from backoffice.formats import DATETIME_FORMAT

__all__ = ["DATETIME_FORMAT"]

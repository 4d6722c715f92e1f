"""Which modules are about the database that the tests run on."""

from django.conf import settings

POSTGRESQL = settings.DATABASES["default"]["ENGINE"].endswith("postgresql")
_THERE_ALONE = ("plans", "indexes", "flat")
collect_ignore = [] if POSTGRESQL else [f"test_{what}_postgresql.py" for what in _THERE_ALONE]

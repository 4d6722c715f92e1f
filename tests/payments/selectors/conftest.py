"""Which modules are about the database that the tests run on."""

from django.conf import settings

POSTGRESQL = settings.DATABASES["default"]["ENGINE"].endswith("postgresql")
collect_ignore = [] if POSTGRESQL else ["test_plans_postgresql.py"]

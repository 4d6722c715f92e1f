"""The wiring of the project as Django apps: our admin site, and what runs after a migration."""

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig
from django.core.management import call_command
from django.db.backends.signals import connection_created
from django.db.models.signals import post_migrate


class BackofficeAdminConfig(AdminConfig):
    """Django's admin with our site in the place of the default one."""

    default_site = "backoffice.admin_site.BackofficeAdminSite"


class BackofficeConfig(AppConfig):
    """Configuration and wiring; nothing imports it."""

    name = "backoffice"

    def ready(self) -> None:
        from django.contrib import admin
        from django_tasks_db.models import DBTaskResult

        from accounts.roles import sync_roles
        from backoffice import checks, logs  # noqa: F401  (registers the checks)
        from payments.core.db.times import read_times_quickly

        logs.configure()
        connection_created.connect(read_times_quickly, dispatch_uid="times")
        # Tasks are shown on our own screen of background work.
        admin.site.unregister(DBTaskResult)
        post_migrate.connect(
            lambda **_: sync_roles(), sender=self, dispatch_uid="sync_roles", weak=False
        )
        # Where the cache is a table of the database; nothing anywhere else.
        post_migrate.connect(
            lambda using, **_: call_command("createcachetable", database=using, verbosity=0),
            sender=self,
            dispatch_uid="cache_table",
            weak=False,
        )

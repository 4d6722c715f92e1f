"""Who may do what, read in one query for each request instead of Django's two.

Django asks for a person's own permissions and for those of their groups apart. Every page of the
admin needs both, so both come together here; what is allowed is the same.
"""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import Permission

from .models import User
from .roles import granted_to


class OneQueryBackend(ModelBackend):
    """Django's own backend with one look at the permissions. Inactive people have none."""

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        """Labels ("app.codename") of all that this person may do; kept on the object."""
        if not isinstance(user_obj, User) or not user_obj.is_active or obj is not None:
            return set()
        # Django's own place for it, so that the next backend finds it too.
        if "_perm_cache" not in vars(user_obj):
            vars(user_obj)["_perm_cache"] = self._read(user_obj)
        kept: set[str] = vars(user_obj)["_perm_cache"]
        return kept

    def _read(self, person: User) -> set[str]:
        if not person.is_superuser:
            return granted_to(person)
        every = Permission.objects.values_list("content_type__app_label", "codename")
        return {f"{app}.{codename}" for app, codename in every.order_by()}

"""The saved views that a person reads: their own, by name."""

from django.contrib.auth.models import AbstractBaseUser

from payments.models import SavedView


def own_views(owner: AbstractBaseUser) -> list[SavedView]:
    """All of them: `services.saved_views` keeps them few."""
    return list(SavedView.objects.filter(owner_id=owner.pk).order_by("name"))

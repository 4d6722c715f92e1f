"""Who people are. Knows nothing of payments.

One user table for customers and staff, from the first migration on. To add a personal setting: a
field here, and what it does in `middleware.py`.
"""

from functools import cache
from typing import Any
from zoneinfo import available_timezones

from django.contrib.auth.models import AbstractUser
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Concat, Lower
from django.utils.translation import gettext_lazy as _

from payments.core.text import clean, composed

DEFAULT_TIME_ZONE = "Asia/Seoul"


@cache
def time_zone_names() -> frozenset[str]:
    """The IANA time zone database; to read it from the disk takes ten milliseconds."""
    return frozenset(available_timezones())


def validate_time_zone(value: str) -> None:
    """Raise ValidationError unless `value` is a name of the IANA time zone database."""
    if value not in time_zone_names():
        raise ValidationError(
            _("“%(value)s” is not a time zone. Choose a name such as Asia/Seoul."),
            code="time_zone",
            params={"value": value},
        )


class Language(models.TextChoices):
    """The languages that the product speaks."""

    KOREAN = "ko", _("Korean")
    ENGLISH = "en", _("English")


class User(AbstractUser):
    """A customer or a member of staff; what staff may do comes from their groups."""

    time_zone = models.CharField(
        _("time zone"),
        max_length=64,
        default=DEFAULT_TIME_ZONE,
        validators=[validate_time_zone],
        help_text=_("Times are shown in this zone. A day is always a day in Korea."),
    )
    language = models.CharField(
        _("language"), max_length=8, choices=Language, default=Language.KOREAN
    )

    class Meta(AbstractUser.Meta):
        verbose_name = _("person")  # type: ignore[assignment]
        verbose_name_plural = _("people")  # type: ignore[assignment]
        constraints = [
            # Two accounts for one e-mail is how money ends up with the wrong person.
            models.UniqueConstraint(
                Lower("email"),
                condition=~models.Q(email=""),
                name="user_email_unique",
                violation_error_message=_("Another account already uses this e-mail address."),
            )
        ]
        # A customer is looked for by the whole name, as it is written in Korea or in the West. For
        # parts of it and of the e-mail see `migrations/_people_search_index.py`.
        indexes = [
            models.Index(Lower(Concat("last_name", "first_name")), name="user_by_korean_name"),
            models.Index(
                Lower(Concat("first_name", models.Value(" "), "last_name")),
                name="user_by_western_name",
            ),
        ]

    def __str__(self) -> str:
        return self.email or self.username

    def save(self, *args: Any, **kwargs: Any) -> None:
        """With names spelt alike whatever computer or vendor they come from."""
        for name in ("username", "first_name", "last_name", "email"):
            setattr(self, name, clean(composed(getattr(self, name))))
        super().save(*args, **kwargs)

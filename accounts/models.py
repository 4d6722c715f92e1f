"""Who people are. Knows nothing of payments.

One user table for customers and staff, from the first migration on. Whatever changes an e-mail
address changes it through `User.save` or the queryset, and allauth's rows follow (`addresses`). To
add a personal setting: a field here, and what it does in `middleware.py`.
"""

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, ClassVar, Self
from zoneinfo import available_timezones

from django.contrib.auth.models import AbstractUser, UserManager
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models.functions import Concat, Lower
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from accounts import addresses
from payments.core.db.parts import Words
from payments.core.text import clean, composed

DEFAULT_TIME_ZONE = "Asia/Seoul"
_SESSION_SALT = "accounts.models.User.get_session_auth_hash"
# What `People.with_confirmation` leaves on a person.
_CONFIRMED = "email_row_is_confirmed"


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


class People(models.QuerySet["User"]):
    """People, many at once."""

    def with_confirmation(self) -> Self:
        """Each knows whether their address is confirmed, without a query of its own."""
        return self.annotate(**{_CONFIRMED: addresses.confirmed_row()})

    def with_search_words(self) -> Self:
        """Each with what people are looked for by, in the words of the indexes on them.

        A part is looked for by `payments.core.db.search.part_of`.
        """
        space = models.Value(" ")
        # 홍길동 is written without a space, Gildong Hong with one; either name may stand alone.
        parts = ("last_name", "first_name", space, "first_name", space, "last_name", space)
        return self.annotate(
            lower_email=Words("email", part="lower_email"),
            korean_name=Words(Concat("last_name", "first_name"), part="names"),
            western_name=Words(Concat("first_name", space, "last_name"), part="names"),
            names=Words(Concat(*parts, "username"), part="names"),
        )

    def update(self, **values: Any) -> int:
        """Django's own; where it gives new addresses, each person's rows follow.

        Raises ValidationError if one of them is somebody else's.
        """
        if "email" not in values:
            return super().update(**values)
        with transaction.atomic():
            before = dict(self.values_list("pk", "email"))
            changed = super().update(**values)
            for person in User.objects.filter(pk__in=before).order_by("pk"):
                addresses.refuse_taken(person)
                if person.email != addresses.normalized(person.email):
                    person.save(update_fields=["email"])
                person.settle_email(former=before[person.pk])
        return changed


class PeopleManager(UserManager["User"]):
    """Makes accounts."""

    use_in_migrations = False

    def get_queryset(self) -> People:
        return People(self.model, using=self._db)

    def create_superuser(self, *args: Any, **fields: Any) -> "User":
        """Whoever can run `createsuperuser` needs no mail to show that they are at home here."""
        person = super().create_superuser(*args, **fields)
        person.confirm_email()
        return person


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

    # Since when an address that somebody else gave the account holds. Part of what a session is
    # signed with: the sessions of before end, wherever they are kept.
    email_changed_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects: ClassVar[PeopleManager] = PeopleManager()

    class Meta(AbstractUser.Meta):
        verbose_name = _("person")  # type: ignore[assignment]
        verbose_name_plural = _("people")  # type: ignore[assignment]
        constraints = [
            # Two accounts for one e-mail is how money ends up with the wrong person.
            models.UniqueConstraint(
                Lower("email"),
                condition=~models.Q(email=""),
                name="user_email_unique",
                violation_error_message=addresses.TAKEN,
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
            # Staff, and who may not sign in, are a handful among customers.
            models.Index(
                models.F("id").desc(), condition=models.Q(is_staff=True), name="user_staff"
            ),
            models.Index(
                models.F("id").desc(), condition=models.Q(is_active=False), name="user_inactive"
            ),
        ]

    def __str__(self) -> str:
        return self.email or self.username

    def save(
        self,
        *args: Any,
        update_fields: Iterable[str] | None = None,
        **kwargs: Any,
    ) -> None:
        """With names spelt alike whatever computer or vendor they come from.

        A new address is the only one that the account has from now on. Raises ValidationError if it
        is somebody else's.
        """
        for name in ("username", "first_name", "last_name", "email"):
            setattr(self, name, clean(composed(getattr(self, name))))
        fields = None if update_fields is None else {*update_fields}
        if fields is not None and "email" not in fields:
            super().save(*args, update_fields=fields, **kwargs)
            return
        self.email = addresses.normalized(self.email)
        with transaction.atomic():
            former = self._stored_email()
            if former != self.email:
                addresses.refuse_taken(self)
            super().save(*args, update_fields=fields, **kwargs)
            if former is not None:
                self.settle_email(former=former)

    def _stored_email(self) -> str | None:
        """The address as the database has it; None for somebody new."""
        if self._state.adding:
            return None
        return User.objects.filter(pk=self.pk).values_list("email", flat=True).first()

    def settle_email(self, *, former: str) -> None:
        """Let everything follow the address that was saved just now in the place of `former`."""
        if self.email == addresses.normalized(former) or addresses.is_primary(self):
            return
        self.email_changed_at = timezone.now()
        User.objects.filter(pk=self.pk).update(email_changed_at=self.email_changed_at)
        addresses.follow(self, former=former)

    @property
    def has_confirmed_email(self) -> bool:
        """Whether the person has shown that mail to their address reaches them."""
        known = vars(self).get(_CONFIRMED)
        return addresses.is_confirmed(self, self.email) if known is None else bool(known)

    @classmethod
    def learn_confirmed(cls, people: Sequence["User"]) -> None:
        """Let each of them know it without a query of its own."""
        ids = {person.pk for person in people}
        known = addresses.confirmed_among(ids) if ids else set()
        for person in people:
            setattr(person, _CONFIRMED, person.pk in known)

    def confirm_email(self) -> None:
        """Their address is theirs: something else than a mail has proven it."""
        addresses.confirm(self)

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """Django's own until somebody else has changed the address; then of that moment, too."""
        signed = super()._get_session_auth_hash(secret=secret)  # type: ignore[misc]
        if self.email_changed_at is None:
            return str(signed)
        moment = f"{signed}{self.email_changed_at.timestamp()}"
        return salted_hmac(_SESSION_SALT, moment, secret=secret, algorithm="sha256").hexdigest()

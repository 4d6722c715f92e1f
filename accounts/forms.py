"""Forms about people: their own settings and passkeys, and what the admin needs to add somebody.

To let people change one more thing about themselves: a field in `SettingsForm.Meta.fields`.
"""

from typing import Any

from allauth.mfa.webauthn.forms import AddWebAuthnForm, EditWebAuthnForm
from allauth.utils import generate_unique_username
from django import forms
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.utils.translation import gettext_lazy as _

from accounts import addresses
from accounts.models import User, time_zone_names

# What makes somebody staff, or more than they were.
RIGHTS = ("is_staff", "is_superuser", "groups", "user_permissions")
UNCONFIRMED = _(
    "The e-mail address of this account is not confirmed yet, so nobody knows whose mailbox gets "
    "these rights. Let the person sign in and enter the code that is mailed to them; then give the "
    "rights here."
)
# Names such as Etc/GMT+9 (which is nine hours *behind*) mislead; they stay valid but unoffered.
_NOT_OFFERED = ("Etc/", "SystemV/", "US/", "posix/", "right/")


def offered_time_zones() -> list[str]:
    """The zone names to suggest: Area/City and UTC, Korea first."""
    cities = sorted(
        name for name in time_zone_names() if "/" in name and not name.startswith(_NOT_OFFERED)
    )
    cities.remove("Asia/Seoul")
    return ["Asia/Seoul", "UTC", *cities]


class SettingsForm(forms.ModelForm[User]):
    """What a person decides about how pages look to them."""

    class Meta:
        model = User
        fields = ["time_zone", "language"]
        widgets = {
            # A text box with suggestions is searched by typing; the model validates the name.
            "time_zone": forms.TextInput(
                attrs={
                    "list": "time-zones",
                    "autocomplete": "off",
                    "spellcheck": "false",
                    "autocapitalize": "off",
                }
            )
        }


class AddPersonForm(AdminUserCreationForm[User]):
    """The admin's form for a new account: an e-mail address is what people sign in with."""

    class Meta:
        model = User
        fields = ["email"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].required = True
        self.fields["email"].help_text = _("The address the person signs in with.")

    def clean_email(self) -> str:
        return _free_email(self.cleaned_data["email"], self.instance)

    def save(self, commit: bool = True) -> User:
        self.instance.username = generate_unique_username([self.cleaned_data["email"], "user"])
        return super().save(commit=commit)


class PersonForm(UserChangeForm[User]):
    """The admin's form for somebody who is there: no address of others, no rights on trust."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "email" in self.fields:
            self.fields["email"].help_text = _(
                "With another address the person is signed out everywhere, can no longer use the "
                "former one, and has to confirm the new one. Both addresses get a mail."
            )

    def clean_email(self) -> str:
        email = _free_email(self.cleaned_data["email"], self.instance)
        if not email and self.instance.is_staff and self.instance.email:
            raise forms.ValidationError(_("Staff need an e-mail address."), code="required")
        return email

    def clean(self) -> dict[str, Any]:
        """Rights go to people whose mailbox is known to be theirs."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        email = cleaned.get("email", self.instance.email)
        gained = [name for name in RIGHTS if self._gains(name)]
        if gained and not addresses.is_confirmed(self.instance, email):
            for name in gained:
                self.add_error(name, forms.ValidationError(UNCONFIRMED, code="unconfirmed"))
        return cleaned

    def _gains(self, name: str) -> bool:
        """Whether the form gives more of this right than the person has."""
        if name not in self.fields or name not in self.cleaned_data:
            return False
        given, held = self.cleaned_data[name], self.initial.get(name)
        if isinstance(given, bool):
            return given and not held
        return bool({right.pk for right in given} - {right.pk for right in held or ()})


def _free_email(email: str, person: User) -> str:
    """The address as it is kept. Raises ValidationError if it is somebody else's."""
    if addresses.is_taken(email, person=person):
        raise forms.ValidationError(addresses.TAKEN, code="unique")
    return addresses.normalized(email)


class AddPasskeyForm(AddWebAuthnForm):  # type: ignore[misc]
    """A new passkey: allauth's form with our own labels."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].label = _("Name")
        self.fields["name"].help_text = _("So that you can tell your passkeys apart.")
        self.fields["passwordless"].label = _("Sign in with it alone, without the password")
        self.fields["passwordless"].help_text = _(
            "Your device then asks for your fingerprint, face or PIN."
        )


class EditPasskeyForm(EditWebAuthnForm):  # type: ignore[misc]
    """Another name for a passkey."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].label = _("Name")

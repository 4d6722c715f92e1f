"""Forms about people: their own settings and passkeys, and what the admin needs to add somebody.

To let people change one more thing about themselves: a field in `SettingsForm.Meta.fields`.
"""

from typing import Any

from allauth.mfa.webauthn.forms import AddWebAuthnForm, EditWebAuthnForm
from allauth.utils import generate_unique_username
from django import forms
from django.contrib.auth.forms import AdminUserCreationForm
from django.utils.translation import gettext_lazy as _

from accounts.models import User, time_zone_names

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
        # allauth looks addresses up in lower case.
        return str(self.cleaned_data["email"]).lower()

    def save(self, commit: bool = True) -> User:
        self.instance.username = generate_unique_username([self.cleaned_data["email"], "user"])
        return super().save(commit=commit)


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

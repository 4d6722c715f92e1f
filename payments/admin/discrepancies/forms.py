"""The forms with which people resolve discrepancies. `version` is what the person saw."""

from typing import Any

from django import forms
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from payments.admin.shared.customer_field import CustomerField
from payments.admin.shared.personal_data import email
from payments.core.text import filled
from payments.models import ClosingReason
from payments.selectors.discrepancies import possible_owners
from payments.selectors.payments.customers import called
from payments.services.discrepancies.rows import MAX_TEXT, MIN_TEXT, TEXT_NEEDED

SUGGESTED, OTHER, NOBODY = "suggested", "other", "nobody"
# The system's own words, which nobody can say by hand.
_NOT_BY_HAND = {ClosingReason.AGREES, ClosingReason.TAKEN_IN}


class SeenForm(forms.Form):
    """Something that is done to a discrepancy as it was seen."""

    version: Any = forms.IntegerField(min_value=0, max_value=2**31 - 1, widget=forms.HiddenInput)


class TextForm(SeenForm):
    """Why, in a text that stays for good."""

    text = forms.CharField(
        label=_("What was found out"),
        min_length=MIN_TEXT,
        max_length=MAX_TEXT,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=filled(
            _("%(least)s to %(most)s characters. They stay with the discrepancy for good."),
            least=MIN_TEXT,
            most=MAX_TEXT,
        ),
        error_messages={"required": TEXT_NEEDED, "min_length": TEXT_NEEDED},
    )

    @property
    def arguments(self) -> dict[str, Any]:
        """What the service takes."""
        values = self.cleaned_data
        return {"text": values["text"], "expected_version": values["version"]}


class CloseForm(TextForm):
    """The same with a code for counting."""

    reason = forms.ChoiceField(
        label=_("reason"),
        choices=[
            ("", "---------"),
            *(choice for choice in ClosingReason.choices if choice[0] not in _NOT_BY_HAND),
        ],
        error_messages={"required": _("Choose a reason.")},
    )
    field_order = ("version", "reason", "text")

    @property
    def arguments(self) -> dict[str, Any]:
        return super().arguments | {"reason": ClosingReason(self.cleaned_data["reason"])}


class PersonField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """One of few people, each by name."""

    def label_from_instance(self, obj: Any) -> str:
        return called(obj, unmasked=True)


class OwnerForm(SeenForm):
    """To whom it is handed; nobody, where nobody is chosen."""

    owner: Any = PersonField(
        label=_("owner"),
        queryset=get_user_model().objects.none(),
        required=False,
        empty_label=_("Nobody"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Asked for each time: who may work on discrepancies changes.
        self.fields["owner"].queryset = possible_owners()  # type: ignore[attr-defined]


class OwnerOfAllForm(OwnerForm):
    """The same for all that are ticked, each of which has its own version."""

    version = None

    @property
    def arguments(self) -> dict[str, Any]:
        """What the service takes."""
        return {"owner": self.cleaned_data["owner"]}


class CloseAllForm(CloseForm):
    """One reason and one text for all that are ticked, each of which has its own version."""

    version = None

    @property
    def arguments(self) -> dict[str, Any]:
        values = self.cleaned_data
        return {"reason": ClosingReason(values["reason"]), "text": values["text"]}


class ImportForm(SeenForm):
    """Whose it is; there is no answer unless the person gives one."""

    whose = forms.ChoiceField(
        label=_("customer"),
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose whose payment it is, or that it is decided later.")},
    )
    customer: Any = CustomerField(label=_("Somebody else"), required=False)
    suggested: Any = forms.ModelChoiceField(
        queryset=get_user_model().objects.all(), required=False, widget=forms.HiddenInput
    )
    field_order = ("version", "suggested", "whose", "customer")

    def __init__(
        self, *args: Any, unmasked: bool, suggestion: tuple[Any, str] | None = None, **kwargs: Any
    ) -> None:
        """`suggestion` is a person and why it may be them."""
        super().__init__(*args, **kwargs)
        self.fields["customer"].show_to(unmasked=unmasked)  # type: ignore[attr-defined]
        choices: list[tuple[str, str | Promise]] = [
            (OTHER, _("Somebody else, chosen below")),
            (NOBODY, _("Nobody yet: to be decided later, on the payment's page")),
        ]
        if suggestion is not None or self.data.get(SUGGESTED):
            label = str(_("The customer that was suggested"))
            if suggestion is not None:
                person, ground = suggestion
                self.fields["suggested"].initial = person.pk
                label = f"{email(person, unmasked=unmasked)}: {ground}"
            choices.insert(0, (SUGGESTED, label))
        self.fields["whose"].choices = choices  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        whose = values.get("whose")
        if whose == OTHER and not values.get("customer") and "customer" not in self.errors:
            self.add_error("customer", _("Choose the customer, or leave it to be decided later."))
        if whose == SUGGESTED and not values.get("suggested"):
            self.add_error("whose", _("This suggestion no longer holds. Choose the customer."))
        return values

    @property
    def decided(self) -> AbstractBaseUser | None:
        """The customer, None if somebody decides later."""
        person: AbstractBaseUser | None = {
            SUGGESTED: self.cleaned_data["suggested"],
            OTHER: self.cleaned_data["customer"],
        }.get(self.cleaned_data["whose"])
        return person

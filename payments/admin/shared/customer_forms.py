"""The forms in which a person decides whose payment it is: when it is taken in, or later.

Customers are picked from a list that is searched, and named as the person who looks may see them.
"""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from payments.admin.discrepancies.forms import SeenForm
from payments.models import Payment
from payments.services.discrepancies.rows import MAX_TEXT, MIN_TEXT, TEXT_NEEDED

from .display import CustomerSelect
from .personal_data import email

SUGGESTED, OTHER, NOBODY = "suggested", "other", "nobody"


# What the search finds while personal data is hidden (`selectors.payments.search`).
SEARCH_HINT = gettext_lazy(
    "While personal data is masked, search by the first two letters of the e-mail, "
    "the whole e-mail or the whole name."
)


class _CustomerField(forms.ModelChoiceField):  # type: ignore[type-arg]
    unmasked = False

    def __init__(self, **kwargs: Any) -> None:
        select = CustomerSelect(Payment._meta.get_field("user"), admin.site)
        super().__init__(queryset=get_user_model().objects.all(), widget=select, **kwargs)

    def show_to(self, *, unmasked: bool) -> None:
        """Name people as this reader may see them, and say what they can be found by."""
        self.unmasked = unmasked
        self.help_text = "" if unmasked else SEARCH_HINT

    def label_from_instance(self, obj: Any) -> str:
        return email(obj, unmasked=self.unmasked)


class TakeInForm(SeenForm):
    """Whose it is; there is no answer unless the person gives one."""

    whose = forms.ChoiceField(
        label=gettext_lazy("customer"),
        widget=forms.RadioSelect,
        error_messages={
            "required": gettext_lazy("Choose whose payment it is, or that it is decided later.")
        },
    )
    customer: Any = _CustomerField(label=gettext_lazy("Somebody else"), required=False)
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
        choices = [
            (OTHER, _("Somebody else, chosen below")),
            (NOBODY, _("Nobody yet: to be decided later, on the payment's page")),
        ]
        if suggestion is not None or self.data.get(SUGGESTED):
            words = str(_("The customer that was suggested"))
            if suggestion is not None:
                person, ground = suggestion
                self.fields["suggested"].initial = person.pk
                words = f"{email(person, unmasked=unmasked)}: {ground}"
            choices.insert(0, (SUGGESTED, words))
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


class CustomerForm(forms.Form):
    """Whose it is, once and for good, and how one knows."""

    customer: Any = _CustomerField(
        label=gettext_lazy("customer"),
        error_messages={"required": gettext_lazy("Choose the customer.")},
    )
    note = forms.CharField(
        label=gettext_lazy("How do you know?"),
        min_length=MIN_TEXT,
        max_length=MAX_TEXT,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("5 to 500 characters. They stay in the payment's history for good."),
        error_messages={"required": TEXT_NEEDED, "min_length": TEXT_NEEDED},
    )

    def __init__(self, *args: Any, unmasked: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["customer"].show_to(unmasked=unmasked)  # type: ignore[attr-defined]

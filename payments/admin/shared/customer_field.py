"""Picking a customer in a form: a select that searches, its field, and how people are named in it.

Customers are named as the person who looks may see them.
"""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelect, get_select2_language
from django.contrib.auth import get_user_model
from django.urls import reverse
from django.utils.translation import gettext_lazy

from payments.core.text import whole_number
from payments.models import Payment

from .personal_data import email

# What the search finds while personal data is hidden (`selectors.payments.search`).
SEARCH_HINT = gettext_lazy(
    "While personal data is masked, search by the first two letters of the e-mail, "
    "the whole e-mail or the whole name."
)


class CustomerSelect(AutocompleteSelect):
    """Django's autocomplete, asking a URL that needs no right to see all accounts."""

    def get_url(self) -> str:
        return reverse("admin:payments_payment_customers")

    def optgroups(self, name: str, value: Any, attr: Any = None) -> Any:
        """The selected customer. Django's own would crash on an id that is none."""
        ids = [text for text in value if whole_number(text) is not None]
        return super().optgroups(name, ids or [""], attr)

    @property
    def i18n_name(self) -> str | None:
        """The language of the reader, not of the moment at which this class was imported."""
        return get_select2_language()

    @i18n_name.setter
    def i18n_name(self, name: str | None) -> None:
        pass


class CustomerField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """A customer, picked from a list that is searched."""

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

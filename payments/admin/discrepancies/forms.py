"""The forms with which people work off a discrepancy. `version` is what the person saw."""

from typing import Any

from django import forms
from django.contrib.auth import get_user_model
from django.utils.translation import gettext_lazy as _

from payments.admin.payments.forms import REASON_NEEDED
from payments.models import ClosingReason
from payments.selectors.discrepancies import workers
from payments.services.discrepancies.rows import MAX_TEXT, MIN_TEXT, TEXT_NEEDED

# The system's own words, which nobody can say by hand.
_NOT_BY_HAND = {ClosingReason.AGREES, ClosingReason.TAKEN_IN}


class SeenForm(forms.Form):
    """Something that is done to a discrepancy as it was seen."""

    version = forms.IntegerField(min_value=0, max_value=2**31 - 1, widget=forms.HiddenInput)


class TextForm(SeenForm):
    """Why, in words that stay for good."""

    text = forms.CharField(
        label=_("What was found out"),
        min_length=MIN_TEXT,
        max_length=MAX_TEXT,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("5 to 500 characters. They stay with the discrepancy for good."),
        error_messages={"required": TEXT_NEEDED, "min_length": TEXT_NEEDED},
    )

    @property
    def arguments(self) -> dict[str, Any]:
        """What the service takes."""
        said = self.cleaned_data
        return {"text": said["text"], "expected_version": said["version"]}


class CloseForm(TextForm):
    """The same with a code for counting."""

    reason = forms.ChoiceField(
        label=_("reason"),
        choices=[
            ("", "---------"),
            *((one.value, one.label) for one in ClosingReason if one not in _NOT_BY_HAND),
        ],
        error_messages={"required": REASON_NEEDED},
    )
    field_order = ("version", "reason", "text")

    @property
    def arguments(self) -> dict[str, Any]:
        return super().arguments | {"reason": ClosingReason(self.cleaned_data["reason"])}


class OwnerForm(SeenForm):
    """To whom it is handed; nobody, where nobody is chosen."""

    owner: Any = forms.ModelChoiceField(
        label=_("owner"),
        queryset=get_user_model().objects.none(),
        required=False,
        empty_label=_("Nobody"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Asked for each time: who may work on discrepancies changes.
        self.fields["owner"].queryset = workers()  # type: ignore[attr-defined]

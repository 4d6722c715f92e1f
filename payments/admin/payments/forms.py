"""The forms of the admin's own pages. To ask for one more thing, add a field and hand it on."""

from django import forms
from django.utils.translation import gettext_lazy as _

from payments.services.open_orders.mark_failed import MAX_NOTE
from payments.states import FailReason


class MarkFailedForm(forms.Form):
    """Why these payments are marked failed: a code for counting, words for the record."""

    reason = forms.ChoiceField(
        label=_("reason"),
        choices=[("", "---------"), *FailReason.choices],
        initial="",
        error_messages={"required": _("Choose a reason.")},
    )
    note = forms.CharField(
        label=_("explanation"),
        max_length=MAX_NOTE,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("At most 500 characters. It stays in the payment's history for good."),
        error_messages={"required": _("Say what speaks for it: the record keeps it.")},
    )


class WithoutAnswerForm(MarkFailedForm):
    """The second confirmation, while the gateway is silent: the same reason, and a clear yes."""

    reason = forms.ChoiceField(choices=FailReason.choices, widget=forms.HiddenInput)
    note = forms.CharField(max_length=MAX_NOTE, widget=forms.HiddenInput)
    confirmed = forms.BooleanField(
        label=_("The gateway does not answer. Mark failed all the same."),
        help_text=_("Your name and the missing answer are recorded with the reason."),
    )

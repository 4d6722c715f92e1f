"""What every page before an export asks: why the file is taken."""

from django import forms
from django.utils.translation import gettext_lazy

from payments.services.access_log import MAX_REASON, MIN_REASON


class ReasonForm(forms.Form):
    """Why something is exported."""

    reason = forms.CharField(
        label=gettext_lazy("reason"),
        min_length=MIN_REASON,
        max_length=MAX_REASON,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy(
            "What the file is for, such as “closing March, ticket 1234”. It is kept for good."
        ),
    )

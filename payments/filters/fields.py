"""The kinds of filters that a set is made of, and the form that checks them together.

A kind is a field of a form, which parses and refuses, and what it does to a queryset. To add one, a
class here.
"""

import re
from typing import Any

import django_filters
from django import forms
from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from payments.core.days import FIRST_DAY, last_day, validate_day
from payments.core.money import as_won
from payments.core.periods import Period
from payments.selectors.payments.customers import called

# How the gateway spells its codes: an open set, so one that we do not know is no mistake.
CODE = re.compile(r"[a-z0-9_]{1,20}")
ANY = "any"


class CommaCheckboxes(forms.CheckboxSelectMultiple):
    """Many values: repeated (?status=paid&status=failed) or with commas (?status=paid,failed)."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[str]:
        texts = super().value_from_datadict(data, files, name) or []
        values = [part.strip() for text in texts for part in text.split(",")]
        return list(dict.fromkeys(value for value in values if value))


class OpenCheckboxes(CommaCheckboxes):
    """The same for an open set: a selected value that is not a known one stays a choice."""

    def optgroups(self, name: str, value: Any, attrs: Any = None) -> Any:
        known = {code for code, _label in self.choices}
        self.choices = [*self.choices, *((code, code) for code in value if code not in known)]
        return super().optgroups(name, value, attrs)


class FilterForm(forms.Form):
    """The panels' form: checks that hold for several fields together."""

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        first, last = values.get("from"), values.get("to")
        if first and last and last < first:
            self.add_error("to", _("This day is before the first one."))
        least, most = values.get("amount_min"), values.get("amount_max")
        if least is not None and most is not None and most < least:
            self.add_error("amount_max", _("This amount is below the smallest one."))
        return values


def several(label: Any, choices: Any, **kwargs: Any) -> Any:
    """Any number of known values, ticked."""
    return django_filters.MultipleChoiceFilter(
        label=label, choices=choices, widget=CommaCheckboxes, distinct=False, **kwargs
    )


class _ReadTogether(django_filters.Filter):  # type: ignore[misc]
    """Says nothing alone: the set reads it together with others, as period and days."""

    def filter(self, qs: Any, value: Any) -> Any:
        return qs


class _Radios(forms.RadioSelect):
    """With nothing said, the first one holds, and shows."""

    def optgroups(self, name: str, value: Any, attrs: Any = None) -> Any:
        selection = [code for code in value if code] or [next(iter(self.choices))[0]]
        return super().optgroups(name, selection, attrs)


class OneOf(_ReadTogether):
    """One of a few; the first is what an empty URL means."""

    field_class = forms.ChoiceField

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=_Radios, **kwargs)


class RealOrTest(TextChoices):
    """Whether payments of a test channel show; no sum holds them but one of them alone."""

    BOTH = "", pgettext_lazy("test payments", "With test payments")
    REAL = "none", pgettext_lazy("test payments", "Without test payments")
    TESTS = "only", pgettext_lazy("test payments", "Test payments only")


class RealOrTestFilter(OneOf):
    """Real money or none, by the column that payments and movements both have."""

    def __init__(self) -> None:
        super().__init__(label=_("test payments"), choices=RealOrTest.choices)

    def filter(self, qs: Any, value: Any) -> Any:
        return qs.filter(is_test=value == RealOrTest.TESTS) if value else qs


class PeriodFilter(OneOf):
    """A stretch of Korean days by its name."""

    def __init__(self) -> None:
        any_time = ("", _("Any time, or the days below"))
        super().__init__(label=_("period"), choices=[any_time, *Period.choices])


class DayInput(forms.DateInput):
    """The browser's own calendar, within the days that may be named."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        # Asked for each time: the last day moves with today.
        limits = {"min": FIRST_DAY.isoformat(), "max": last_day().isoformat()}
        return super().get_context(name, value, {**limits, **(attrs or {})})


class DayField(forms.DateField):
    """A Korean day: 2026-04-01 and nothing else."""

    widget = DayInput
    default_validators = [validate_day]

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(input_formats=["%Y-%m-%d"], **kwargs)


class DayFilter(_ReadTogether):
    """A Korean day."""

    field_class = DayField


class WonField(forms.CharField):
    """Whole won: 10000 or 10,000."""

    widget = forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"})

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        try:
            return as_won(text) if text else None
        except ValueError:
            raise ValidationError(_("Write whole won, such as 10,000.")) from None


class WonFilter(django_filters.Filter):  # type: ignore[misc]
    """An amount and how to compare with it."""

    field_class = WonField


class CodesField(forms.MultipleChoiceField):
    """Codes of the gateway, known or not, but spelt like one."""

    def valid_value(self, value: Any) -> bool:
        return super().valid_value(value) or bool(CODE.fullmatch(str(value)))


class CodesFilter(django_filters.MultipleChoiceFilter):  # type: ignore[misc]
    """Any number of the gateway's codes."""

    field_class = CodesField

    def __init__(self, field_name: str, **kwargs: Any) -> None:
        super().__init__(field_name, widget=OpenCheckboxes, distinct=False, **kwargs)

    def is_noop(self, qs: Any, value: Any) -> bool:
        """Never: all known codes are not all codes."""
        return False


class CustomerField(django_filters.fields.ModelChoiceField):  # type: ignore[misc]
    """One customer, named as the person who looks may see them."""

    unmasked = False

    def label_from_instance(self, obj: AbstractBaseUser) -> str:
        return called(obj, unmasked=self.unmasked)


class CustomerFilter(django_filters.ModelChoiceFilter):  # type: ignore[misc]
    """One customer."""

    field_class = CustomerField

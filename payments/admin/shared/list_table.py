"""The table of a list: columns and links are looked up once for a page, not once for each row.

`list_display` (and a subclass's `get_list_display`), `list_display_links`, sorting, actions and
empty values mean what they mean in Django. How cells look is written in the list's template of
rows, which is found as Django finds templates: admin/<app>/<model>/rows.html, else admin/rows.html.
A column without a `{% cell %}` there is shown by its function or field, so one that somebody adds
needs no template.
"""

from collections.abc import Callable
from datetime import date, time
from functools import cached_property
from typing import Any

from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import ModelAdmin
from django.contrib.admin.templatetags.admin_list import result_headers
from django.contrib.admin.templatetags.admin_urls import add_preserved_filters
from django.contrib.admin.utils import display_for_field, display_for_value, lookup_field, quote
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import FieldDoesNotExist, ObjectDoesNotExist
from django.db.models import DateField, ForeignKey, ManyToOneRel, Model, TimeField
from django.urls import NoReverseMatch, reverse
from django.utils.html import conditional_escape, escape, format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext

BOX = "action_checkbox"
# Stands in an address where the key of a row will.
_KEY = "__row__"
_UNBROKEN = (DateField, TimeField, ForeignKey)


def rows_templates(opts: Any) -> tuple[str, ...]:
    """Where the template of the rows of a model's list may be, as Django looks for templates."""
    places = (f"{opts.app_label}/{opts.model_name}/", f"{opts.app_label}/", "")
    return tuple(f"admin/{place}rows.html" for place in places)


def tick_box(row: Model) -> SafeString:
    """The box that ticks a row for an action: what Django's form widget draws, as a literal."""
    return format_html(
        '<input type="checkbox" name="{}" value="{}" class="action-select" aria-label="{}">',
        ACTION_CHECKBOX_NAME,
        row.pk,
        gettext("Select this object for an action - {}").format(row),
    )


class Column:
    """One column of a page: the frame of its cells, and what stands in one without a template."""

    def __init__(self, model_admin: ModelAdmin[Any], source: Any, number: int, link: str) -> None:
        self.name = source if isinstance(source, str) else _name_of(source, number)
        self._model_admin, self._source = model_admin, source
        # "th" for the first column that leads to the row's page, "td" for others, "" for no link.
        self.is_link, self._tag = bool(link), link or "td"
        self._class = "action-checkbox" if source == BOX else f"field-{self.name}"
        self._begin, self._end = self._frame(self._class)
        self._function = self._own_function()

    def cell(self, inner: str, url: str = "") -> str:
        """The whole cell around what stands in it, which is HTML; with an address, a link."""
        linked = f'<a href="{url}">{inner}</a>' if url else inner
        return f"{self._begin}{linked}{self._end}"

    def shown(self, row: Any, url: str = "") -> str:
        """The whole cell by the column's function or field."""
        if text := self._text(row):
            return self.cell(conditional_escape(text), url)
        inner, is_unbroken = self._as_in_django(row)
        begin = self._frame(f"{self._class} nowrap")[0] if is_unbroken else self._begin
        return self.cell(conditional_escape(inner), url).replace(self._begin, begin, 1)

    def _text(self, row: Any) -> str:
        """What the screen's own function says of the row, "" where Django has to look closer."""
        try:
            value = self._function(row) if self._function else ""
        except ObjectDoesNotExist:
            return ""
        return value if isinstance(value, str) and value.strip() else ""

    def _frame(self, names: str) -> tuple[str, str]:
        return f'<{self._tag} class="{names}">', f"</{self._tag}>"

    def _own_function(self) -> Callable[[Any], Any] | None:
        """The screen's own function for the column, if it has one that says it all."""
        if self._source == BOX and _is_djangos(self._model_admin):
            return tick_box
        if self._source == "__str__":  # of the row, though every screen has one of its own
            return str
        if not isinstance(self._source, str) or _is_field(self._model_admin, self._source):
            return None
        function = getattr(self._model_admin, self._source, None)
        return None if getattr(function, "boolean", False) else function

    def _as_in_django(self, row: Any) -> tuple[Any, bool]:
        """A value of any kind as Django's list shows it, and whether it must not be broken."""
        empty = self._model_admin.get_empty_value_display()
        try:
            field, attribute, value = lookup_field(self._source, row, self._model_admin)
        except ObjectDoesNotExist:
            return empty, False
        empty = getattr(attribute, "empty_value_display", empty)
        value = "" if isinstance(value, str) and not value.strip() else value
        if field is None or field.auto_created:
            source = attribute.fget if isinstance(attribute, property) else attribute
            is_boolean = getattr(source, "boolean", False)
            return display_for_value(value, empty, is_boolean), isinstance(value, (date, time))
        if isinstance(field.remote_field, ManyToOneRel):
            related = getattr(row, field.name)
            shown = empty if related is None else related
        else:
            shown = display_for_field(value, field, empty, avoid_link=self.is_link)
        return shown, isinstance(field, _UNBROKEN)


class Table:
    """A page of a list, for its templates."""

    def __init__(self, changelist: ChangeList, rows: Any = None) -> None:
        self._changelist = changelist
        self.rows = changelist.result_list if rows is None else rows
        self.columns = _columns(changelist)
        self.url = _addresses(changelist)

    @cached_property
    def headers(self) -> list[dict[str, Any]]:
        """Django's own: words and links by which the list is sorted."""
        return list(result_headers(self._changelist))

    @property
    def sorted_by(self) -> int:
        """How many columns it is sorted by."""
        return sum(header["sortable"] and header["sorted"] for header in self.headers)

    @property
    def rows_template(self) -> tuple[str, ...]:
        """Where the template of rows may be."""
        return rows_templates(self._changelist.opts)


def _columns(changelist: ChangeList) -> list[Column]:
    columns: list[Column] = []
    links = changelist.list_display_links
    for number, source in enumerate(changelist.list_display):
        has_link = any(column.is_link for column in columns)
        is_link = links is not None and (source in links if links else not has_link)
        tag = ("td" if has_link else "th") if is_link else ""
        columns.append(Column(changelist.model_admin, source, number, tag))
    return columns


def _addresses(changelist: ChangeList) -> Callable[[Any], str]:
    """Where a row's page is, ready for an attribute, with the way back to the list as it is.

    Reversed once for the page, unless the list says itself where its rows lead.
    """
    context: Any = {"opts": changelist.opts, "preserved_filters": changelist.preserved_filters}
    if type(changelist).url_for_result is not ChangeList.url_for_result:
        return lambda row: escape(add_preserved_filters(context, changelist.url_for_result(row)))
    opts, site = changelist.opts, changelist.model_admin.admin_site
    name = f"admin:{opts.app_label}_{opts.model_name}_change"
    try:
        url = reverse(name, args=(_KEY,), current_app=site.name)
    except NoReverseMatch:
        return lambda row: ""
    before, _key, after = escape(add_preserved_filters(context, url)).partition(_KEY)
    return lambda row: f"{before}{escape(quote(row.pk))}{after}"


def _name_of(function: Callable[[Any], Any], number: int) -> str:
    """As Django calls a column that is a function."""
    return f"lambda{number}" if function.__name__ == "<lambda>" else function.__name__


def _is_field(model_admin: ModelAdmin[Any], name: str) -> bool:
    try:
        model_admin.opts.get_field(name)
    except FieldDoesNotExist:
        return False
    return True


def _is_djangos(model_admin: ModelAdmin[Any]) -> bool:
    return type(model_admin).action_checkbox is ModelAdmin.action_checkbox

"""The column beside every staff page: where a person may go, in groups.

Made from Django's own list of apps, so rights are Django's business. To place a screen, add its
model to `_PLACES`; one without a place stands under its app's name. Below the payments stand the
filters that the person saved.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

Title = str | Promise

# Group and icon of each screen, in the order in which they stand; icons are in icons.svg.
_PLACES: dict[str, tuple[Title, str]] = {
    "payments.Payment": (gettext_lazy("Payments"), "payments"),
    "payments.Movement": (gettext_lazy("Payments"), "movements"),
    "payments.VerificationRun": (gettext_lazy("Payments"), "runs"),
    "payments.WebhookDelivery": (gettext_lazy("Payments"), "inbox"),
    "payments.Discrepancy": (gettext_lazy("Reconciliation"), "differences"),
    "payments.ReconciliationRun": (gettext_lazy("Reconciliation"), "reconcile"),
    "payments.DailyClose": (gettext_lazy("Reconciliation"), "close"),
    "payments.Product": (pgettext_lazy("navigation", "Shop"), "products"),
    "accounts.User": (gettext_lazy("People and rights"), "people"),
    "auth.Group": (gettext_lazy("People and rights"), "roles"),
    "payments.PersonalDataAccess": (gettext_lazy("People and rights"), "record"),
    "payments.Worker": (pgettext_lazy("navigation", "System"), "work"),
}


# The screen whose filters can be saved.
_WITH_VIEWS = "payments.Payment"


class View(Protocol):
    """A saved filter as a place to go."""

    @property
    def label(self) -> str: ...
    @property
    def href(self) -> str: ...
    @property
    def is_current(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Item:
    """One place to go; `state` is the value of `aria-current`, "" elsewhere."""

    label: str
    url: str
    icon: str
    state: str
    views: list[View] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Section:
    """Places under one heading; "" for none."""

    title: str
    items: list[Item] = field(default_factory=list)


def navigation(
    apps: Iterable[Mapping[str, Any]], path: str, views: Iterable[View] = ()
) -> list[Section]:
    """The sections for somebody who may see `apps`, has saved `views`, and is at `path`."""
    index = reverse("admin:index")
    first = Section("", [Item(_("Dashboard"), index, "home", "page" if path == index else "")])
    sections: dict[str, Section] = {}
    saved = list(views)
    for app in apps:
        for model in app["models"]:
            _place(sections, app, model, path, saved)
    return [first, *sorted(sections.values(), key=_rank)]


def _place(
    sections: dict[str, Section],
    app: Mapping[str, Any],
    model: Mapping[str, Any],
    path: str,
    views: list[View],
) -> None:
    url = model["admin_url"]
    if not url:  # may add, but not look
        return
    label = f"{app['app_label']}.{model['object_name']}"
    title, icon = _PLACES.get(label, (app["name"], "record"))
    section = sections.setdefault(str(title), Section(str(title)))
    own = views if label == _WITH_VIEWS else []
    # A page has one place: with a saved view open, the list is only above it.
    state = "true" if any(view.is_current for view in own) else _state(url, path)
    section.items.append(Item(capfirst(str(model["name"])), url, icon, state, own))
    section.items.sort(key=_item_rank)


def _state(url: str, path: str) -> str:
    """This page itself, or a page below it."""
    if path == url:
        return "page"
    return "true" if path.startswith(url) else ""


def _rank(section: Section) -> int:
    titles = [str(title) for title, _icon in _PLACES.values()]
    return titles.index(section.title) if section.title in titles else len(titles)


def _item_rank(item: Item) -> int:
    icons = [icon for _title, icon in _PLACES.values()]
    return icons.index(item.icon)

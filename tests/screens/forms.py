"""The forms of a page, read out of its HTML, and ways to fill them in.

To send forms in another way as well, add a line to `ways`.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser

Data = dict[str, list[str]]

_FORM = re.compile(r"<form\b.*?</form>", re.DOTALL)
TOKEN = "csrfmiddlewaretoken"
TICKED = "_selected_action"
# What a person would write, by the name of the field; anything else gets `_WORDS`.
_ANSWERS = {
    "reason": "Closing March, ticket 1234",
    "email": "somebody.new@example.com",
    "login": "minji.kim@example.com",
    "slug": "a-new-product",
    "price": "12000",
    "day": "2026-04-14",
    "first_day": "2026-04-01",
    "last_day": "2026-04-02",
    "password1": "a long sentence of 4 words",
    "password2": "a long sentence of 4 words",
    "time_zone": "Europe/Berlin",
}
_WORDS = "The customer called, ticket 1234"
_TOO_LONG = "가나다라" * 500
_TYPED = frozenset({"text", "textarea", "email", "password", "number", "date", "tel", "search"})
_ANSWERED = _TYPED | {"select", "radio", "checkbox"}


@dataclass(slots=True)
class Field:
    """One named control. `values` is what it sends as the page stands; `offers` what it could."""

    name: str
    kind: str
    values: list[str] = field(default_factory=list)
    offers: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Form:
    """A form: where it is sent ("" is its own page), its fields by name, its named buttons."""

    action: str = ""
    method: str = "get"
    fields: dict[str, Field] = field(default_factory=dict)
    buttons: list[tuple[str, str]] = field(default_factory=list)

    @property
    def data(self) -> Data:
        """What is sent when nobody touches anything."""
        controls = self.fields.values()
        return {control.name: list(control.values) for control in controls if control.values}

    def named(self, kinds: Collection[str]) -> list[str]:
        """The names of its fields of these kinds."""
        return [control.name for control in self.fields.values() if control.kind in kinds]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.form = Form()
        self._select: Field | None = None
        self._textarea: Field | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.form.action = given.get("action", "")
            self.form.method = given.get("method", "get").lower()
        elif tag == "option" and self._select is not None:
            self._select.offers.append(given.get("value", ""))
            if "selected" in given:
                self._select.values.append(given.get("value", ""))
        elif given.get("name") and "disabled" not in given:
            self._control(tag, given)

    def _control(self, tag: str, given: Mapping[str, str]) -> None:
        name, value = given["name"], given.get("value", "")
        kind = given.get("type", "text") if tag == "input" else tag
        if tag == "button" or kind in {"submit", "image"}:
            self.form.buttons.append((name, value))
            return
        control = self.form.fields.setdefault(name, Field(name, kind))
        if tag == "select":
            self._select = control
        elif tag == "textarea":
            self._textarea = control
        elif kind in {"checkbox", "radio"}:
            control.offers.append(value or "on")
            control.values += [value or "on"] if "checked" in given else []
        else:
            control.values.append(value)

    def handle_data(self, data: str) -> None:
        if self._textarea is not None:
            before = self._textarea.values.pop() if self._textarea.values else ""
            self._textarea.values.append(before + data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "select" and self._select is not None:
            # A list of one choice sends its first line where none is marked.
            if not self._select.values and self._select.offers:
                self._select.values.append(self._select.offers[0])
            self._select = None
        elif tag == "textarea":
            self._textarea = None


def forms_in(html: str) -> Iterator[tuple[str, Form]]:
    """(its HTML, the form) of each form that is posted."""
    for match in _FORM.finditer(html):
        reader = _Reader()
        reader.feed(match[0])
        if reader.form.method == "post":
            yield match[0], reader.form


def ways(form: Form) -> Iterator[tuple[str, Data]]:
    """(what was done, what is then sent): untouched, emptied, too long, filled, each button."""
    yield "untouched", form.data
    if form.named(_ANSWERED):
        yield "emptied", {name: [""] for name in form.named({"hidden"})}
        yield "too long", form.data | {name: [_TOO_LONG] for name in form.named(_TYPED)}
    buttons = dict.fromkeys([*form.buttons[:4]]) or {("", ""): None}
    for name, value in buttons:
        yield f"filled {name}={value}", filled(form) | ({name: [value]} if name else {})
    if "action" in form.fields:
        rows = form.fields[TICKED].offers[:3] if TICKED in form.fields else []
        for action in form.fields["action"].offers:
            yield f"action {action}", form.data | {"action": [action], TICKED: rows}


def filled(form: Form) -> Data:
    """As somebody sends it who answers everything: the last choice of each list, every tick."""
    typed = {name: [_ANSWERS.get(name, _WORDS)] for name in form.named(_TYPED)}
    data = form.data | typed
    for control in form.fields.values():
        if control.offers:
            is_tick = control.kind == "checkbox"
            data[control.name] = control.offers if is_tick else control.offers[-1:]
    return data

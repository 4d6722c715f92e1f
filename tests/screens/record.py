"""Records one side: what each viewer gets from the checkout that this runs in.

Each answer is a file FOLDER/<viewer>/<request>.txt. FOLDER/reached.json says which URLs answered
what, and which templates were drawn.
"""

import hashlib
import json
import re
import shutil
from collections import Counter
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urljoin

from django.conf import settings
from django.contrib import admin
from django.db import connection
from django.template import Template

from . import sides
from .browser import Browser
from .cases import Call, posts, refused, sent
from .forms import TOKEN, Form, forms_in, ways
from .plan import Route, routes, urls
from .queries import queries
from .sides import BOOK, say
from .still import held_still
from .viewers import VIEWERS, Viewer

# URLs that htmx asks for: each of their queries is asked for in its way, too.
_PARTIAL = ("_progress", "_results", "_totals", "_filters")
_HTMX = {"HX-Request": "true"}
_LINK = re.compile(r'\b(href|hx-get)="([^"#]*)')
# Of forms with the same fields to the same kind of URL, so many are sent.
_ALIKE = 3
# A list shows so many rows: a hundred of them say no more, and take most of the time.
ROWS = 25
_NUMBER = re.compile(r"\d+")


def planned(every: list[Route], *, step: int) -> Iterator[Call]:
    """Every page that is simply opened, as a whole or as a part."""
    for route in every:
        plain = urls(route)
        narrowed = list(queries(route, step=step))
        yield from map(Call, (*plain, *narrowed))
        for url in narrowed if route.name.endswith(_PARTIAL) else plain[:1]:
            yield Call(url, what="htmx", headers=_HTMX)


def pressed(every: list[Route]) -> Iterator[Call]:
    """Posts that no form of a page makes: empty ones to every URL, bodies of scripts."""
    for route in every:
        for url in urls(route)[:2]:
            yield Call(url, "POST", what="empty")
        yield from posts(route)
    yield from sent()
    yield from refused()


class Recorder:
    """All that one viewer sees."""

    def __init__(self, viewer: Viewer, folder: Path, gateway: str) -> None:
        self.browser = Browser(viewer, gateway)
        self.number = 0
        self._viewer, self._folder = viewer, folder / str(viewer)
        self._folder.mkdir(parents=True)
        self._links: dict[str, Call] = {}
        self._sent: dict[str, Call] = {}
        self._seen: set[str] = set()
        self._alike: Counter[tuple[str, ...]] = Counter()

    def everything(self, every: list[Route]) -> None:
        """Open, follow links to other views of a page, send forms, press."""
        for call in planned(every, step=self._viewer.queries):
            self._visit(call, is_read=True)
        more = pressed(every) if self._viewer.sends else ()
        for call in (*self._links.values(), *self._sent.values(), *more):
            self._visit(call)

    def _visit(self, call: Call, *, is_read: bool = False) -> None:
        if str(call) in self._seen or not call.url.startswith(self._viewer.only):
            return
        self._seen.add(str(call))
        text, html = self.browser.visit(call)
        (self._folder / _file_name(call)).write_text(text, encoding="utf-8")
        self.number += 1
        if is_read and html:
            self._read(call.url, html)

    def _read(self, url: str, html: str) -> None:
        for kind, link in _LINK.findall(html) if self._viewer.follows else ():
            target = urljoin(url, unescape(link))
            if "?" in target and target.startswith("/") and not target.startswith("/static/"):
                self._follow(target, kind)
        for source, form in forms_in(html) if self._viewer.sends else ():
            self._send(urljoin(url, unescape(form.action)), form, source)

    def _follow(self, url: str, kind: str) -> None:
        path, _mark, query = url.partition("?")
        if self._is_one_more(path, *sorted(dict(parse_qsl(query)))):
            is_part = kind == "hx-get"
            call = Call(url, what="htmx", headers=_HTMX) if is_part else Call(url)
            self._links.setdefault(str(call), call)

    def _send(self, url: str, form: Form, source: str) -> None:
        if source in self._seen or not self._is_one_more(url.partition("?")[0], *form.fields):
            return
        self._seen.add(source)
        for how, data in ways(form):
            data.pop(TOKEN, None)
            body = urlencode(data, doseq=True)
            what = f"{how} ({', '.join(form.fields)}) {_digest(body)}"
            call = Call(url, "POST", body, what=what)
            self._sent.setdefault(f"{url} {body}", call)

    def _is_one_more(self, path: str, *names: str) -> bool:
        """Whether too few were like it: to a URL of this kind, with these parameters or fields."""
        alike = (_NUMBER.sub("0", path), *names)
        self._alike[alike] += 1
        return self._alike[alike] <= _ALIKE


def _file_name(call: Call) -> str:
    words = re.sub(r"[^\w.=&-]+", "_", str(call))[:100]
    return f"{words}.{_digest(str(call))}.txt"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def note_templates() -> set[str]:
    """The names of all templates that are drawn from now on."""
    names: set[str] = set()
    template: Any = Template
    render = template._render

    def noted(self: Any, context: Any) -> Any:
        names.add(str(self.name))
        return render(self, context)

    template._render = noted
    return names


def main(target: str, code: str, data: str, *names: str) -> None:
    """Record into `target` what the viewers of these names see; without any, all of them.

    `code` is the checkout whose stand-in gateway answers, `data` has the filled database and the
    gateway's data: each viewer gets fresh copies, so that none sees what another has done.
    """
    folder, database = Path(target), Path(settings.DATABASES["default"]["NAME"])
    screens: list[Any] = list(admin.site._registry.values())
    for screen in screens:
        screen.list_per_page = min(screen.list_per_page, ROWS)
    templates, reached = note_templates(), Counter[tuple[str, str]]()
    with held_still():
        every = routes()
        for viewer in filter(lambda viewer: not names or str(viewer) in names, VIEWERS):
            connection.close()
            for left_over in database.parent.glob(f"{database.name}*"):
                left_over.unlink()
            shutil.copy(Path(data) / BOOK, database)
            gateway = Path(data), database.parent, Path(code)
            with sides.answering(viewer.is_answered, *gateway) as url:
                recorder = Recorder(viewer, folder, url)
                recorder.everything(every)
            reached += recorder.browser.reached
            say(f"{viewer!s:24}{recorder.number:>6,} answers")
    facts = {
        "names": sorted({route.name for route in every}),
        "reached": [[name, status, number] for (name, status), number in sorted(reached.items())],
        "templates": sorted(templates),
    }
    (folder / "reached.json").write_text(json.dumps(facts, indent=1))

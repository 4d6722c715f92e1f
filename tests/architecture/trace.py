"""Which rooms of the product a value enters while something really runs, and through which doors.

A room is a module; a package of which others see the face alone (`layers.FACES`) is one, and so is
the gateway's client.
What only holds or names things (models, core, states, errors, conf, a question and its reply) is
furniture, not a room, and middleware is the corridor. A value enters a room when a function there
is called with it, in a text, a container or an object of ours. An object that calls its own methods
does not leave the room, wherever its class keeps them.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

from django.http import QueryDict

from tests.architecture import layers
from tests.architecture.code import ROOT

OURS = ("payments", "accounts", "backoffice")
PRODUCT = tuple(f"{ROOT}/{package}/" for package in OURS)
FACES = ("payments/iamport", *(face.replace(".", "/") for face in layers.FACES))
FURNITURE = (
    "payments/models/",
    "payments/core/",
    "payments/states.py",
    "payments/errors.py",
    "payments/conf.py",
    "payments/services/verification/question.py",
    "accounts/middleware.py",
    "accounts/second_factor.py",
    "backoffice/logs.py",
)
OUTSIDE = "outside"
# How deep in objects and containers a value is looked for.
DEPTH = 5


@dataclass
class Route:
    """Rooms in the order in which they were entered, each with the rooms that called into it."""

    doors: dict[str, set[str]] = field(default_factory=dict)

    @property
    def rooms(self) -> list[str]:
        """Each once."""
        return list(self.doors)

    @property
    def entered_twice(self) -> dict[str, set[str]]:
        """Rooms that more than one other room calls into."""
        return {room: doors for room, doors in self.doors.items() if len(doors) > 1}

    def __str__(self) -> str:
        lines = (f"{room}  <- {', '.join(sorted(doors))}" for room, doors in self.doors.items())
        return "\n".join(lines)


@contextmanager
def traced(value: str, *, until: str = "") -> Iterator[Route]:
    """Follow `value` until the block ends, or until the function `until` is called."""
    route, has_arrived = Route(), False

    def on_event(frame: FrameType, event: str, argument: object) -> None:
        nonlocal has_arrived
        room = room_of(frame) if event == "call" and not has_arrived else None
        if room is None or not _is_carried(frame, value):
            return
        caller = _caller(frame)
        if caller is not None and caller != room:
            route.doors.setdefault(room, set()).add(caller)
        has_arrived = frame.f_code.co_name == until

    sys.setprofile(on_event)
    try:
        yield route
    finally:
        sys.setprofile(None)


def room_of(frame: FrameType) -> str | None:
    """The room in which a frame runs, None outside the product and for furniture."""
    file = frame.f_code.co_filename
    if not file.startswith(PRODUCT):
        return None
    path = file.removeprefix(f"{ROOT}/")
    if path.startswith(FURNITURE):
        return None
    return next((face for face in FACES if path.startswith(f"{face}/")), path)


def _caller(frame: FrameType) -> str | None:
    """The nearest room on the way here, None for an object that calls itself.

    Django and furniture are passed through.
    """
    me, before = frame.f_locals.get("self"), frame.f_back
    while before is not None:
        if (room := room_of(before)) is not None:
            is_itself = me is not None and before.f_locals.get("self") is me
            return None if is_itself else room
        before = before.f_back
    return OUTSIDE


def _is_carried(frame: FrameType, value: str) -> bool:
    code = frame.f_code
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    return any(_holds(frame.f_locals.get(name), value, DEPTH) for name in names)


def _holds(thing: Any, value: str, depth: int) -> bool:
    if isinstance(thing, str):
        return value in thing
    if isinstance(thing, bytes):
        return value.encode() in thing
    return depth > 0 and any(_holds(part, value, depth - 1) for part in _parts(thing))


def _parts(thing: Any) -> list[Any]:
    """What is in a plain container, or in an object of ours; nothing of anybody else's.

    A request holds everything that was asked for: who hands it on hands on no single value.
    """
    if isinstance(thing, QueryDict):
        return [text for _name, texts in thing.lists() for text in texts]
    if type(thing) is dict:
        return [*thing.keys(), *thing.values()]
    if type(thing) in {list, tuple, set, frozenset}:
        return list(thing)
    if type(thing).__module__.split(".")[0] not in OURS:
        return []
    names = getattr(type(thing), "__slots__", ()) or getattr(thing, "__dict__", ())
    return [getattr(thing, name, None) for name in names]

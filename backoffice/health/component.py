"""What is said about the installation: components with their states, and all of them together."""

from dataclasses import dataclass
from enum import IntEnum


class Status(IntEnum):
    """How bad it is. The number is the exit code of `manage.py status`."""

    OK = 0
    DEGRADED = 1
    DOWN = 2

    @property
    def word(self) -> str:
        """As probes and logs say it."""
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Component:
    """One thing that was asked about: its state in a word for programs, a sentence for people."""

    name: str
    state: str
    status: Status
    sentence: str


@dataclass(frozen=True, slots=True)
class Health:
    """The components, in the order in which they are shown."""

    components: tuple[Component, ...]

    @property
    def status(self) -> Status:
        """As bad as the worst of them."""
        return max((component.status for component in self.components), default=Status.OK)

    @property
    def states(self) -> dict[str, str]:
        """The components' states by their names, and the whole as `status`."""
        states = {component.name: component.state for component in self.components}
        return {"status": self.status.word} | states

    @property
    def trouble(self) -> str:
        """What is not as it should be, in a line for the log; "" if nothing."""
        bad = (one for one in self.components if one.status is not Status.OK)
        return "; ".join(f"{one.name} {one.state}: {one.sentence}" for one in bad)


def fine(name: str, sentence: str, *, state: str = "ok") -> Component:
    """A component about which nobody has to do anything."""
    return Component(name, state, Status.OK, sentence)


def degraded(name: str, state: str, sentence: str) -> Component:
    """A component that somebody should look at."""
    return Component(name, state, Status.DEGRADED, sentence)


def down(name: str, state: str, sentence: str) -> Component:
    """A component without which no page can be served as it should."""
    return Component(name, state, Status.DOWN, sentence)


def unknown(name: str, why: str) -> Component:
    """A component that could not be asked about. What kept us from it is told by another one."""
    return Component(name, "unknown", Status.DEGRADED, f"Could not be asked: {why}.")

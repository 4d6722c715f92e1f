"""Twenty members of staff at a web server of two workers: without a pause, and as people.

Each looks at the pages of `_paths` in turn. As people they look at one for two seconds, and
meanwhile somebody takes an export of everything, one after the other.
"""

import http.client
import random
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.contrib.auth import get_user_model
from django.urls import reverse

from benchmarks import serving
from benchmarks.bench.books import STAFF, Book
from benchmarks.bench.cases import Facts
from benchmarks.bench.progress import say
from benchmarks.harness import use
from payments.admin.shared.links import payment_list, payment_list_of_days, row_page

PEOPLE = 20
PAUSE = 2.0
# What everybody has loaded before is not measured.
WARM = 3.0
_CSRF = "c" * 32
_BLOCK = 1 << 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """Pages of one load: seconds of each, sorted; and the exports that were taken meanwhile."""

    size: int
    pause: float
    lasted: float
    pages: list[float]
    exported: int

    @property
    def per_second(self) -> float:
        """Pages."""
        return len(self.pages) / self.lasted


def measured(book: Book, stand_in_url: str, seconds: float) -> list[Load]:
    """Both loads. Raises SystemExit if a page does not come."""
    use(book.database)
    say(f"{PEOPLE} staff on {book.size:,}")
    paths = _paths(Facts.of(book))
    cookies = [serving.session_cookie(person) for person in _staff()]
    settings = {"DJANGO_SETTINGS_MODULE": "benchmarks.settings"}
    with serving.server(serving.environment(stand_in_url) | settings) as port:
        _Crowd(port, cookies, paths, pause=0).work(min(WARM, seconds))
        busy = _Crowd(port, cookies, paths, pause=0)
        without_pause = busy.work(seconds)
        people = _Crowd(port, cookies, paths, pause=PAUSE)
        with_export = people.work(2 * seconds, beside=people.export)
    return [
        Load(
            size=book.size,
            pause=crowd.pause,
            lasted=lasted,
            pages=sorted(crowd.seconds),
            exported=crowd.exported,
        )
        for crowd, lasted in ((busy, without_pause), (people, with_export))
    ]


def _staff() -> list:  # type: ignore[type-arg]
    people = get_user_model().objects
    for number in range(PEOPLE):
        if not people.filter(username=f"{STAFF}-{number}").exists():
            people.create_superuser(f"{STAFF}-{number}", f"{STAFF}-{number}@example.com", "")
    return list(people.filter(username__startswith=f"{STAFF}-"))


def _paths(facts: Facts) -> Sequence[str]:
    return (
        payment_list(),
        payment_list("p=2"),
        row_page(facts.pk),
        payment_list("status=paid"),
        payment_list_of_days(facts.first, facts.last),
        reverse("admin:index"),
    )


class _Crowd:
    """People at the server, each with a connection kept open, as browsers have."""

    def __init__(
        self, port: int, cookies: Sequence[str], paths: Sequence[str], *, pause: float
    ) -> None:
        self._port, self._cookies, self._paths, self.pause = port, cookies, paths, pause
        self.seconds: list[float] = []
        self.exported = 0
        self._problems: list[str] = []
        self._until = 0.0

    def work(self, seconds: float, *, beside: Callable[[], None] | None = None) -> float:
        """For so long; how long it was until the last page had come."""
        begin = time.monotonic()
        self._until = begin + seconds
        everybody = [
            threading.Thread(target=self._guarded, args=[self._look, number])
            for number in range(len(self._cookies))
        ]
        others = [threading.Thread(target=self._guarded, args=[beside])] if beside else []
        for thread in [*everybody, *others]:
            thread.start()
        for thread in everybody:
            thread.join()
        lasted = time.monotonic() - begin
        for thread in others:
            thread.join()
        if self._problems:
            raise SystemExit(f"staff: {self._problems[0]}")
        return lasted

    def export(self) -> None:
        """Take the file of everything again and again; the last one is taken to its end."""
        cookie = {"Cookie": f"{self._cookies[0]}; csrftoken={_CSRF}"}
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        words = {"reason": "measured", "personal": "masked", "csrfmiddlewaretoken": _CSRF}
        while time.monotonic() < self._until:
            path = reverse("admin:payments_payment_export")
            self._answer(self._connection(), "POST", path, cookie | form, urlencode(words))
            self.exported += 1

    def _guarded(self, what: Callable[..., None], *arguments: int) -> None:
        try:
            what(*arguments)
        except (OSError, http.client.HTTPException, RuntimeError) as error:
            self._problems.append(str(error) or type(error).__name__)

    def _look(self, number: int) -> None:
        connection, headers = self._connection(), {"Cookie": self._cookies[number]}
        draw = random.Random(number)
        # They have not all come at the same moment.
        time.sleep(draw.random() * self.pause)
        turn = number
        while time.monotonic() < self._until:
            begin = time.monotonic()
            self._answer(connection, "GET", self._paths[turn % len(self._paths)], headers)
            self.seconds.append(time.monotonic() - begin)
            turn += 1
            if self.pause:
                # By then the server would have closed it.
                connection.close()
                time.sleep(self.pause)
        connection.close()

    def _connection(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self._port, timeout=300)

    def _answer(
        self,
        connection: http.client.HTTPConnection,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: str | None = None,
    ) -> None:
        connection.request(method, path, body, dict(headers))
        response = connection.getresponse()
        while response.read(_BLOCK):
            pass
        if response.status != 200:
            raise RuntimeError(f"{path} answered {response.status}")

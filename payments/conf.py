"""The only reader of settings in this app.

To use another setting: add a function here with a type, so that a test can see every knob at once.
"""

from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class Gateway:
    """How to reach the gateway from the server. Times in seconds, sizes in bytes, unpacked."""

    api_url: str
    key: str
    secret: str
    accepts_test_payments: bool
    connect_timeout: float
    read_timeout: float
    deadline: float
    largest_list: int
    largest_answer: int
    max_retries: int

    def __repr__(self) -> str:
        return f"Gateway({self.api_url})"

    @property
    def is_sandbox(self) -> bool:
        """Whether this is the stand-in: its key, plain HTTP (contract 1.1) or this machine."""
        url = urlsplit(self.api_url)
        return self.key == settings.SANDBOX_KEY or url.scheme != "https" or url.hostname in LOOPBACK


@dataclass(frozen=True, slots=True)
class Environment:
    """What kind of money this installation moves, for the band on every page."""

    kind: str
    label: str
    text: str | Promise


@dataclass(frozen=True, slots=True)
class Window:
    """What the browser needs to open the payment window (contract 4)."""

    sdk_url: str
    user_code: str
    pg: str
    pay_methods: tuple[str, ...]
    notice_url: str


@dataclass(frozen=True, slots=True)
class Runs:
    """How background runs work. `lease` in seconds."""

    parallel_calls: int
    workers: int
    lease: int


@dataclass(frozen=True, slots=True)
class Schedule:
    """When things happen by themselves."""

    short_wait: timedelta
    long_wait: timedelta
    close_hour: int
    mail_to: tuple[str, ...]
    mail_language: str
    site_url: str


@dataclass(frozen=True, slots=True)
class Webhooks:
    """What is taken and kept of webhooks; 0: without a limit, None: for ever."""

    strangers_per_minute: int
    keep_strange: timedelta | None
    keep_harmless: timedelta | None


def is_production() -> bool:
    """Whether this is one: everything that is not developed or shown on."""
    return not settings.DEBUG


def gateway() -> Gateway:
    """The gateway as configured now."""
    return Gateway(
        api_url=settings.IAMPORT_API_URL,
        key=settings.IAMPORT_KEY,
        secret=settings.IAMPORT_SECRET,
        accepts_test_payments=settings.IAMPORT_ACCEPT_TEST_PAYMENTS,
        connect_timeout=settings.IAMPORT_CONNECT_TIMEOUT,
        read_timeout=settings.IAMPORT_READ_TIMEOUT,
        deadline=settings.IAMPORT_DEADLINE,
        largest_list=settings.IAMPORT_LARGEST_LIST,
        largest_answer=settings.IAMPORT_LARGEST_ANSWER,
        max_retries=settings.IAMPORT_MAX_RETRIES,
    )


def accepts_test_payments() -> bool:
    """Whether payments of a test channel count as payments; asked for each answer."""
    return bool(settings.IAMPORT_ACCEPT_TEST_PAYMENTS)


def console_url() -> str:
    """Where staff see payments in PortOne's console; "" where none is configured."""
    return str(settings.IAMPORT_CONSOLE_URL)


def calls_at_once() -> int:
    """How many gateway calls a process that serves pages makes at once."""
    return int(settings.IAMPORT_CALLS_AT_ONCE)


def runs() -> Runs:
    """How background runs work now."""
    return Runs(
        parallel_calls=settings.RUN_PARALLEL_CALLS,
        workers=settings.RUN_WORKERS,
        lease=settings.RUN_LEASE,
    )


def schedule() -> Schedule:
    """What the schedule goes by now; `close_hour` is an hour in Korea."""
    return Schedule(
        short_wait=timedelta(minutes=settings.SWEEP_SHORT_WAIT),
        long_wait=timedelta(hours=settings.SWEEP_LONG_WAIT),
        close_hour=settings.DAILY_CLOSE_HOUR,
        mail_to=tuple(settings.DISCREPANCY_MAIL_TO),
        mail_language=settings.LANGUAGE_CODE,
        site_url=settings.SITE_URL.rstrip("/"),
    )


def webhooks() -> Webhooks:
    """What is taken and kept of webhooks now."""
    return Webhooks(
        strangers_per_minute=settings.WEBHOOK_STRANGERS_PER_MINUTE,
        keep_strange=_days(settings.WEBHOOK_KEEP_STRANGE_DAYS),
        keep_harmless=_days(settings.WEBHOOK_KEEP_HARMLESS_DAYS),
    )


def _days(number: int) -> timedelta | None:
    return timedelta(days=number) if number > 0 else None


def trusted_proxies() -> int:
    """How many proxies of ours stand in front and add to X-Forwarded-For."""
    return int(settings.TRUSTED_PROXIES)


def shop_name() -> str:
    """Whose book this is, for the head of a statement; "" where none is configured."""
    return str(settings.SHOP_NAME)


def window() -> Window:
    """The payment window as configured now."""
    return Window(
        sdk_url=settings.IAMPORT_SDK_URL,
        user_code=settings.IAMPORT_USER_CODE,
        pg=settings.IAMPORT_PG,
        pay_methods=tuple(settings.IAMPORT_PAY_METHODS),
        notice_url=settings.IAMPORT_NOTICE_URL,
    )


def window_csp() -> dict[str, list[str]]:
    """CSP sources that the page with the payment window needs besides the site's own."""
    return {directive: list(sources) for directive, sources in settings.CHECKOUT_CSP.items()}


def environment_of_gateway() -> Environment:
    """DEMO with the stand-in gateway, TEST where test channels count as payments, else LIVE."""
    if gateway().is_sandbox:
        return Environment(
            "demo", "DEMO", _("Connected to the stand-in gateway. No money moves here.")
        )
    if gateway().accepts_test_payments:
        return Environment(
            "test", "TEST", _("Test payments are accepted as real. Not for production.")
        )
    return Environment("live", "LIVE", "")

"""What makes a production unsafe: deployment checks with stable ids, each with its way out.

| id | says |
| --- | --- |
| backoffice.E001 | the stand-in gateway, or plain HTTP, in production |
| backoffice.E002 | test-channel payments count as payments in production |
| backoffice.E003 | a real key without its secret |
| backoffice.E004 | no PG for the payment window |
| backoffice.E005 | mails are printed or dropped instead of sent |
| backoffice.E006 | limits count in each process's own memory |
| backoffice.E007 | an account signs in before its address is confirmed |
| backoffice.E008 | no SITE_URL that people can follow from a mail |
| backoffice.E009 | nobody said whether a proxy stands in front, or what was said can't be |
| backoffice.W010 | the database user could drop the triggers that guard the ledger |
| backoffice.W011 | the stand-in is allowed beside a real account |

`manage.py check --deploy` prints them; outside DEBUG an error also keeps web and worker from
starting (`payments.management.start`). Each id has a test that sees it fail and one that sees its
way out. A new check takes the next number and stands under `production`.
"""

from collections.abc import Callable
from urllib.parse import urlsplit

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import DatabaseError, InterfaceError, connection
from django.http.request import validate_host

from payments import conf
from payments.models import PaymentEvent

Check = Callable[[], CheckMessage | None]

# Mail backends that reach nobody.
_MAIL_TO_NOBODY = ("console", "dummy", "filebased", "locmem")
# Caches that no other process sees.
_CACHE_OF_ONE = ("locmem", "dummy")


def production(check: Check) -> Check:
    """Register a check of ours, which has nothing to say while DEBUG is on."""

    def checked(app_configs: object, **kwargs: object) -> list[CheckMessage]:
        message = None if settings.DEBUG else check()
        return [message] if message else []

    register(Tags.security, deploy=True)(checked)
    return check


# --- The gateway -----------------------------------------------------------------------------


@production
def gateway_is_real() -> CheckMessage | None:
    """E001: with the stand-in, everybody could declare an order paid."""
    if not conf.gateway().is_sandbox or settings.ALLOW_STAND_IN:
        return None
    return Error(
        f"The payment gateway is the stand-in or not reached by HTTPS: {conf.gateway()!r}.",
        hint="Set IAMPORT_KEY, IAMPORT_SECRET and IAMPORT_USER_CODE of your PortOne account, and "
        "leave IAMPORT_API_URL and IAMPORT_SDK_URL empty. Only to try things out, where no "
        "customer comes: ALLOW_STAND_IN=True.",
        id="backoffice.E001",
    )


@production
def test_payments_are_refused() -> CheckMessage | None:
    """E002: a test payment moves no money."""
    if not conf.gateway().accepts_test_payments:
        return None
    return Error(
        "Payments of a test channel are accepted as real ones.",
        hint="Set IAMPORT_ACCEPT_TEST_PAYMENTS=False.",
        id="backoffice.E002",
    )


@production
def gateway_has_secret() -> CheckMessage | None:
    """E003: a real key with the demo's secret can't work."""
    real_key = settings.IAMPORT_KEY != settings.SANDBOX_KEY
    if not real_key or settings.IAMPORT_SECRET != "sandbox_secret":  # noqa: S105
        return None
    return Error(
        "IAMPORT_KEY is set, but IAMPORT_SECRET is not.",
        hint="Copy both from PortOne's console: Settings, API keys.",
        id="backoffice.E003",
    )


@production
def window_has_pg() -> CheckMessage | None:
    """E004: without a PG the window opens with whatever the console's default is, or not at all."""
    if conf.window().pg.strip():
        return None
    return Error(
        "IAMPORT_PG is empty.",
        hint="Name the PG of your contract: html5_inicis, or html5_inicis.MOIxxxxxxx.",
        id="backoffice.E004",
    )


@production
def stand_in_is_not_left_allowed() -> CheckMessage | None:
    """W011: the day the key is lost from the environment, the stand-in would be taken silently."""
    if not settings.ALLOW_STAND_IN or conf.gateway().is_sandbox:
        return None
    return checks.Warning(
        "ALLOW_STAND_IN is set although the gateway is a real one.",
        hint="Remove ALLOW_STAND_IN from the environment.",
        id="backoffice.W011",
    )


# --- People ----------------------------------------------------------------------------------


@production
def mails_are_sent() -> CheckMessage | None:
    """E005: a password-reset link in a log is a key for whoever reads logs."""
    module = settings.EMAIL_BACKEND.rpartition(".")[0]
    if not module.endswith(_MAIL_TO_NOBODY):
        return None
    return Error(
        f"Mails are not sent: {settings.EMAIL_BACKEND}. Links that reset a password land in a log "
        "or nowhere, and nobody can confirm an address.",
        hint="Set EMAIL_URL to your mail server: smtp+tls://user:password@smtp.example.com:587.",
        id="backoffice.E005",
    )


@production
def limits_are_shared() -> CheckMessage | None:
    """E006: each process would allow the sign-in's limits once more."""
    module = settings.CACHES["default"]["BACKEND"].rpartition(".")[0]
    if not module.endswith(_CACHE_OF_ONE) or settings.WEB_PROCESSES == 1:
        return None
    return Error(
        f"{settings.WEB_PROCESSES} web processes count the limits of the sign-in each by itself.",
        hint="Leave CACHE_URL empty (a table of the database), or set WEB_PROCESSES=1.",
        id="backoffice.E006",
    )


@production
def addresses_are_confirmed() -> CheckMessage | None:
    """E007: anybody could open an account in the name of somebody else's address."""
    if settings.ACCOUNT_EMAIL_VERIFICATION == "mandatory":
        return None
    return Error(
        "Whoever signs up is let in before the address is confirmed.",
        hint='Set ACCOUNT_EMAIL_VERIFICATION = "mandatory" in backoffice/settings.py, as it is '
        "by default outside the demo.",
        id="backoffice.E007",
    )


# --- The way to this installation ------------------------------------------------------------


@production
def site_can_be_linked() -> CheckMessage | None:
    """E008: mails and statements link to it."""
    fault = _fault_of_site(settings.SITE_URL)
    if not fault:
        return None
    return Error(
        f"SITE_URL ({settings.SITE_URL!r}) {fault}",
        hint="Set SITE_URL to the address that people open, and ALLOWED_HOSTS to its host: "
        "SITE_URL=https://backoffice.example.com, ALLOWED_HOSTS=backoffice.example.com.",
        id="backoffice.E008",
    )


def _fault_of_site(url: str) -> str:
    """What is wrong with the address, "" if nothing is."""
    host, scheme = _host(url), url.partition("://")[0].lower()
    if not host or scheme not in {"http", "https"}:
        return "is no address: mails would link nowhere."
    if not validate_host(host, settings.ALLOWED_HOSTS):
        return "has a host that ALLOWED_HOSTS refuses."
    if settings.ALLOW_STAND_IN:
        return ""
    if scheme != "https":
        return "has no https: what staff type would travel in the clear."
    return "leads to this machine alone." if host in conf.LOOPBACK else ""


@production
def proxy_is_told() -> CheckMessage | None:
    """E009: behind a proxy that nobody told of, all people have one address and share its limits.

    And every page redirects to https for ever; without one, anybody could choose an address.
    """
    fault = _fault_of_proxy()
    if not fault:
        return None
    return Error(
        fault,
        hint="BEHIND_PROXY=True with a proxy of yours in front (deploy/nginx.conf), and "
        "TRUSTED_PROXIES for how many there are; BEHIND_PROXY=False without one, with WEB_BIND "
        "an address that people reach.",
        id="backoffice.E009",
    )


def _fault_of_proxy() -> str:
    """What can't be, "" if all of it can."""
    behind, trusted = settings.BEHIND_PROXY, settings.TRUSTED_PROXIES
    if behind is None:
        return "BEHIND_PROXY is not set: nobody said whether a proxy stands in front."
    if behind and trusted < 1:
        return "BEHIND_PROXY is True, but TRUSTED_PROXIES says that there is none."
    if not behind and trusted:
        return "TRUSTED_PROXIES counts proxies, but BEHIND_PROXY is False."
    is_local = _is_local(settings.WEB_BIND)
    if not behind and is_local and _host(settings.SITE_URL) not in conf.LOOPBACK:
        return (
            f"The web server listens on {settings.WEB_BIND}, where only a proxy on this machine "
            "reaches it, but BEHIND_PROXY is False."
        )
    return ""


def _is_local(bind: str) -> bool:
    """Whether a gunicorn address is reached from this machine alone."""
    return bind.startswith("unix:") or _host(f"//{bind}") in conf.LOOPBACK


def _host(url: str) -> str:
    """The host of an address, "" if it has none or is none."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


# --- The database ----------------------------------------------------------------------------

ROLES = settings.BASE_DIR / "deploy" / "roles.sql"
# Whoever is, or can become, the owner of a table may drop its triggers; a superuser is everybody.
_OWNS = (
    "SELECT pg_has_role(current_user, relowner, 'MEMBER') FROM pg_class WHERE oid = to_regclass(%s)"
)


@production
def ledger_is_guarded() -> CheckMessage | None:
    """W010: on PostgreSQL web and worker can run as a role that owns nothing."""
    if connection.vendor != "postgresql" or not _may_drop_triggers():
        return None
    return checks.Warning(
        "The database user owns the tables (or is a superuser): whoever takes over the web server "
        "could drop the triggers that guard the ledger.",
        hint="Let web and worker use a role of their own (in DATABASE_URL), and keep this one for "
        f"migrate, backup and restore:\n{ROLES.read_text()}",
        id="backoffice.W010",
    )


def _may_drop_triggers() -> bool:
    """By the table of events; False where there is none yet, or nobody answers."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(_OWNS, [PaymentEvent._meta.db_table])
            row = cursor.fetchone()
    except (DatabaseError, InterfaceError):
        # That the database is away is said by whatever needs it; here there is nothing to look at.
        return False
    return bool(row and row[0])

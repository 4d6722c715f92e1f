"""Settings of the whole product, one section per concern.

Every difference between machines comes from the environment (see `.env.example`, which names each
variable). Without an environment this is production: DEBUG is off and a missing SECRET_KEY stops
the start. To add a setting: read it here with a type and a default, name it in `.env.example`,
and, if `payments` needs it, hand it on in `payments/conf.py`.
"""

from urllib.parse import urlsplit

import django_stubs_ext
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from backoffice.environment import BASE_DIR, at_least, env, flag, flag_or_none
from backoffice.log_settings import log_settings

# Lets `ModelAdmin[Payment]` and the like stand in a class statement.
django_stubs_ext.monkeypatch()


def origin(url: str) -> str:
    """Scheme and host of a URL, as a Content-Security-Policy source."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


# --- Mode ------------------------------------------------------------------------------------

DEBUG = flag("DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY", default="")
if not SECRET_KEY:
    raise ImproperlyConfigured(
        "SECRET_KEY is not set. For the demo, `make run` writes a .env with one; in production set "
        "SECRET_KEY (or SECRET_KEY_FILE) to at least 50 random characters."
    )
# Former keys: what they signed or encrypted stays readable while SECRET_KEY is changed.
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1"] if DEBUG else [])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
# Benchmarks and trials run a production without a gateway: every page and log line says so.
ALLOW_STAND_IN = flag("ALLOW_STAND_IN", default=False)

# --- Apps ------------------------------------------------------------------------------------

INSTALLED_APPS = [
    # `accounts` before allauth and the admin: its templates take precedence.
    "accounts",
    "payments",
    "backoffice.apps.BackofficeAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.naver",
    "allauth.socialaccount.providers.kakao",
    "csp",
    "django_filters",
    "django_structlog",
    "django_tasks",
    "django_tasks_db",
    "import_export",
    # Last: when its post_migrate runs, every permission that a role names exists.
    "backoffice.apps.BackofficeConfig",
]

MIDDLEWARE = [
    # In front of everything: nothing redirects the gateway or a probe, or asks for its session.
    "payments.webhooks.middleware.WebhookMiddleware",
    "backoffice.probes.ProbeMiddleware",
    "django.middleware.security.SecurityMiddleware",
    # Pads each answer at random, so that its length gives nothing away (BREACH).
    "django.middleware.gzip.GZipMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "backoffice.shown_text.ShownTextMiddleware",
    # Above everything that reads what a request says, or asks the database.
    "backoffice.readable_text.ReadableTextMiddleware",
    "backoffice.database_away.DatabaseAwayMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.middleware.PersonalSettingsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    # After messages: whoever is signed out is told why.
    "accounts.staff_sessions.StaffSessionMiddleware",
    # After allauth's, which it asks what the session has used.
    "accounts.second_factor.SecondFactorMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "backoffice.urls"
WSGI_APPLICATION = "backoffice.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "backoffice.context_processors.environment",
            ],
            "libraries": {
                "display": "payments.admin.shared.display_tags",
                "lists": "payments.admin.shared.list_tags",
                "shop": "payments.checkout.shop_tags",
            },
        },
    }
]

# --- Database --------------------------------------------------------------------------------

DATABASES = {
    "default": env.db_url("DATABASE_URL", default=f"sqlite:///{BASE_DIR / 'var' / 'db.sqlite3'}")
}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # A relative path is one below the project, from wherever the command is called.
    _file = BASE_DIR / DATABASES["default"]["NAME"]
    _file.parent.mkdir(parents=True, exist_ok=True)
    DATABASES["default"]["NAME"] = str(_file)
    # Readers never block the writer (WAL); a transaction takes its write lock at once and waits
    # for it, instead of failing half-way with "database is locked" (IMMEDIATE).
    DATABASES["default"]["OPTIONS"] = {
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA foreign_keys=ON;",
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
    }
else:
    DATABASES["default"].setdefault("CONN_MAX_AGE", 60)
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
    # A server that is gone without a word is noticed within so many seconds (milliseconds for
    # tcp_user_timeout), not after the minutes or hours that the system would wait.
    DATABASES["default"]["OPTIONS"] = {
        "connect_timeout": 5,
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 2,
        "tcp_user_timeout": 20_000,
    } | DATABASES["default"].get("OPTIONS", {})

# Limits of the sign-in count in here, so processes share it: a table, which `migrate` makes.
_cache = "locmemcache://" if DEBUG else "dbcache://cache_entries?max_entries=100000"
CACHES = {"default": env.cache_url_config(env.str("CACHE_URL", default="") or _cache)}

# --- People ----------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "accounts.backends.OneQueryBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "checkout:products"

ACCOUNT_ADAPTER = "accounts.adapters.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
# A new account signs in once the code from the mail has been entered, and an address that has an
# account gets the same page. The demo (the stand-in gateway with DEBUG) is tried without mail: its
# mail holds a link, and nobody has to follow it.
_is_demo = DEBUG and env.str("IAMPORT_KEY", default="") in {"", "sandbox_key"}
ACCOUNT_EMAIL_VERIFICATION = "optional" if _is_demo else "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = not _is_demo
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND = True
ACCOUNT_LOGOUT_REDIRECT_URL = "checkout:products"
ACCOUNT_EMAIL_SUBJECT_PREFIX = "[Backoffice] "
ACCOUNT_USER_DISPLAY = str
# A mail when a password or a second factor changes; `accounts.notices` tells of new devices.
ACCOUNT_EMAIL_NOTIFICATIONS = True

SESSION_ENGINE = "accounts.sessions"
# Staff are signed out after so long without doing anything, and after so long in all.
STAFF_SESSION_IDLE_MINUTES = at_least(1, "STAFF_SESSION_IDLE_MINUTES", default=60)
STAFF_SESSION_HOURS = at_least(1, "STAFF_SESSION_HOURS", default=12)
# Staff reach the admin only in a session that used a second factor (`accounts.second_factor`).
STAFF_MFA_REQUIRED = flag("STAFF_MFA_REQUIRED", default=not DEBUG)
MFA_ADAPTER = "accounts.second_factor.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_FORMS = {
    "add_webauthn": "accounts.forms.AddPasskeyForm",
    "edit_webauthn": "accounts.forms.EditPasskeyForm",
}
MFA_TOTP_ISSUER = "Backoffice"
# A phone's clock may be half a minute off.
MFA_TOTP_TOLERANCE = 1
# A passkey needs HTTPS, or http://localhost: a browser offers none on an IP address.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = DEBUG

SOCIALACCOUNT_ADAPTER = "accounts.adapters.SocialAccountAdapter"
# Kakao gives no address unless the person agrees; that must not keep them out.
SOCIALACCOUNT_EMAIL_REQUIRED = False
# A vendor's word about an e-mail address never signs anybody in to an existing account.
SOCIALACCOUNT_EMAIL_AUTHENTICATION = False
SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = False
SOCIALACCOUNT_PROVIDERS = {
    provider: {"APPS": [{"client_id": client_id, "secret": secret, "key": ""}]}
    for provider in ("naver", "kakao")
    if (client_id := env.str(f"{provider.upper()}_CLIENT_ID", default=""))
    and (secret := env.str(f"{provider.upper()}_CLIENT_SECRET", default=""))
}

# A mail server that hangs must not hold a worker for ever.
EMAIL_TIMEOUT = 20
vars().update(env.email_url_config(env.str("EMAIL_URL", default="") or "consolemail://"))
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="backoffice@localhost")

# --- Web server ------------------------------------------------------------------------------

# What gunicorn does: see deploy/gunicorn.conf.py.
WEB_BIND = env.str("WEB_BIND", default="127.0.0.1:8000")
WEB_PROCESSES = at_least(1, "WEB_PROCESSES", default=2)
WEB_THREADS = at_least(1, "WEB_THREADS", default=8)

# --- Background work -------------------------------------------------------------------------

# A task is a row, enqueued in the transaction that asks for it; another backend of Django's Tasks
# API can be put in its place here.
TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": []}}
# Gateway calls under way at once in one worker, and seconds without a heartbeat after which another
# one takes up its step.
RUN_PARALLEL_CALLS = env.int("RUN_PARALLEL_CALLS", default=8)
RUN_WORKERS = env.int("RUN_WORKERS", default=2)
RUN_LEASE = env.int("RUN_LEASE", default=60)
# Minutes after which an unpaid order is asked about, and hours after which it is closed.
SWEEP_SHORT_WAIT = env.int("SWEEP_SHORT_WAIT", default=30)
SWEEP_LONG_WAIT = env.int("SWEEP_LONG_WAIT", default=24)
# The hour (KST) at which the day before is reconciled and closed.
DAILY_CLOSE_HOUR = env.int("DAILY_CLOSE_HOUR", default=6)
# Who is told of a new discrepancy; nobody while empty.
DISCREPANCY_MAIL_TO = env.list("DISCREPANCY_MAIL_TO", default=[])
# Whose book this is: stands at the head of every statement.
SHOP_NAME = env.str("SHOP_NAME", default="")

# --- Language and time -----------------------------------------------------------------------

LANGUAGE_CODE = "ko"
LANGUAGES = [("ko", _("Korean")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "backoffice" / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = env.str("TIME_ZONE", default="Asia/Seoul")
FORMAT_MODULE_PATH = ["backoffice.formats"]

# --- Gateway ---------------------------------------------------------------------------------

# Where `make run` listens: for the URLs that the demo prints.
PORT = env.int("PORT", default=8000)
# Where people reach this installation: what a mail of the worker links to. Empty: the path alone.
SITE_URL = env.str("SITE_URL", default="") or (f"http://127.0.0.1:{PORT}" if DEBUG else "")
SANDBOX_PORT = env.int("SANDBOX_PORT", default=8001)
SANDBOX_KEY = "sandbox_key"
_sandbox_url = f"http://127.0.0.1:{SANDBOX_PORT}"
IAMPORT_KEY = env.str("IAMPORT_KEY", default="") or SANDBOX_KEY
IAMPORT_SECRET = env.str("IAMPORT_SECRET", default="") or "sandbox_secret"
_real = IAMPORT_KEY != SANDBOX_KEY
IAMPORT_API_URL = env.str("IAMPORT_API_URL", default="") or (
    "https://api.iamport.kr" if _real else _sandbox_url
)
IAMPORT_SDK_URL = env.str("IAMPORT_SDK_URL", default="") or (
    "https://cdn.iamport.kr/v1/iamport.js" if _real else f"{_sandbox_url}/v1/iamport.js"
)
# Where a page that says "in PortOne's console" leads to; empty: nowhere.
IAMPORT_CONSOLE_URL = env.str("IAMPORT_CONSOLE_URL", default="") or (
    "" if _real else f"{_sandbox_url}/console"
)
IAMPORT_USER_CODE = env.str("IAMPORT_USER_CODE", default="") or "imp00000000"
IAMPORT_PG = env.str("IAMPORT_PG", default="html5_inicis")
IAMPORT_PAY_METHODS = env.list("IAMPORT_PAY_METHODS", default=["card", "trans", "vbank", "phone"])
# Payments of a test channel move no money: a production system must never take one for real.
IAMPORT_ACCEPT_TEST_PAYMENTS = flag("IAMPORT_ACCEPT_TEST_PAYMENTS", default=DEBUG)
IAMPORT_NOTICE_URL = env.str("IAMPORT_NOTICE_URL", default="")
# Anybody can post there: how much that is about none of our orders one address may post, and for
# how many days it is kept, as is what told nothing new. 0: no limit, for ever.
WEBHOOK_STRANGERS_PER_MINUTE = env.int("WEBHOOK_STRANGERS_PER_MINUTE", default=60)
WEBHOOK_KEEP_STRANGE_DAYS = env.int("WEBHOOK_KEEP_STRANGE_DAYS", default=30)
WEBHOOK_KEEP_HARMLESS_DAYS = env.int("WEBHOOK_KEEP_HARMLESS_DAYS", default=180)
IAMPORT_CONNECT_TIMEOUT = env.float("IAMPORT_CONNECT_TIMEOUT", default=3.05)
IAMPORT_READ_TIMEOUT = env.float("IAMPORT_READ_TIMEOUT", default=10.0)
# For the whole of a call: a body may drip for ever without one read timing out.
IAMPORT_DEADLINE = env.float("IAMPORT_DEADLINE", default=20.0)
# In bytes, unpacked: a page of a thousand payments, and any other answer.
IAMPORT_LARGEST_LIST = env.int("IAMPORT_LARGEST_LIST", default=32_000_000)
IAMPORT_LARGEST_ANSWER = env.int("IAMPORT_LARGEST_ANSWER", default=1_000_000)
IAMPORT_MAX_RETRIES = env.int("IAMPORT_MAX_RETRIES", default=2)
# Calls under way at once in one web process: fewer than its threads, so that a slow gateway leaves
# some for everything else.
IAMPORT_CALLS_AT_ONCE = env.int("IAMPORT_CALLS_AT_ONCE", default=4)
# Hosts that the payment window needs besides the SDK's own, as CSP sources.
IAMPORT_WINDOW_ORIGINS = env.list(
    "IAMPORT_WINDOW_ORIGINS", default=["https://*.iamport.kr", "https://*.iamport.co"]
)

# --- Security --------------------------------------------------------------------------------

_sdk = origin(IAMPORT_SDK_URL)
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "connect-src": [SELF],
        "object-src": [NONE],
        "base-uri": [SELF],
        # Browsers check where a form's answer redirects to as well: sign-in goes on to the vendor.
        "form-action": [SELF, *(f"https://*.{vendor}.com" for vendor in SOCIALACCOUNT_PROVIDERS)],
        "frame-ancestors": [NONE],
    }
}
# What the page with the pay button may load besides: see `payments.checkout.pages`.
CHECKOUT_CSP = {
    "script-src": [_sdk, *IAMPORT_WINDOW_ORIGINS],
    "style-src": [_sdk, *IAMPORT_WINDOW_ORIGINS],
    "frame-src": [_sdk, *IAMPORT_WINDOW_ORIGINS],
    "connect-src": [_sdk, *IAMPORT_WINDOW_ORIGINS],
    "img-src": [_sdk, *IAMPORT_WINDOW_ORIGINS],
    "form-action": [_sdk, *IAMPORT_WINDOW_ORIGINS],
}

# A script that posts with a stale token gets an answer that it can read.
CSRF_FAILURE_VIEW = "payments.checkout.refusals.csrf_failure"
X_FRAME_OPTIONS = "DENY"
# Lax, not Strict: the payment window's redirect is a cross-site GET and must find the session.
SESSION_COOKIE_SAMESITE = "Lax"
SECURE_SSL_REDIRECT = flag("SECURE_SSL_REDIRECT", default=not DEBUG)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = flag("SECURE_COOKIES", default=not DEBUG)
SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", default=0 if DEBUG else 31_536_000)
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = SECURE_HSTS_SECONDS > 0
# Production has to say: None is a failing check.
BEHIND_PROXY = flag_or_none("BEHIND_PROXY")
if BEHIND_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
# How many proxies of ours add to X-Forwarded-For: see `payments.core.addresses`.
TRUSTED_PROXIES = int(env.str("TRUSTED_PROXIES", default="") or bool(BEHIND_PROXY))
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_048_576
# The queue of discrepancies posts two fields for each of the 500 rows that it takes at once.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1_100

# --- Static files ----------------------------------------------------------------------------

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
_static = "django.contrib.staticfiles.storage.StaticFilesStorage"
if not DEBUG:
    _static = "whitenoise.storage.CompressedManifestStaticFilesStorage"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": _static},
}

# --- Export ----------------------------------------------------------------------------------

# Closed by default: an export needs `payments.export_payment` (import-export is open without it).
IMPORT_EXPORT_EXPORT_PERMISSION_CODE = "export"

# --- Logs ------------------------------------------------------------------------------------

# `backoffice.logs` binds the caller's address by the rule that holds everywhere.
DJANGO_STRUCTLOG_IP_LOGGING_ENABLED = False
LOG_LEVEL = env.str("LOG_LEVEL", default="INFO")
LOGGING = log_settings(level=LOG_LEVEL, as_json=flag("LOG_JSON", default=not DEBUG))

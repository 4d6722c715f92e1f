"""`settings.LOGGING`: one handler for every logger. What a line looks like is in `logs`."""


def log_settings(*, level: str, as_json: bool) -> dict[str, object]:
    """In the form of `logging.config.dictConfig`."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": "backoffice.logs.formatter", "json": as_json}},
        "filters": {"one_line": {"()": "backoffice.logs.RefusedInOneLine"}},
        "handlers": {
            "console": {
                "class": "logging.StreamHandler",
                "formatter": "line",
                "filters": ["one_line"],
            }
        },
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            # Django's own handlers would write each line again, with a traceback.
            "django": {"handlers": [], "level": "INFO"},
            # Of each HEAD request that Django answered with a body, which gunicorn keeps back.
            "gunicorn.http.wsgi": {"level": "ERROR"},
            "django.server": {"handlers": ["console"], "level": "WARNING", "propagate": False},
        },
    }

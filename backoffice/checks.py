"""Deployment checks (`manage.py check --deploy`) with stable ids.

| id | says |
| --- | --- |
| backoffice.E001 | the stand-in gateway, or plain HTTP, with DEBUG off |
| backoffice.E002 | test-channel payments count as payments with DEBUG off |
| backoffice.E003 | a real key without its secret |
| backoffice.E004 | no PG for the payment window |

Each id has a test. A new check takes the next number.
"""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register

from payments import conf


@register(Tags.security, deploy=True)
def gateway_is_real(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """E001: with the stand-in, everybody could declare an order paid."""
    if settings.DEBUG or not conf.gateway().is_sandbox:
        return []
    return [
        Error(
            f"The payment gateway is the stand-in or not reached by HTTPS: {conf.gateway()!r}.",
            hint="Set IAMPORT_KEY, IAMPORT_SECRET and IAMPORT_USER_CODE of your PortOne account, "
            "and leave IAMPORT_API_URL and IAMPORT_SDK_URL empty.",
            id="backoffice.E001",
        )
    ]


@register(Tags.security, deploy=True)
def test_payments_are_refused(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """E002: a test payment moves no money."""
    if settings.DEBUG or not conf.gateway().accepts_test_payments:
        return []
    return [
        Error(
            "Payments of a test channel are accepted as real ones.",
            hint="Set IAMPORT_ACCEPT_TEST_PAYMENTS=False.",
            id="backoffice.E002",
        )
    ]


@register(Tags.security, deploy=True)
def gateway_has_secret(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """E003: a real key with the demo's secret can't work."""
    real_key = settings.IAMPORT_KEY != settings.SANDBOX_KEY
    demo_rest = settings.IAMPORT_SECRET == "sandbox_secret"  # noqa: S105
    if settings.DEBUG or not real_key or not demo_rest:
        return []
    return [
        Error(
            "IAMPORT_KEY is set, but IAMPORT_SECRET is not.",
            hint="Copy both from PortOne's console: Settings, API keys.",
            id="backoffice.E003",
        )
    ]


@register(Tags.security, deploy=True)
def window_has_pg(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """E004: without a PG the window opens with whatever the console's default is, or not at all."""
    if conf.window().pg.strip():
        return []
    return [
        Error(
            "IAMPORT_PG is empty.",
            hint="Name the PG of your contract: html5_inicis, or html5_inicis.MOIxxxxxxx.",
            id="backoffice.E004",
        )
    ]

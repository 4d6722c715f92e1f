"""What callers of the services can catch. Each says what was refused and what to do next.

The gateway's own errors (`payments.iamport.errors`) never pass a service: they become one of these.
"""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class PaymentError(Exception):
    """Something was refused. `message` is for the person in front of the screen."""

    message: str | Promise = _("This could not be done.")

    def __init__(self, message: str | Promise | None = None) -> None:
        self.message = message or self.message
        super().__init__(str(self.message))


class NotAllowed(PaymentError):
    """The state of the payment does not allow it."""


class Conflict(PaymentError):
    """The payment changed since the person looked at it."""

    message = _("This payment has changed in the meantime. Look at it again, then decide.")


class GatewayUnavailable(PaymentError):
    """No usable answer: nothing is known, nothing was changed."""

    message = _("The payment gateway does not answer. Nothing was changed; try again in a minute.")


class GatewayRefused(PaymentError):
    """The gateway answered and said no; `message` holds its own words."""

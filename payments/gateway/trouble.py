"""Why there is no answer that holds, told apart for people: refused, down, slow, unreadable, late.

What went wrong is noted with its kind (`noted`), kept like that, and said to people by `in_words`
alone. To tell another kind apart: a `Trouble`, and its line in `trouble_of`.
"""

from django.db.models import TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from payments.errors import GatewayUnavailable
from payments.iamport import AuthenticationFailed, Malformed, Unavailable

_SLOW = frozenset({408, 504})


class Trouble(TextChoices):
    """Why there is no answer. The label says what it is, what it means, and what helps."""

    REFUSED = (
        "refused",
        _(
            "The payment gateway refuses our API key or this server's address. Nothing was "
            "changed. Trying again does not help: ask whoever runs this system to check the key "
            "and the allowed addresses in PortOne's console."
        ),
    )
    DOWN = (
        "down",
        _(
            "The payment gateway can't be reached or has trouble of its own: it does not answer. "
            "Nothing was changed; try again in a few minutes."
        ),
    )
    SLOW = (
        "slow",
        _(
            "The payment gateway takes too long to answer. Nothing was changed; try again in a "
            "few minutes."
        ),
    )
    UNREADABLE = (
        "unreadable",
        _(
            "The payment gateway's answer can't be understood. Nothing was changed. Try once "
            "more; if it stays so, ask PortOne's support about this payment."
        ),
    )
    # Not the gateway's, but no answer either: it was given before what happened meanwhile.
    OVERTAKEN = (
        "overtaken",
        _(
            "Something else happened to this payment while the gateway was asked, so the answer "
            "was not applied. Re-verify once more."
        ),
    )


# For where there is room for a few words.
_BRIEF = {
    Trouble.REFUSED: _("Key or address refused"),
    Trouble.DOWN: _("Gateway can't be reached"),
    Trouble.SLOW: _("Gateway too slow"),
    Trouble.UNREADABLE: _("Answer unreadable"),
    Trouble.OVERTAKEN: _("Overtaken by something else"),
}


def trouble_of(error: Exception) -> Trouble | None:
    """What kind of trouble an error of the client is; None for one that is an answer."""
    if isinstance(error, AuthenticationFailed):
        return Trouble.REFUSED
    if isinstance(error, Unavailable):
        return Trouble.SLOW if error.is_slow or error.status in _SLOW else Trouble.DOWN
    return Trouble.UNREADABLE if isinstance(error, Malformed) else None


def noted(error: Exception) -> str:
    """The error as it is kept: its kind, then what a developer needs."""
    trouble = trouble_of(error)
    return f"{trouble.value}: {error}" if trouble else str(error)


def in_words(why: str) -> str | Promise:
    """What `noted` has kept, for people and in their language; other text as it is.

    Without any text, that there was no answer.
    """
    trouble = _noted_trouble(why)
    return trouble.label if trouble else why or GatewayUnavailable.message


def in_brief(why: str) -> str | Promise:
    """The same in a few words, "" where it is no trouble that `noted` has kept."""
    trouble = _noted_trouble(why)
    return _BRIEF[trouble] if trouble else ""


def _noted_trouble(why: str) -> Trouble | None:
    kind, colon, _rest = why.partition(": ")
    return Trouble(kind) if colon and kind in Trouble.values else None

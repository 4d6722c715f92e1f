"""Won: limits, checks, how an amount is written. Amounts are integers; there is no minor unit."""

from decimal import Decimal, InvalidOperation

from django.utils.translation import gettext as _

MAX_WON = 10**12
WON = "KRW"  # as the gateway spells it


def as_won(value: object) -> int:
    """Return `value` as whole won.

    Takes what JSON or a form brings: 1000, 1000.0, "1,000". Raises ValueError for anything that is
    not a whole number of won between 0 and `MAX_WON`: a fraction is an error, never rounded.
    """
    if isinstance(value, bool) or not isinstance(value, (int, float, str, Decimal)):
        raise ValueError(f"{value!r} is not an amount in won")
    try:
        amount = Decimal(str(value).replace(",", "").strip())
    except InvalidOperation:
        raise ValueError(f"{value!r} is not an amount in won") from None
    if not amount.is_finite() or amount != amount.to_integral_value():
        raise ValueError(f"{value!r} is not a whole number of won")
    if not 0 <= amount <= MAX_WON:
        raise ValueError(f"{value!r} is outside 0 to {MAX_WON:,} won")
    return int(amount)


def with_separators(amount: int) -> str:
    """12345 -> "12,345"."""
    return f"{amount:,}"


def won(amount: int) -> str:
    """12345 -> "12,345원" or "₩12,345", by language."""
    return _("₩%(amount)s") % {"amount": with_separators(amount)}

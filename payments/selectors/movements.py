"""Movements as screens read them. To show another thing about them: a function here."""

from payments.models import Movement, Payment


def of_payment_by_time(payment: Payment) -> list[Movement]:
    """Every attempt's, in the order in which the money moved."""
    return list(payment.movements.order_by("happened_at", "pk"))

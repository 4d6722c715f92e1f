"""What an answer tells of our columns: taken by the attempt's steps, filled, followed.

Pure: no database, no clock, no network. Each value fits its column: it was read by its limit
(`iamport.fields`). Which columns are filled once and which are followed is said by
`compared_fields`; what changes rightly in another way than by being told is in `followed_facts`.
"""

from collections.abc import Mapping
from typing import Any

from payments.compared_fields import BY_NAME, Rule
from payments.comparing import due_of, is_told
from payments.core.kst import from_unix
from payments.core.text import web_url
from payments.iamport import GatewayPayment
from payments.iamport.fields import ASIDE, FACTS, NAMING_FACTS
from payments.models import Payment
from payments.states import PaymentStatus

_DUE = "vbank_due"
_FILLED = frozenset(name for name in FACTS if BY_NAME[name].rule is Rule.FILL)
_FOLLOWED = frozenset(FACTS) - _FILLED


def facts_of_attempt(*, payment: Payment, answer: GatewayPayment) -> dict[str, Any]:
    """What an answer tells that binds the order to its attempt, or speaks of the bound one.

    What an answer does not tell stays as it was told before, unless that was about another attempt:
    then nothing of it holds. A virtual account so stays on record after the deposit. `pay_method`
    may differ from the one that was asked for.
    """
    told = _told_facts(payment, answer) | {"imp_uid": answer.imp_uid}
    if due := due_of(answer, ordered_at=payment.requested_at):
        told[_DUE] = due
    if payment.imp_uid in {None, answer.imp_uid}:
        return told
    return {name: _blank(name) for name in (*FACTS, _DUE)} | told


def missing_facts(*, payment: Payment, answer: GatewayPayment) -> dict[str, Any]:
    """The facts that it tells and that nothing has told before.

    One that stands is overwritten by none: two answers that differ would take turns for ever. It
    is a finding (`compare`), where the order has its money.
    """
    told = _told_facts(payment, answer)
    return {
        name: value
        for name, value in told.items()
        if name in _FILLED and not _says_something(getattr(payment, name))
    }


def followed_facts(*, payment: Payment, answer: GatewayPayment) -> dict[str, Any]:
    """What has changed rightly: a later receipt, a deposit's due date, the time of a refund."""
    told = {
        name: value
        for name, value in _told_facts(payment, answer).items()
        if name in _FOLLOWED and value != getattr(payment, name)
    }
    due = due_of(answer, ordered_at=payment.requested_at)
    if due and due != payment.vbank_due:
        told[_DUE] = due
    return told | _times(payment, answer)


def _times(payment: Payment, answer: GatewayPayment) -> dict[str, Any]:
    """Of a refund the time of the last one, where each is told; of a failure the missing one."""
    status = payment.status
    if status != answer.status:
        return {}
    if status == PaymentStatus.FAILED and not payment.failed_at and answer.failed_at:
        return {"failed_at": from_unix(answer.failed_at)}
    is_same_sum = answer.cancel_amount == payment.cancelled_amount
    cancelled_at = from_unix(answer.cancelled_at)
    if status != PaymentStatus.CANCELLED or not (is_same_sum and answer.cancel_history):
        return {}
    return {} if cancelled_at in {None, payment.cancelled_at} else {"cancelled_at": cancelled_at}


def told_persons(*, payment: Payment, answer: GatewayPayment) -> dict[str, Any]:
    """What it says of who bought and who paid in, which no event may hold.

    Nothing once that was erased: no answer brings it back.
    """
    return {} if payment.personal_erased_at else _told(answer, ASIDE)


def _told_facts(payment: Payment, answer: GatewayPayment) -> dict[str, Any]:
    """What it says of the facts of our columns."""
    erased = NAMING_FACTS if payment.personal_erased_at else ()
    return {name: value for name, value in _told(answer, FACTS).items() if name not in erased}


def _told(answer: GatewayPayment, names: Mapping[str, str]) -> dict[str, Any]:
    values = {column: getattr(answer, name) for column, name in names.items()}
    if "receipt_url" in values:
        values["receipt_url"] = web_url(values["receipt_url"])
    return {column: value for column, value in values.items() if _says_something(value)}


def _says_something(value: Any) -> bool:
    """A flag that is not set says nothing."""
    return is_told(value) and value is not False


def _blank(name: str) -> Any:
    return Payment._meta.get_field(name).get_default()  # type: ignore[union-attr]

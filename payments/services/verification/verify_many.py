"""The one door for several payments at once: asked together, called side by side, applied together.

The same three steps and the same functions as `verify`, with one transaction for all questions and
one for all answers. What can't be written together is written alone, so that a mistake of ours
about one payment stops that one.
"""

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from functools import partial
from typing import TypeVar

from payments import ledger
from payments.core.db.away import is_away
from payments.locks import locked_payments
from payments.models import Payment
from payments.services import clock
from payments.states import Source

from .question import Question
from .settle import Answered, Result, keep_looks, settle, settle_many
from .verify import ask, asked_entry, call, question_about, verify

logger = logging.getLogger(__name__)

Done = TypeVar("Done")


def verify_many(
    *, payments: Sequence[Payment], source: Source, pool: Executor
) -> dict[int, Result | None]:
    """What became of each, by its id; None where a mistake of ours stopped it, which is logged.

    Calls are made in `pool`, and nothing else is. Trouble at the gateway is a Result. Raises what
    says that the database is away.
    """
    questions = _ask(payments, source)
    answered = list(zip(questions, pool.map(call, questions), strict=True))
    results: dict[int, Result | None] = {payment.pk: None for payment in payments}
    for question, result in zip(questions, _apply(answered), strict=True):
        results[question.payment_id] = result
    clock.share()
    return {pk: _not_overtaken(result, source) for pk, result in results.items()}


def _ask(payments: Sequence[Payment], source: Source) -> list[Question]:
    together = _unless_broken(partial(_ask_together, payments, source))
    if together is not None:
        return together
    alone = (_unless_broken(partial(ask, payment=one, source=source)) for one in payments)
    return [question for question in alone if question is not None]


def _ask_together(payments: Sequence[Payment], source: Source) -> list[Question]:
    with locked_payments(payment.pk for payment in payments) as locked:
        questions = [question_about(payment=payment, source=source) for payment in locked.values()]
        entries = ([asked_entry(question=question)] for question in questions)
        ledger.append_many(writes=zip(locked.values(), entries, strict=True))
    return questions


def _apply(answered: Sequence[Answered]) -> Sequence[Result | None]:
    together = _unless_broken(partial(_apply_together, answered))
    if together is not None:
        return together
    return [
        _unless_broken(partial(settle, question=question, reply=reply))
        for question, reply in answered
    ]


def _apply_together(answered: Sequence[Answered]) -> list[Result]:
    with locked_payments(question.payment_id for question, _reply in answered) as payments:
        results = settle_many(payments=payments, answered=answered)
        keep_looks(results=results)
    return results


def _not_overtaken(result: Result | None, source: Source) -> Result | None:
    """Somebody was first with a newer answer: asked once more, as `verify` does."""
    if result is None or not result.is_overtaken:
        return result
    return _unless_broken(partial(verify, payment=result.payment, source=source))


def _unless_broken(act: Callable[[], Done]) -> Done | None:
    """What it gives, None after a mistake of ours."""
    try:
        return act()
    except Exception as error:
        if is_away(error):
            raise
        logger.exception("a verification was broken off")
        return None

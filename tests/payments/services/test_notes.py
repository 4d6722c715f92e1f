"""Notes: words for colleagues, kept for good, that change nothing else."""

import pytest

from accounts.models import User
from payments.errors import NotAllowed
from payments.models import Payment, Product
from payments.services import notes
from payments.services.ledger_audit import problems_of
from payments.states import EventKind, PaymentStatus
from tests.payments import builders
from tests.payments.conftest import kinds


@pytest.fixture
def paid(customer: User, product: Product) -> Payment:
    return builders.paid(customer, product)


def test_a_note_is_a_row_of_the_ledger_in_its_authors_name(paid: Payment, operator: User) -> None:
    event = notes.add_note(payment=paid, actor=operator, text="  고객이 전화로 문의\r\n내일 회신  ")
    before = (paid.status, paid.amount, paid.verification)
    paid.refresh_from_db()
    assert (event.kind, event.source, event.actor) == (EventKind.NOTE, "admin", operator)
    assert event.note == "고객이 전화로 문의\n내일 회신"
    assert (event.actor_name, event.amount, event.answer) == (str(operator), 0, "")
    assert (event.status_before, event.status_after) == (PaymentStatus.PAID, PaymentStatus.PAID)
    assert (paid.status, paid.amount, paid.verification) == before
    assert list(problems_of(paid)) == []


@pytest.mark.parametrize("text", ["", "  \n\t ", "\x00"])
def test_a_note_without_words_is_refused(paid: Payment, operator: User, text: str) -> None:
    with pytest.raises(NotAllowed) as refused:
        notes.add_note(payment=paid, actor=operator, text=text)
    assert refused.value.message == notes.TEXT_NEEDED
    assert "note" not in kinds(paid)


def test_a_note_has_at_most_500_characters(paid: Payment, operator: User) -> None:
    with pytest.raises(NotAllowed) as refused:
        notes.add_note(payment=paid, actor=operator, text="가" * 501)
    assert refused.value.message == notes.TOO_LONG
    assert notes.add_note(payment=paid, actor=operator, text="가" * 500).note == "가" * 500


def test_what_no_database_takes_is_left_out(paid: Payment, operator: User) -> None:
    assert (
        notes.add_note(payment=paid, actor=operator, text="환\x00불\ud800 <b>").note == "환불 <b>"
    )


def test_a_double_click_leaves_one_note(
    paid: Payment, operator: User, viewer: User, customer: User
) -> None:
    for actor in (operator, operator, viewer, operator):
        notes.add_note(payment=paid, actor=actor, text="확인함")
    written = paid.events.filter(kind="note").order_by("sequence")
    assert [event.actor for event in written] == [operator, viewer, operator]
